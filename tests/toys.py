"""Small networks made of ops, without a file."""

from dataclasses import replace

import numpy as np

from corgibuilder.diagnostics import Origin
from corgibuilder.ir import (
    Add,
    Conv,
    Graph,
    Input,
    Network,
    Node,
    Pads,
    Pool,
    PoolKind,
    Port,
    QInt,
    Shape,
    Threshold,
    Window,
)

POINT = Window(kernel=(1, 1))
SAME = Window(kernel=(3, 3), pads=Pads(top=1, left=1, bottom=1, right=1))
STRIDED = replace(SAME, stride=(2, 2))
HALVES = Window(kernel=(2, 2), stride=(2, 2))


def network(layers, outputs, fixed=()):
    """``layers`` are (name, op, name or names of inputs); every name in ``outputs`` is a tap.

    Those whose op is an :class:`Input` are the inputs.
    """

    def names(source):
        return source if isinstance(source, tuple) else (source,) if source else ()

    graph = Graph(
        Node(name, op, names(source), Origin("toy.onnx", name)) for name, op, source in layers
    )

    def port(name):
        return Port(name, name, tuple(graph.type(name).shape), np.asarray)

    entries = tuple(port(name) for name, op, _ in layers if isinstance(op, Input))
    return Network("toy", graph, entries, tuple(map(port, outputs)), fixed=fixed)


RANGE = QInt(0, 3)


def chain(shape, *ops, x=RANGE, fixed=()):
    """Network of one input and a chain of ops, called ``n0``, ``n1`` and so on."""
    layers = [("x", Input(shape=Shape(*shape), range=x), "")]
    for k, op in enumerate(ops):
        layers.append((f"n{k}", op, layers[-1][0]))
    return network(layers, [layers[-1][0]], fixed)


def conv(inputs, outputs, window, groups=1, rng=None):
    shape = (outputs, inputs // groups, *window.kernel)
    weights = (rng or np.random.default_rng(outputs)).integers(-7, 8, shape)
    return Conv(weights=weights, bias=np.arange(outputs), window=window, groups=groups)


def steps(channels, count=3):
    rows = np.random.default_rng(count).integers(-20, 20, (channels, count))
    return Threshold(steps=np.sort(rows, axis=1), base=0)


def stereo():
    """Maps of two cameras of different sizes, whose branches are added; the second is a tap."""
    layers = [
        ("left", Input(shape=Shape(3, 6, 8), range=QInt(0, 15)), ""),
        ("right", Input(shape=Shape(1, 12, 16), range=QInt(-4, 3)), ""),
        ("a", conv(3, 4, SAME), "left"),
        ("a_act", steps(4, 7), "a"),
        ("b", conv(1, 4, STRIDED), "right"),
        ("b_act", steps(4, 7), "b"),
        ("sum", Add(factors=(1, -2)), ("a_act", "b_act")),
        ("c", conv(4, 2, SAME), "sum"),
    ]
    return network(layers, ["c", "b_act"])


def stereo_frames(count, seed=1):
    """Frames for both inputs of :func:`stereo`, by node."""
    rng = np.random.default_rng(seed)
    return {
        "left": rng.integers(0, 16, (count, 3, 6, 8)),
        "right": rng.integers(-4, 4, (count, 1, 12, 16)),
    }


def small():
    """Dense, strided depthwise and pointwise convolutions, a pool and a classifier."""
    return chain(
        (3, 8, 10),
        conv(3, 6, SAME),
        steps(6),
        conv(6, 6, STRIDED, groups=6),
        steps(6),
        conv(6, 7, POINT),
        steps(7, 15),
        Pool(kind=PoolKind.MAX, window=HALVES),
        conv(7, 5, Window(kernel=(2, 2))),
        fixed=("n7",),
    )
