"""The text of a network says what each node does."""

import pytest

from corgibuilder.ir import (
    Concat,
    QInt,
    network_text,
    node_text,
)

from ..passes.graphs import entry, graph_of, random_graph
from ..toys import small


def test_a_node():
    network = graph_of([("x", entry(4, 4, 6, x=QInt(-1, 1, 2))), ("n", Concat(), "x", "x")], ["n"])
    assert node_text(network.graph, network.graph["n"]) == "Concat of x, x: 8x4x6, -1..1 by 2"


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
