"""What passes that exchange single nodes have in common."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from corgibuilder.ir import Clamp, Graph, Network, Node

Merge = Callable[[Graph, Node, Node], Node | None]


def rewritten(network: Network, changed: Mapping[str, Node], dropped: Mapping[str, str]) -> Network:
    """The network with new nodes by name, and without those that are ``dropped``.

    Whoever reads a dropped node, nodes and outputs, reads the node named instead. The same object
    if nothing is changed or dropped.
    """
    if not changed and not dropped:
        return network

    def kept(name: str) -> str:
        while name in dropped:
            name = dropped[name]
        return name

    nodes = (changed.get(node.name, node) for node in network.graph if node.name not in dropped)
    graph = Graph(replace(node, inputs=tuple(map(kept, node.inputs))) for node in nodes)
    outputs = tuple(replace(port, node=kept(port.node)) for port in network.outputs)
    return replace(network, graph=graph, outputs=outputs)


def output_names(network: Network) -> set[str]:
    """The nodes whose values are outputs."""
    return {port.node for port in network.outputs}


def merge_pairs(network: Network, merge: Merge) -> Network:
    """The network with pairs of nodes, one the only reader of the other, each made one node.

    ``merge`` gives that node, with the name of one of the two and the inputs of the first, or
    ``None`` where the pair has to stay. The first is no output. Of a chain that can be merged
    further, every other pair is merged; the next round of the pipeline goes on.
    """
    graph, outputs = network.graph, output_names(network)
    changed: dict[str, Node] = {}
    dropped: dict[str, str] = {}
    for second in graph:
        if len(second.inputs) != 1 or second.inputs[0] in {*changed, *dropped, *outputs}:
            continue
        first = graph[second.inputs[0]]
        merged = merge(graph, first, second) if graph.users(first.name) == (second.name,) else None
        if merged is None:
            continue
        changed[merged.name] = merged
        if merged.name == second.name:
            dropped[first.name] = first.inputs[0]
        else:
            dropped[second.name] = first.name
    return rewritten(network, changed, dropped)


def named_after(first: Node, second: Node) -> Node:
    """Of two nodes that become one, that whose name people look for: the last, but not a clamp."""
    clamps = isinstance(second.op, Clamp) and not isinstance(first.op, Clamp)
    return first if clamps else second
