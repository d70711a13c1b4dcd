"""Random networks of odd shapes: windows that gap, tile or lie in the padding, maps of one row."""

from dataclasses import replace

from corgibuilder.ir import Argmax, Clamp, Conv, Input, Pads, Pool, PoolKind, QInt, Shape, Window

from ..random_networks import random_steps
from ..toys import network

SIDES = (1, 1, 2, 3, 4, 5, 7, 8, 11, 13, 16, 24, 32)
KERNELS = (1, 1, 2, 3, 3, 4, 5, 7, 9)
STRIDES = (1, 1, 1, 2, 2, 3, 4, 6)


def pick(rng, values):
    return values[int(rng.integers(len(values)))]


def any_window(rng, shape):
    """A window that fits, overlapping or tiling or leaving gaps, with any padding; or ``None``."""
    for _ in range(20):
        kernel = pick(rng, KERNELS), pick(rng, KERNELS)
        stride = pick(rng, STRIDES), pick(rng, STRIDES)
        rows, columns = ([int(rng.integers(side)) for _ in range(2)] for side in kernel)
        pads = Pads(top=rows[0], bottom=rows[1], left=columns[0], right=columns[1])
        window = Window(kernel=kernel, stride=stride, pads=pads)
        kind = rng.random()
        if kind < 0.2:
            window = Window(kernel=kernel, stride=kernel)
        elif kind < 0.5:
            window = replace(window, pads=Pads())
        if min(window.output_size(shape.height, shape.width)) > 0:
            return window
    return None


def any_op(rng, kind):
    """An operation on a map of type ``kind``, or ``None`` where the one picked does not fit."""
    channels, window = kind.shape.channels, any_window(rng, kind.shape)
    what = pick(rng, ("dense", "dense", "dense", "depth", "depth", "group", "pool", "clamp"))
    if rng.random() < 0.15 or max(abs(kind.range.lo), kind.range.hi) > 2**20:
        return random_steps(rng, kind, pick(rng, (1, 3, 7, 15, 40)), 0)
    if what == "clamp":
        lo = kind.range.lo // 3
        return Clamp(range=QInt(lo, max(kind.range.hi // 2, lo)))
    if window is None:
        return None
    if what == "pool":
        return Pool(kind=pick(rng, tuple(PoolKind)), window=window)
    groups = {"dense": 1, "depth": channels, "group": 2 - channels % 2}[what]
    outputs = channels if what == "depth" else groups * pick(rng, (1, 2, 3, 5, 7, 8, 13))
    shape = outputs, channels // groups, *window.kernel
    weights = rng.integers(-3, 4, shape) * (rng.random(shape) >= pick(rng, (0, 0, 0.5, 0.9)))
    return Conv(weights=weights, bias=rng.integers(-9, 10, outputs), window=window, groups=groups)


def any_network(rng):
    """One to six layers, of any size or tied to one; some values, and the input, leave as well."""
    shape = Shape(pick(rng, (1, 1, 2, 3, 4, 5, 7, 11, 16)), pick(rng, SIDES), pick(rng, SIDES))
    highest = (1 << pick(rng, (1, 2, 4, 8))) - 1
    lowest = pick(rng, (0, -highest))
    layers = [("x", Input(shape=shape, range=QInt(lowest, highest)), "")]
    for number in range(int(rng.integers(1, 7))):
        names = [name for name, _, _ in layers]
        source = names[-1] if rng.random() < 0.85 else pick(rng, names)
        op = any_op(rng, network(layers, [source]).graph.type(source))
        if op is not None:
            layers.append((f"n{number}", op, source))
    if rng.random() < 0.15 or len(layers) == 1:
        layers.append(("top", Argmax(), layers[-1][0]))
    read = {source for _, _, source in layers}
    outputs = [name for name, _, _ in layers if name not in read or rng.random() < 0.2]
    return network(layers, outputs, ("x",) if rng.random() < 0.5 else ())
