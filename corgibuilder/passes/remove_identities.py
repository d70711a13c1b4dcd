"""Removes the nodes that give what they are given.

    x -> Clamp 0..15 -> y            x -> y                 if x is in 0..15
    x -> Upsample 1x1 -> y           becomes  x -> y
    x -> Concat -> y                          x -> y        if nothing else joins

So do a pad of nothing, blocks of one pixel, a pool of one value, and an addition of one input
times 1.

Needs:  ranges.
Keeps:  the name and value of every node that stays. An output that is the input of the network
        unchanged keeps its node, so that it has a stage.
"""

from functools import singledispatch

from corgibuilder.ir import (
    Add,
    Clamp,
    Concat,
    DepthToSpace,
    Input,
    Network,
    Op,
    Pad,
    Pool,
    TensorType,
    Upsample,
)

from .rewrite import output_names, rewritten


def remove_identities(network: Network) -> Network:
    """The network without the nodes that change nothing."""
    graph, outputs = network.graph, output_names(network)
    dropped: dict[str, str] = {}
    for node in graph:
        if len(node.inputs) != 1 or not _is_identity(node.op, graph.type(node.inputs[0])):
            continue
        source = node.inputs[0]
        if node.name not in outputs or not isinstance(graph[dropped.get(source, source)].op, Input):
            dropped[node.name] = dropped.get(source, source)
    return rewritten(network, {}, dropped)


@singledispatch
def _is_identity(op: Op, x: TensorType) -> bool:
    """Whether ``op`` gives every ``x`` unchanged."""
    return False


@_is_identity.register
def _(op: Clamp, x: TensorType) -> bool:
    return op.range.lo <= x.range.lo and x.range.hi <= op.range.hi


@_is_identity.register
def _(op: Pool, x: TensorType) -> bool:
    return op.window.tiles and op.window.kernel == (1, 1)


@_is_identity.register
def _(op: Add, x: TensorType) -> bool:
    return op.factors == (1,)


@_is_identity.register
def _(op: Concat, x: TensorType) -> bool:
    return True  # of one input


@_is_identity.register
def _(op: Upsample, x: TensorType) -> bool:
    return op.factors == (1, 1)


@_is_identity.register
def _(op: DepthToSpace, x: TensorType) -> bool:
    return op.block == 1


@_is_identity.register
def _(op: Pad, x: TensorType) -> bool:
    return not op.pads
