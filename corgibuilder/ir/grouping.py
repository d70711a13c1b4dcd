"""Which layers share a stage: a convolution, pool or sum, and the activation behind it.

x -> Conv -> Threshold -> ...      is one stage: the accumulators are an edge to nobody else
"""

from .graph import Network, Node
from .op import Activation


def absorbed_activations(network: Network) -> dict[str, Node]:
    """The activation that a layer absorbs, by the name of that layer.

    An :class:`Activation` joins a layer that absorbs one and that only it reads, unless that
    layer's own value is an output of the network.
    """
    graph = network.graph
    outputs = {port.node for port in network.outputs}

    def absorbs(name: str) -> bool:
        alone = len(graph.users(name)) == 1 and name not in outputs
        return alone and graph[name].op.absorbs_activation

    activations = (node for node in graph if isinstance(node.op, Activation))
    return {node.inputs[0]: node for node in activations if absorbs(node.inputs[0])}
