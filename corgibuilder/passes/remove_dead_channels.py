"""Removes the channels that no output depends on, and those that always hold the same value.

    x -> Conv -> Threshold -> Conv   with zeros for channel 3 in all weights of the second one:
         0..7    0..7        0 x 3   both others lose channel 3

A channel is dead if no output of the network depends on it: every weight that it meets is zero, or
leads to a channel that is itself dead. A constant channel is as good as dead where its share of
each sum is known: at zero everywhere; at another value where no window reaches into padding, which
is zero. That share then goes into the bias. Of branches that are added, or lead through other ops
that keep channels apart, all have the channels that one of them needs.

Needs:  ranges, and no nodes that no output depends on.
Keeps:  the names of all nodes, but those that only a part of a Concat without any live channel
        depended on; the values of the channels that stay, but for the sums of constant channels.
        Inputs and outputs keep all their channels. So do grouped convolutions that are not
        depthwise, as their groups have to stay alike.
"""

from dataclasses import replace

import numpy as np

from corgibuilder.ir import Conv, Graph, Mask, Network, Node

from .live_channels import live_channels


def remove_dead_channels(network: Network) -> Network:
    """The network with the channels that matter to its outputs. Notes say what was left out."""
    graph = network.graph
    live = live_channels(network)
    if len(live) == len(list(graph)) and all(mask.all() for mask in live.values()):
        return network
    notes = [
        f"{node.name}: {(~mask).sum()} of {len(mask)} channels are left out, no output needs them"
        " computed"
        for node in graph
        if isinstance(node.op, Conv) and not (mask := live.get(node.name, np.ones(1, bool))).all()
    ]
    pruned = Graph(_pruned_node(graph, node, live) for node in graph if node.name in live)
    return replace(network, graph=pruned, notes=(*network.notes, *notes))


def _pruned_node(graph: Graph, node: Node, live: dict[str, Mask]) -> Node:
    if not node.inputs:
        return node
    inputs = tuple(name for name in node.inputs if name in live)  # parts of a Concat
    first = inputs[0]
    op = node.op.pruned(live[node.name], live[first], graph.type(first))
    return replace(node, op=op, inputs=inputs)
