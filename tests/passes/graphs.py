"""Small graphs with forks and joins, and that no pass changes an output of one."""

from functools import cache

import numpy as np

from corgibuilder import golden
from corgibuilder.diagnostics import Origin
from corgibuilder.ir import (
    Add,
    Argmax,
    Clamp,
    Concat,
    Conv,
    DepthToSpace,
    Graph,
    Input,
    Network,
    Node,
    Pool,
    PoolKind,
    Port,
    QInt,
    Shape,
    Table,
    Threshold,
    verify,
)

from ..kinds import drawn_pad, drawn_select, random_move
from ..random_networks import random_steps, random_window
from ..toys import RANGE

WIDEST = 2**16  #: of values that are not brought back by a step function next
MOST_ENTRIES = 300  #: of a table
MOST_PIXELS = 300  #: of a map that a layer made larger


def graph_of(layers, outputs):
    """Network of layers (name, op, *names of its inputs); ``outputs`` are names of layers."""
    graph = Graph(
        Node(name, op, tuple(inputs), Origin("toy.onnx", name)) for name, op, *inputs in layers
    )

    def port(name, node):
        return Port(name, node, tuple(graph.type(node).shape), np.asarray)

    entries = [node.name for node in graph if isinstance(node.op, Input)]
    inputs = tuple(port(name, name) for name in entries)
    return Network("toy", graph, inputs, tuple(port(f"out_{name}", name) for name in outputs))


def entry(*shape, x=RANGE):
    return Input(shape=Shape(*shape), range=x)


def frames_for(network, seed=0, count=4):
    """Random frames for each input, some of which hold only the ends of the range."""
    rng = np.random.default_rng(seed)
    given = {}
    for port in network.inputs:
        x = network.graph[port.node].op
        held = np.arange(x.range.lo, x.range.hi + 1, x.range.step)
        frames = given[port.node] = rng.choice(held, (count, *tuple(x.shape)))
        frames[0], frames[1] = x.range.lo, x.range.hi
        frames[2] = rng.choice([x.range.lo, x.range.hi], tuple(x.shape))
    return given


def check_same(before, after, seed=0):
    """Every output of two networks is the same, and the second one is a network. Gives that."""
    verify(after)
    frames = frames_for(before, seed)
    was, found = (golden.run(network.graph, frames) for network in (before, after))
    assert [port.name for port in after.outputs] == [port.name for port in before.outputs]
    for old, new in zip(before.outputs, after.outputs, strict=True):
        np.testing.assert_array_equal(found[new.node], was[old.node], err_msg=old.name)
    _check_ranges(after, found)
    return after


def _check_ranges(network, values):
    for node in network.graph:
        kind, value = network.graph.type(node.name), values[node.name].astype(np.int64)
        lo, hi = value.min(axis=(0, 2, 3)), value.max(axis=(0, 2, 3))
        assert (kind.lo <= lo).all() and (hi <= kind.hi).all(), node.name


def names(network):
    return [node.name for node in network.graph]


@cache
def random_graph(seed, count=9):
    """A network of all ops, full of what passes look for."""
    rng = np.random.default_rng(seed)
    held = [QInt(0, 3), QInt(-4, 4), QInt(-1, 1, 2)][int(rng.integers(3))]
    layers = [("in", entry(int(rng.integers(1, 7)), 6, 7, x=held))]
    for number in range(count):
        layers.append((f"l{number}", *_random_layer(rng, layers)))
    read = {name for _, _, *inputs in layers for name in inputs}
    ends = [name for name, *_ in layers[1:] if name not in read]
    kept = [name for name in ends if rng.random() < 0.7] or ends[-1:]
    taps = [name for name, *_ in layers[1:] if name in read and rng.random() < 0.15]
    return graph_of(layers, kept + taps)


