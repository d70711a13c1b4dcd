"""Small networks made of ops, without a file."""

from dataclasses import replace

import numpy as np

from corgibuilder.diagnostics import Origin
from corgibuilder.ir import (
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
    """``layers`` are (name, op, name or names of inputs); every name in ``outputs`` is a tap."""

    def names(source):
        return source if isinstance(source, tuple) else (source,) if source else ()

    graph = Graph(
        Node(name, op, names(source), Origin("toy.onnx", name)) for name, op, source in layers
    )

    def port(name):
        return Port(name, name, tuple(graph.type(name).shape), np.asarray)

    return Network("toy", graph, (port(layers[0][0]),), tuple(map(port, outputs)), fixed=fixed)


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
