"""Merges selections of channels that follow each other.

    x -> Select 4, 0, 5 -> Select 2, 0          x -> Select 5, 4
                        -> Select 1     becomes   -> Select 0

So a channel shuffle that is split again, as in ShuffleNet, takes no hardware of its own.

Needs:  all readers of the first are selections, and it is no output. With several readers it gives
        all channels that it reads from: fewer are best picked once.
Keeps:  the name and value of every node that stays.
"""

from dataclasses import replace

from corgibuilder.ir import Graph, Network, Node, Select

from .rewrite import output_names, rewritten


def merge_selects(network: Network) -> Network:
    """The network without selections that only others select from."""
    graph, outputs = network.graph, output_names(network)
    changed: dict[str, Node] = {}
    dropped: dict[str, str] = {}
    for first in graph:
        readers = [graph[name] for name in graph.users(first.name)]
        if first.name in {*changed, *outputs} or not _all_select(first, *readers):
            continue
        if len(readers) > 1 and _channels(graph, first.name) < _channels(graph, first.inputs[0]):
            continue
        dropped[first.name] = first.inputs[0]
        changed |= {node.name: _merged(graph, node) for node in readers}
    return rewritten(network, changed, dropped)


def _all_select(*nodes: Node) -> bool:
    return len(nodes) > 1 and all(isinstance(node.op, Select) for node in nodes)


def _channels(graph: Graph, name: str) -> int:
    return graph.type(name).shape.channels


def _merged(graph: Graph, second: Node) -> Node:
    """``second`` as it selects from what its input selects from."""
    first = graph[second.inputs[0]]
    assert isinstance(first.op, Select) and isinstance(second.op, Select)
    channels = tuple(first.op.channels[channel] for channel in second.op.channels)
    return replace(second, op=replace(second.op, channels=channels), inputs=first.inputs)
