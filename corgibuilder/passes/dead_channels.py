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
    as their groups have to stay alike. Notes say what was left out.
    """
    graph = network.graph
    live = live_channels(network)
    if all(mask.all() for mask in live.values()):
        return network
    notes = [
        f"{node.name}: {(~mask).sum()} of {len(mask)} channels are left out, no output needs them"
        " computed"
        for node in graph
        if isinstance(node.op, Conv) and not (mask := live[node.name]).all()
    ]
    pruned = Graph(_pruned(graph, node, live) for node in graph)
    return replace(network, graph=pruned, notes=(*network.notes, *notes))


def live_channels(network: Network) -> dict[str, Mask]:
    """For every node which of its channels are kept, at least one; bool ``(channels,)``."""
    graph = network.graph
    outputs = {port.node for port in network.outputs}
    live: dict[str, Mask] = {}
    for node in reversed(list(graph)):
        mask = np.zeros(graph.type(node.name).shape.channels, bool)
        for user in graph.users(node.name):
            mask |= _read(graph[user], live[user], ~_known(graph, node.name, user))
        mask[0] |= not mask.any()
        whole = node.name in outputs or isinstance(node.op, Input) or _grouped(node)
        live[node.name] = mask | whole
    for node in graph:  # what works channel by channel has those that another reader keeps, too
        if node.inputs and not _mixes(node):
            live[node.name] = live[node.inputs[0]]
    return live


def _mixes(node: Node) -> bool:
    """Whether an output channel depends on more than the input channel of the same number."""
    return isinstance(node.op, Argmax) or (isinstance(node.op, Conv) and not node.op.depthwise)


def _grouped(node: Node) -> bool:
    return isinstance(node.op, Conv) and node.op.groups > 1 and not node.op.depthwise


def _read(user: Node, live: Mask, varying: Mask) -> Mask:
    """The channels that ``user`` has to be given for its ``live`` channels.

    ``varying`` are those whose share of a sum is not known beforehand.
    """
    if not _mixes(user):
        return live
    if not isinstance(user.op, Conv) or _grouped(user):
        return np.ones(len(varying), bool)
    meets: Mask = (user.op.weights[live] != 0).any(axis=(0, 2, 3))
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
        steps = np.broadcast_to(op.steps, (len(kept), op.steps.shape[1]))
        return replace(node, op=replace(op, steps=steps[kept]))
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
