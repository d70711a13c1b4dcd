"""Which layers share a stage: a convolution, pool or sum, and the activation behind it.

x -> Conv -> Threshold -> ...      is one stage: the accumulators are an edge to nobody else
"""

from .graph import Network, Node
from .ops import Add, Clamp, Conv, Pool, Table, Threshold


def absorbed_activations(network: Network) -> dict[str, Node]:
    """The activation that a layer absorbs, by the name of that layer.

    A :class:`Threshold`, :class:`Clamp` or :class:`Table` joins the :class:`Conv`, :class:`Pool` or
    :class:`Add` that only it reads, unless that layer's own value is an output of the network.
    """
    graph = network.graph
    outputs = {port.node for port in network.outputs}

    def absorbs(name: str) -> bool:
        alone = len(graph.users(name)) == 1 and name not in outputs
        return alone and isinstance(graph[name].op, Conv | Pool | Add)

    activations = (node for node in graph if isinstance(node.op, Threshold | Clamp | Table))
    return {node.inputs[0]: node for node in activations if absorbs(node.inputs[0])}
