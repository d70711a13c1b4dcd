"""Merges a table with a function of single values before or after it.

    x -> Threshold -> Table          x -> Table
    x -> Clamp -> Table              becomes  x -> Table
    x -> Table -> Threshold          x -> Table
    x -> Table -> Table              x -> Table

Needs:  ranges; the first has one reader and is no output. The result has no more values than both
        have values and steps.
Keeps:  the name and value of every other node. The result has the name of the last that is no
        clamp.
"""

from dataclasses import replace

from corgibuilder.ir import Clamp, Graph, Network, Node, Table, Threshold

from .functions import alike, table_of
from .rewrite import merge_pairs, named_after


def merge_tables(network: Network) -> Network:
    """The network with as few tables as there can be, and not more values in them."""
    return merge_pairs(network, _merged)


def _merged(graph: Graph, first: Node, second: Node) -> Node | None:
    ops = first.op, second.op
    if not all(isinstance(op, Table | Threshold | Clamp) for op in ops):
        return None
    if not any(isinstance(op, Table) for op in ops):
        return None
    x, functions = alike(graph.type(first.inputs[0]), *ops)
    size = (x.range.hi - x.range.lo + 1) * x.shape.channels
    if size > first.op.parameters + second.op.parameters:
        return None
    table = table_of(functions, x)
    return replace(named_after(first, second), op=table, inputs=first.inputs)
