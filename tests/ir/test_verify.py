"""Whatever does not hold in a network is found, and the node is named."""

from dataclasses import replace

import numpy as np
import pytest

from corgibuilder.ir import (
    Add,
    Argmax,
    Clamp,
    Concat,
    Conv,
    DepthToSpace,
    Graph,
    Node,
    Pad,
    Pads,
    Pool,
    PoolKind,
    QInt,
    Table,
    Threshold,
    Upsample,
    Window,
    verify,
)

from ..passes.graphs import entry, graph_of, random_graph
from ..toys import POINT, RANGE, SAME, conv, small

POOL = Pool(kind=PoolKind.SUM, window=SAME)
STEPS = Threshold(steps=np.arange(12).reshape(4, 3), base=0)
TABLE = Table(values=np.arange(4)[None], lo=0)


def one(op, *, inputs=("x",), x=RANGE):
    """A node called ``it`` on a map of 4x5x6; ``y`` has other rows, ``w`` other channels."""
    pool = Pool(kind=PoolKind.MAX, window=Window(kernel=(2, 1)))
    layers = [("x", entry(4, 5, 6, x=x)), ("y", pool, "x"), ("w", conv(4, 3, POINT), "x")]
    return graph_of([*layers, ("it", op, *inputs)], ["it", "y", "w"])


def weights_of(shape, dtype=np.int64):
    return Conv(weights=np.ones(shape, dtype), bias=np.zeros(shape[0], np.int64), window=POINT)


RIGHT = [
    conv(4, 3, SAME),
    conv(4, 4, SAME, groups=4),
    POOL,
    STEPS,
    Clamp(range=QInt(0, 1)),
    Argmax(),
    Add(factors=(2,)),
    Concat(),
    Upsample(factors=(2, 1)),
    DepthToSpace(block=2),
    Pad(pads=Pads(left=3), value=-1),
    TABLE,
]
WRONG = {
    "3 groups of 2 inputs": replace(weights_of((3, 2, 1, 1)), groups=3),
    "1 groups of 3 inputs": weights_of((3, 3, 1, 1)),
    "5 biases for 3 outputs": replace(weights_of((3, 4, 1, 1)), bias=np.zeros(5, np.int64)),
    "its weights are int32": weights_of((3, 4, 1, 1), np.int32),
    "its bias are float64": replace(weights_of((3, 4, 1, 1)), bias=np.zeros(3)),
    "weights for a kernel of": weights_of((3, 4, 1, 2)),
    "do not fit 62 bits": replace(weights_of((3, 4, 1, 1)), weights=np.full((3, 4, 1, 1), 2**61)),
    "windows lie in padding alone": replace(POOL, window=replace(POINT, pads=Pads(top=1))),
    "no window moves like this": replace(POOL, window=Window(kernel=(1, 1), stride=(0, 1))),
    "steps of 3 channels": replace(STEPS, steps=STEPS.steps[:3]),
    "its steps are not sorted": replace(STEPS, steps=STEPS.steps[:, ::-1]),
    "its steps are int16": replace(STEPS, steps=STEPS.steps.astype(np.int16)),
    "2 factors for 1 inputs": Add(factors=(1, 2)),
    "its sums of up to": Add(factors=(2**61,)),
    "do not divide the channels": DepthToSpace(block=3),
    "it enlarges by": Upsample(factors=(-1, -1)),
    "it pads by": Pad(pads=Pads(top=-1), value=0),
    "its values for 1..4 do not cover 0..3": replace(TABLE, lo=1),
    "its values for 0..2 do not cover 0..3": replace(TABLE, values=TABLE.values[:, :3]),
}


@pytest.mark.parametrize("op", RIGHT, ids=lambda op: type(op).__name__)
def test_right_ones(op):
    verify(one(op))


@pytest.mark.parametrize("problem,op", WRONG.items(), ids=WRONG)
def test_wrong_ones(problem, op, monkeypatch):
    _refused(op, ("x",), problem, monkeypatch)


@pytest.mark.parametrize(
    "op,inputs,problem",
    [
        (Add(factors=(1, 1)), ("x", "y"), "it adds maps of 4x5x6, 4x4x6"),
        (Concat(), ("x", "y"), "it joins maps of 4x5x6, 4x4x6"),
        (Clamp(range=QInt(0, 1)), ("x", "x"), "Clamp has 2 inputs"),
    ],
)
def test_what_does_not_go_together(op, inputs, problem, monkeypatch):
    _refused(op, inputs, problem, monkeypatch)


def _refused(op, inputs, problem, monkeypatch):
    """``it`` has the type of ``x``, as that of what is wrong may not be known."""
    network = one(Clamp(range=QInt(0, 9)))
    node = replace(network.graph["it"], op=op, inputs=inputs)
    monkeypatch.setitem(network.graph._nodes, "it", node)
    with pytest.raises(AssertionError, match=r"node 'it': ") as raised:
        verify(network)
    assert problem in str(raised.value)


def test_a_map_of_which_nothing_is_left():
    with pytest.raises(AssertionError, match="'it': nothing is left of its map"):
        verify(one(Pool(kind=PoolKind.MAX, window=Window(kernel=(6, 1)))))


def test_values_of_more_than_62_bits():
    with pytest.raises(AssertionError, match=r"'x': its values 0\.\.4611686018427387904 do not"):
        verify(one(Clamp(range=QInt(0, 1)), x=QInt(0, 2**62)))


def test_two_nodes_of_one_name():
    node = Node("x", entry(1, 1, 1), (), random_graph(0).graph["in"].origin)
    with pytest.raises(AssertionError, match="two nodes are called 'x'"):
        Graph([node, node])


def test_ports():
    network = small()
    (out,) = network.outputs
    verify(network)
    for wrong, problem in (
        ({"outputs": (replace(out, node="nowhere"),)}, "is of node 'nowhere', which is not there"),
        ({"outputs": (out, out)}, "outputs share a name"),
        ({"outputs": ()}, "no outputs"),
        ({"inputs": ()}, "the inputs are nodes"),
        ({"inputs": network.outputs}, "the inputs are nodes"),
    ):
        with pytest.raises(AssertionError, match=problem):
            verify(replace(network, **wrong))


@pytest.mark.parametrize("seed", range(50))
def test_random_graphs(seed):
    verify(random_graph(seed))
