"""Has a convolution give its outputs in the order in which a stream of blocks needs them.

    Conv -> DepthToSpace, order CRD      becomes      Conv, outputs moved -> DepthToSpace, order DCR

Hardware puts the pixels of a block one after the other, each with all its channels.

Needs:  nothing; the convolution has one group and one reader, and is no output.
Keeps:  the name of every node and the value of every other one.
"""

from dataclasses import replace

import numpy as np

from corgibuilder.ir import Conv, DepthToSpace, Network, Node

from .rewrite import output_names, rewritten


def reorder_blocks(network: Network) -> Network:
    """The network with rearrangements behind convolutions in the order DCR."""
    graph, outputs = network.graph, output_names(network)
    changed: dict[str, Node] = {}
    for node in graph:
        if not isinstance(node.op, DepthToSpace) or not node.op.block_last:
            continue
        made = graph[node.inputs[0]]
        alone = graph.users(made.name) == (node.name,) and made.name not in outputs
        if isinstance(made.op, Conv) and made.op.groups == 1 and alone:
            order = np.arange(len(made.op.bias)).reshape(-1, node.op.block**2).T.ravel()
            moved = replace(made.op, weights=made.op.weights[order], bias=made.op.bias[order])
            changed[made.name] = replace(made, op=moved)
            changed[node.name] = replace(node, op=replace(node.op, block_last=False))
    return rewritten(network, changed, {})
