"""Folds an addition of one input, which multiplies it, into what reads it or makes it.

    x -> Add (f) -> Conv w           x -> Conv f*w
    x -> Add (f) -> Threshold t      becomes  x -> Threshold ceil(t / f)     for f > 0
    x -> Add (f) -> Table            x -> Table of every f-th value
    x -> Add (f) -> Add (g, ...)     x -> Add (f*g, ...)
    Conv w -> Add (f) -> y           Conv f*w -> y          where not all that read it can

Needs:  every reader can take the factor, and it is no output; or only it reads the convolution.
Keeps:  the names of all others, and the value of every node but that convolution.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import singledispatch

import numpy as np

from corgibuilder.ir import Add, Conv, Graph, Network, Node, Op, Table, TensorType, Threshold

from .rewrite import merge_pairs, output_names, rewritten


def fold_factors(network: Network) -> Network:
    """The network without additions of one input, where others can multiply instead."""
    graph, outputs = network.graph, output_names(network)
    changed: dict[str, Node] = {}
    dropped: dict[str, str] = {}
    for node in graph:
        if not _scales(node) or node.name in outputs or node.inputs[0] in dropped:
            continue
        readers = _folded(graph, node, changed)
        if readers is not None:
            changed |= readers
            dropped[node.name] = node.inputs[0]
    return merge_pairs(rewritten(network, changed, dropped), _into_convolution)


def _scales(node: Node) -> bool:
    return isinstance(node.op, Add) and len(node.inputs) == 1


def _folded(graph: Graph, node: Node, changed: Mapping[str, Node]) -> dict[str, Node] | None:
    """The readers of a factor as readers of its input; ``None`` if one of them cannot take it."""
    assert isinstance(node.op, Add)
    readers = {}
    for name in graph.users(node.name):
        reader = changed.get(name, graph[name])
        if isinstance(reader.op, Add):
            pairs = zip(reader.inputs, reader.op.factors, strict=True)
            factors = (f * node.op.factors[0] if i == node.name else f for i, f in pairs)
            op: Op | None = Add(factors=tuple(factors))
        else:
            op = _after_factor(reader.op, node.op.factors[0], graph.type(node.inputs[0]))
        if op is None:
            return None
        readers[name] = replace(reader, op=op)
    return readers


@singledispatch
def _after_factor(op: Op, factor: int, x: TensorType) -> Op | None:
    """The op that gives for ``x`` what ``op`` gives for ``factor * x``, if there is one."""
    return None


@_after_factor.register
def _(op: Conv, factor: int, x: TensorType) -> Conv:
    return replace(op, weights=op.weights * factor)


@_after_factor.register
def _(op: Threshold, factor: int, x: TensorType) -> Threshold | None:
    return replace(op, steps=-(-op.steps // factor)) if factor > 0 else None


@_after_factor.register
def _(op: Table, factor: int, x: TensorType) -> Table | None:
    if not factor:
        return None
    values = np.arange(x.range.lo, x.range.hi + 1) * factor
    return Table(values=op.values[:, values - op.lo], lo=x.range.lo)


def _into_convolution(graph: Graph, first: Node, second: Node) -> Node | None:
    if not isinstance(first.op, Conv) or not isinstance(second.op, Add):
        return None
    factor, op = second.op.factors[0], first.op
    return replace(first, op=replace(op, weights=op.weights * factor, bias=op.bias * factor))