def _random_layer(rng, layers):
    """An op and the names of its inputs."""
    names = [name for name, *_ in layers]
    graph = graph_of(layers, names[-1:]).graph
    source = names[-1] if rng.random() < 0.75 else str(rng.choice(names))
    x = graph.type(source)
    if isinstance(graph[source].op, Conv) and not x.shape.channels % 4 and rng.random() < 0.3:
        return DepthToSpace(block=2, block_last=True), source
    wide = max(abs(x.range.lo), abs(x.range.hi)) > WIDEST
    while True:
        kind = "steps" if wide else str(rng.choice(list(MAKERS)))
        made = MAKERS[kind](rng, x)
        if kind in ("add", "concat"):
            same = [n for n in names if _joins(kind, graph.type(n).shape, x.shape)]
            others = rng.choice(same, int(rng.integers(0, 3))).tolist()
            inputs = [source, *others]
            if kind == "add":
                made = Add(factors=tuple(rng.choice([-3, -1, 1, 1, 2], len(inputs)).tolist()))
            return made, *inputs
        if made is not None:
            return made, source


def _joins(kind, shape, other):
    return shape == other if kind == "add" else tuple(shape)[1:] == tuple(other)[1:]


def _conv(rng, x):
    window = random_window(rng)
    if min(window.output_size(x.shape.height, x.shape.width)) < 1:
        return None
    channels = x.shape.channels
    kind = rng.choice(["dense", "dense", "grouped", "depthwise"])
    groups = channels if kind == "depthwise" else 2 if kind == "grouped" and not channels % 2 else 1
    outputs = channels if kind == "depthwise" else groups * int(rng.integers(1, 5))
    shape = (outputs, channels // groups, *window.kernel)
    weights = rng.integers(-3, 4, shape)
    for axes in ((0,), (1,), (2,), (3,)):  # whole channels, rows and columns of zeros
        if rng.random() < 0.6:
            zeros = rng.random([n if axis in axes else 1 for axis, n in enumerate(shape)]) < 0.5
            weights = np.where(zeros, 0, weights)
    bias = rng.integers(-5, 6, outputs)
    return Conv(weights=weights, bias=bias, window=window, groups=groups)


def _pool(rng, x):
    window = random_window(rng)
    fits = min(window.output_size(x.shape.height, x.shape.width)) >= 1
    return Pool(kind=PoolKind(rng.choice(["max", "sum"])), window=window) if fits else None


def _steps(rng, x):
    made = random_steps(rng, x, int(rng.choice([1, 3, 9])), int(rng.integers(-4, 3)))
    steps = np.where(rng.random((len(x.lo), 1)) < 0.2, x.range.hi + 1, made.steps)  # constant
    return Threshold(steps=steps, base=made.base)


def _clamp(rng, x):
    lo, hi = x.range.lo, x.range.hi
    ends = (lo - 1, hi + 2) if rng.random() < 0.4 else (lo // 2, max(hi // 2, lo // 2))
    return Clamp(range=QInt(*ends))


def _table(rng, x):
    size = x.range.hi - x.range.lo + 1
    if size > MOST_ENTRIES:
        return None
    rows = 1 if rng.random() < 0.5 else x.shape.channels
    values = rng.integers(-6, 7, (rows, size))
    if rng.random() < 0.5:
        values = np.sort(values, axis=1)
    return Table(values=values, lo=x.range.lo)


MAKERS = {
    "conv": _conv,
    "pool": _pool,
    "steps": _steps,
    "more steps": _steps,
    "clamp": _clamp,
    "table": _table,
    "move": lambda rng, x: random_move(rng, x, MOST_PIXELS),
    "more moves": lambda rng, x: random_move(rng, x, MOST_PIXELS),
    "pad": drawn_pad,
    "more pads": drawn_pad,
    "select": drawn_select,
    "more selections": drawn_select,
    "argmax": lambda rng, x: Argmax() if rng.random() < 0.2 else None,
    "add": lambda rng, x: Add(factors=(1,)),
    "concat": lambda rng, x: Concat(),
}
