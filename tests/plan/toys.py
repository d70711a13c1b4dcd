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


def chain(shape, *ops, fixed=()):
    """Network of one input and a chain of ops, called ``n0``, ``n1`` and so on."""
    nodes = [Node("x", Input(shape=Shape(*shape), range=QInt(0, 3)), (), Origin("toy.onnx", "x"))]
    for k, op in enumerate(ops):
        nodes.append(Node(f"n{k}", op, (nodes[-1].name,), Origin("toy.onnx", f"n{k}")))
    ports = [Port(n.name, n.name, (), np.asarray) for n in (nodes[0], nodes[-1])]
    return Network("toy", Graph(nodes), (ports[0],), (ports[1],), fixed=fixed)


def conv(inputs, outputs, window, groups=1):
    shape = (outputs, inputs // groups, *window.kernel)
    weights = np.random.default_rng(outputs).integers(-7, 8, shape)
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
