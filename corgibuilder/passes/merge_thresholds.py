"""Merges step functions and clamps, one after the other, into one.

    x -> Threshold -> Clamp          x -> Threshold
    x -> Clamp -> Threshold          becomes  x -> Threshold
    x -> Threshold -> Threshold      x -> Threshold
    x -> Clamp -> Clamp              x -> Clamp

A table that does not fall counts as a step function.

Needs:  ranges; the first has one reader and is no output. The result has no more steps than both.
Keeps:  the name and value of every other node. The result has the name of the last that is no
        clamp.
"""

from dataclasses import replace

from corgibuilder.ir import Clamp, Graph, Network, Node, Table, Threshold

from .functions import joined, rising
from .rewrite import merge_pairs, named_after


def merge_thresholds(network: Network) -> Network:
    """The network with as few step functions and clamps as there can be."""
    return merge_pairs(network, _merged)


def _merged(graph: Graph, first: Node, second: Node) -> Node | None:
    before = _steps(graph, first)
    after = _steps(graph, second) if before else None
    if before is None or after is None:
        return None
    op = joined(before, after, graph.type(first.inputs[0]))
    if op.parameters > first.op.parameters + second.op.parameters:
        return None
    return replace(named_after(first, second), op=op, inputs=first.inputs)


def _steps(graph: Graph, node: Node) -> Threshold | Clamp | None:
    """The step function or clamp that a node is, if it is one."""
    if isinstance(node.op, Table):
        return rising(node.op, graph.type(node.inputs[0]))
    return node.op if isinstance(node.op, Threshold | Clamp) else None
