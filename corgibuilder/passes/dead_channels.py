"""Leaves out the channels that nobody reads, and those that always hold the same value.

A channel is dead if no output of the network depends on it: every weight that it meets is zero, or
leads to a channel that is itself dead. A constant channel is as good as dead where its share of
each sum is known: at zero everywhere; at another value where no window reaches into padding, which
is zero. That share then goes into the bias.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from corgibuilder.ir import Argmax, Conv, Graph, Input, Ints, Network, Node, Threshold

Mask = NDArray[np.bool_]


def without_dead_channels(network: Network) -> Network:
    """The network with the channels that matter to its outputs; every output is the same.

    Inputs and outputs keep all their channels. So do grouped convolutions that are not depthwise,
    as their groups have to stay alike.
    """
    graph = network.graph
    live = live_channels(network)
    if all(mask.all() for mask in live.values()):
        return network
    return network.with_graph(Graph(_pruned(graph, node, live) for node in graph))


def live_channels(network: Network) -> dict[str, Mask]:
    """For every node which of its channels are kept, at least one; bool ``(channels,)``."""
    graph = network.graph
    outputs = {port.node for port in network.outputs}
    live: dict[str, Mask] = {}
    for node in reversed(list(graph)):
        channels = graph.type(node.name).shape.channels
        if node.name in outputs or isinstance(node.op, Input):
            live[node.name] = np.ones(channels, bool)
            continue
        mask = np.zeros(channels, bool)
        for user in graph.users(node.name):
            mask |= _read(graph[user], live[user], ~_known(graph, node.name, user))
        mask[0] |= not mask.any()
        live[node.name] = mask
    return live


def _read(user: Node, live: Mask, varying: Mask) -> Mask:
    """The channels that ``user`` has to be given for its ``live`` channels.

    ``varying`` are those whose share of a sum is not known beforehand.
    """
    op = user.op
    if not isinstance(op, Conv):
        return varying | True if isinstance(op, Argmax) else live
    if op.depthwise:
        return live
    if op.groups > 1:
        return varying | True
    meets: Mask = (op.weights[live] != 0).any(axis=(0, 2, 3))
    return meets & varying


def _known(graph: Graph, name: str, user: str) -> Mask:
    """The channels of ``name`` whose every value that ``user`` can meet is the same."""
    kind, op = graph.type(name), graph[user].op
    constant: Mask = kind.lo == kind.hi
    padded = isinstance(op, Conv) and bool(op.window.pads)
    return constant & (kind.lo == 0) if padded else constant


def _pruned(graph: Graph, node: Node, live: dict[str, Mask]) -> Node:
    op, kept = node.op, live[node.name]
    if isinstance(op, Threshold):
        return replace(node, op=replace(op, steps=op.steps[kept]))
    if not isinstance(op, Conv):
        return node
    given = live[node.inputs[0]]
    if op.groups == 1:
        values = graph.type(node.inputs[0]).lo
        share: Ints = op.weights[:, ~given].sum(axis=(2, 3)) @ values[~given]
        op = replace(op, weights=op.weights[:, given], bias=op.bias + share)
    elif op.depthwise:
        op = replace(op, groups=int(kept.sum()))
    return replace(node, op=replace(op, weights=op.weights[kept], bias=op.bias[kept]))
