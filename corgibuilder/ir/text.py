"""A network as text: one line for each node, with what its op does and the type it gives."""

from .graph import Graph, Network, Node


def network_text(network: Network) -> str:
    """All nodes in topological order, then the outputs."""
    lines = [f"{node.name} = {node_text(network.graph, node)}" for node in network.graph]
    lines += [f"output {port.name} = {port.node}" for port in network.outputs]
    return "".join(f"{line}\n" for line in lines)


def node_text(graph: Graph, node: Node) -> str:
    """Op with its main numbers, inputs, and the type of the output; without the node's name."""
    made = graph.type(node.name)
    by = f" by {made.step}" if made.step > 1 else ""
    given = f" of {', '.join(node.inputs)}" if node.inputs else ""
    return f"{node.op.text()}{given}: {made.shape}, {made.range.lo}..{made.range.hi}{by}"
