"""Removes the nodes that no output depends on.

    x -> Conv a -> output            x -> Conv a -> output
      -> Conv b                      becomes

Needs:  nothing.
Keeps:  the name and value of every node that stays. Inputs stay.
"""

from dataclasses import replace

from corgibuilder.ir import Graph, Input, Network

from .rewrite import output_names


def remove_unused_nodes(network: Network) -> Network:
    """The network without the nodes that no output depends on."""
    wanted = output_names(network)
    kept = []
    for node in reversed(list(network.graph)):
        if node.name in wanted or isinstance(node.op, Input):
            wanted.update(node.inputs)
            kept.append(node)
    if len(kept) == len(list(network.graph)):
        return network
    return replace(network, graph=Graph(reversed(kept)))
