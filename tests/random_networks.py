"""Small random networks of every op."""

import numpy as np

from corgibuilder.ir import (
    Argmax,
    Clamp,
    Conv,
    Input,
    Pads,
    Pool,
    PoolKind,
    QInt,
    Shape,
    Threshold,
    Window,
)

from .toys import network


def random_window(rng):
    kernel = tuple(int(k) for k in rng.integers(1, 4, 2))
    top, bottom = (int(p) for p in rng.integers(0, kernel[0], 2))
    left, right = (int(p) for p in rng.integers(0, kernel[1], 2))
    pads = Pads(top=top, left=left, bottom=bottom, right=right)
    return Window(kernel=kernel, stride=tuple(int(s) for s in rng.integers(1, 4, 2)), pads=pads)


def random_conv(rng, channels, window, reach, kind):
    """Convolution of ``kind``: dense, grouped (if the channels allow), or depthwise."""
    groups = {"dense": 1, "grouped": 2 if channels % 2 == 0 else 1, "depthwise": channels}[kind]
    outputs = channels if kind == "depthwise" else groups * int(rng.integers(1, 20))
    shape = (outputs, channels // groups, *window.kernel)
    ends = rng.choice([-reach, reach], shape)
    weights = np.where(rng.random(shape) < 0.5, ends, rng.integers(-reach, reach + 1, shape))
    bias = rng.integers(-reach * 9, reach * 9 + 1, outputs)
    return Conv(weights=weights, bias=bias, window=window, groups=groups)


def random_steps(rng, kind, count, base):
    """Steps that lie in the range of each channel of ``kind``, some beyond."""
    spread = (kind.hi - kind.lo)[:, None] // 8 + 2
    places = rng.random((len(kind.lo), count)) * (kind.hi - kind.lo + 2 * spread[:, 0])[:, None]
    steps = kind.lo[:, None] - spread + places.astype(np.int64)
    return Threshold(steps=np.sort(steps, axis=1), base=base)


def random_layer(rng, kind, reach):
    """An op with one input of type ``kind``."""
    pick = rng.choice(["dense", "grouped", "depthwise", "max", "sum", "steps", "clamp"])
    # wide sums would leave 64 bits in a few layers
    if max(abs(kind.range.lo), kind.range.hi) > 2**24:
        pick = "steps"
    window = random_window(rng)
    if min(window.output_size(kind.shape.height, kind.shape.width)) < 1:
        pick = "steps"
    if pick in ("max", "sum"):
        return Pool(kind=PoolKind(pick), window=window)
    if pick == "clamp":
        return Clamp(range=QInt(kind.range.lo // 3, max(kind.range.hi // 2, kind.range.lo // 3)))
    if pick == "steps":
        levels = int(rng.choice([1, 3, 15, 40, 255]))
        return random_steps(rng, kind, levels, int(rng.choice([0, -levels // 2])))
    return random_conv(rng, kind.shape.channels, window, reach, pick)


def random_network(seed, entry, reach, count=6):
    """A chain with forks: every value that is made is read by someone or is an output."""
    rng = np.random.default_rng(seed)
    channels = int(rng.integers(1, 9))
    layers = [("in", Input(shape=Shape(channels, 9, 11), range=entry), "")]
    for number in range(count):
        names = [name for name, _, _ in layers]
        source = names[-1] if rng.random() < 0.8 else names[int(rng.integers(len(names)))]
        kind = network(layers, [source]).graph.type(source)
        layers.append((f"l{number}", random_layer(rng, kind, reach), source))
    layers.append(("top", Argmax(), layers[-1][0]))
    read = {source for _, _, source in layers}
    outputs = [name for name, _, _ in layers if name not in read or rng.random() < 0.3]
    return network(layers, outputs)


def frames_of(net, seed, count=2):
    """Random frames, and two at the ends of the range."""
    entry = net.graph.type(net.inputs[0].node)
    rng = np.random.default_rng(seed)
    lo, hi = entry.range.lo, entry.range.hi
    some = rng.integers(lo, hi, (count, *entry.shape), endpoint=True)
    ends = rng.choice([lo, hi], (1, *entry.shape))
    return np.concatenate([some, ends, np.full((1, *entry.shape), hi)])
