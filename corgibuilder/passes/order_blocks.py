"""Brings the channels of a depth-to-space into the order in which hardware gives them.

    x -> Conv -> Threshold -> DepthToSpace, block last
    becomes
    x -> Conv', Threshold', their channels in another order -> DepthToSpace, block first

    x -> DepthToSpace, block last    becomes    x -> Select -> DepthToSpace

Needs:  for the first, that nobody else reads the channels in their old order, and that the
        convolution is of one group.
Keeps:  the value of every output, and of every node but for the order of its channels.
"""

from dataclasses import replace

import numpy as np

from corgibuilder.ir import Activation, Conv, DepthToSpace, Graph, Network, Node, Select

from .rewrite import output_names


def order_blocks(network: Network) -> Network:
    """The network with every depth-to-space reading its channels block by block."""
    graph = network.graph
    last = [n for n in graph if isinstance(n.op, DepthToSpace) and n.op.block_last]
    if not last:
        return network
    return network.with_graph(_ordered(graph, last[0], output_names(network)))


def _ordered(graph: Graph, node: Node, outputs: set[str]) -> Graph:
    """The graph with the channels of one depth-to-space in the other order."""
    assert isinstance(node.op, DepthToSpace)
    source, block = node.inputs[0], node.op.block
    count = graph.type(source).shape.channels // block**2
    order = np.arange(count * block**2).reshape(count, block**2).T.ravel()
    changed = {node.name: replace(node, op=replace(node.op, block_last=False))}
    before = _rows_before(graph, source, outputs)
    if before:
        changed |= {n.name: replace(n, op=n.op.reordered(order)) for n in before}
        return graph.replaced(changed)
    name = f"{node.name}_order"
    while name in graph:
        name += "_"
    permutation = Select(channels=tuple(order.tolist()))
    changed[node.name] = replace(changed[node.name], inputs=(name,))
    moved = Node(name, permutation, (source,), node.origin)
    return Graph([*(changed.get(each.name, each) for each in graph), moved])


def _rows_before(graph: Graph, name: str, outputs: set[str]) -> list[Node]:
    """A convolution of one group and the activations behind it, up to ``name``; empty if others."""
    found: list[Node] = []
    while len(graph.users(name)) == 1 and name not in outputs:
        node = graph[name]
        found.append(node)
        if isinstance(node.op, Conv):
            return found if node.op.groups == 1 else []
        if not isinstance(node.op, Activation):
            return []
        name = node.inputs[0]
    return []
