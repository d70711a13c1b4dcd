"""Whatever does not hold in a network is found, and the node is named."""

from dataclasses import replace

import pytest

from corgibuilder.ir import (
    Add,
    Clamp,
    Concat,
    Graph,
    Node,
    Pool,
    PoolKind,
    QInt,
    Window,
    verify,
)

from ..passes.graphs import entry, random_graph
from ..toys import small
from .test_kinds import one, refused


@pytest.mark.parametrize(
    "op,inputs,problem",
    [
        (Add(factors=(1, 1)), ("x", "y"), "it adds maps of 4x5x6, 4x4x6"),
        (Concat(), ("x", "y"), "it joins maps of 4x5x6, 4x4x6"),
        (Clamp(range=QInt(0, 1)), ("x", "x"), "Clamp has 2 inputs"),
    ],
)
def test_what_does_not_go_together(op, inputs, problem, monkeypatch):
    refused(op, inputs, problem, monkeypatch)


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
