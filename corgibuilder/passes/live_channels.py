"""Which channels the outputs of a network depend on."""

import numpy as np

from corgibuilder.ir import Graph, Mask, Network, Node

from .rewrite import output_names


def live_channels(network: Network) -> dict[str, Mask]:
    """For every node that stays, which of its channels are kept, at least one.

    The smallest masks in which inputs and outputs have all channels, every op has what it reads,
    and ops that keep channels apart have those of their inputs. A part of a concatenation
    of which nothing is read is left out, with all that only it depends on.
    """
    graph = network.graph
    whole = output_names(network) | {n.name for n in graph if not n.inputs}
    live = {
        node.name: np.full(
            graph.type(node.name).shape.channels,
            node.name in whole or node.op.keeps_all_channels,
        )
        for node in graph
    }
    _settle(graph, live)
    while empty := [name for name in _used(network, live) if not live[name].any()]:
        live[empty[0]][0] = True  # something has to be there to be read
        _settle(graph, live)
    return {name: live[name] for name in _used(network, live)}


def _settle(graph: Graph, live: dict[str, Mask]) -> None:
    """Add to the masks whatever follows from them."""
    nodes = [node for node in graph if node.inputs]
    settled = False
    while not settled:
        before = dict(live)
        for node in reversed(nodes):
            types = (graph.type(name) for name in node.inputs)
            read = node.op.channels_read(live[node.name], *types)
            for name, mask in zip(node.inputs, read, strict=True):
                live[name] = live[name] | mask
        for node in nodes:
            given = node.op.channels_given(*(live[name] for name in node.inputs))
            if given is not None:
                live[node.name] = live[node.name] | given
        settled = all((live[name] == before[name]).all() for name in live)


def _parts_read(node: Node, live: dict[str, Mask]) -> tuple[str, ...]:
    """The inputs of a node without the parts of a concatenation that have no live channel."""
    if not node.op.joins_parts:
        return node.inputs
    return tuple(name for name in node.inputs if live[name].any())


def _used(network: Network, live: dict[str, Mask]) -> list[str]:
    """Nodes that outputs depend on, those that are read before those that read them last.

    All of them, where an input would have no reader left.
    """
    graph, used = network.graph, output_names(network)
    names = []
    for node in reversed(list(graph)):
        if node.name in used:
            used.update(_parts_read(node, live) if live[node.name].any() else node.inputs)
            names.append(node.name)
    entries = {node.name for node in graph if not node.inputs}
    return names if entries <= used else [node.name for node in reversed(list(graph))]
