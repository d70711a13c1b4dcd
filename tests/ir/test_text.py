"""The text of a network says what each node does."""

import numpy as np
import pytest

from corgibuilder.ir import (
    Add,
    Argmax,
    Clamp,
    Concat,
    DepthToSpace,
    Pad,
    Pads,
    Pool,
    PoolKind,
    QInt,
    Table,
    Upsample,
    network_text,
    node_text,
)

from ..passes.graphs import entry, graph_of, random_graph
from ..toys import HALVES, small

TEXTS = {
    "Pool max 2x2 stride 2x2 of x: 4x2x3, -1..1 by 2": Pool(kind=PoolKind.MAX, window=HALVES),
    "Clamp 0..1 of x: 4x4x6, 0..1": Clamp(range=QInt(0, 1)),
    "Argmax of x: 1x4x6, 0..3": Argmax(),
    "Add times -3 of x: 4x4x6, -3..3 by 6": Add(factors=(-3,)),
    "Concat of x: 4x4x6, -1..1 by 2": Concat(),
    "Upsample 2x1 of x: 4x8x6, -1..1 by 2": Upsample(factors=(2, 1)),
    "DepthToSpace 2 of x: 1x8x12, -1..1 by 2": DepthToSpace(block=2),
    "DepthToSpace 2, block last of x: 1x8x12, -1..1 by 2": DepthToSpace(block=2, block_last=True),
    "Pad [1, 0, 0, 2] with 0 of x: 4x5x8, -1..1": Pad(pads=Pads(top=1, right=2), value=0),
    "Table from -1, values 1x3 4..6 of x: 4x4x6, 4..6 by 2": Table(
        values=np.array([[4, 5, 6]]), lo=-1
    ),
}


@pytest.mark.parametrize("text,op", TEXTS.items(), ids=TEXTS)
def test_every_op(text, op):
    network = graph_of([("x", entry(4, 4, 6, x=QInt(-1, 1, 2))), ("n", op, "x")], ["n"])
    assert node_text(network.graph, network.graph["n"]) == text


def test_a_network():
    lines = network_text(small()).splitlines()
    assert lines[0] == "x = Input: 3x8x10, 0..3"
    assert lines[3].startswith(
        "n2 = Conv 3x3 stride 2x2 pads [1, 1, 1, 1] in 6 groups, weights 6x1x3x3 "
    )
    assert ", bias 6 0..5 of n1: 6x4x5, " in lines[3]
    assert lines[4].startswith("n3 = Threshold 0.., steps 6x3 ")
    assert lines[-1] == "output n7 = n7"
    assert len(lines) == 10


@pytest.mark.parametrize("seed", range(50))
def test_a_line_for_each_node_and_output(seed):
    network = random_graph(seed)
    assert network_text(network).count("\n") == len(list(network.graph)) + len(network.outputs)
