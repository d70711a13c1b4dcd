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

from corgibuilder.ir import Network

from .rewrite import output_names, rewritten


def remove_identities(network: Network) -> Network:
    """The network without the nodes that change nothing."""
    graph, outputs = network.graph, output_names(network)
    dropped: dict[str, str] = {}
    for node in graph:
        if len(node.inputs) != 1 or not node.op.is_identity(graph.type(node.inputs[0])):
            continue
        source = node.inputs[0]
        if node.name not in outputs or graph[dropped.get(source, source)].inputs:
            dropped[node.name] = dropped.get(source, source)
    return rewritten(network, {}, dropped)
