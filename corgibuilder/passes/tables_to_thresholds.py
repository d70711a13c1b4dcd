"""Turns tables that do not fall into step functions.

    x -> Table 0 0 1 1 1 2           becomes   x -> Threshold 2, 5

Step functions can be shifts or multiplications in hardware, and merge with others.

Needs:  ranges. The step function has no more steps, in all channels, than the table has values.
Keeps:  the name and value of every node.
"""

from dataclasses import replace

from corgibuilder.ir import Network, Node, Table

from .functions import rising
from .rewrite import rewritten


def tables_to_thresholds(network: Network) -> Network:
    """The network with step functions in place of tables that are one."""
    changed: dict[str, Node] = {}
    for node in network.graph:
        if isinstance(node.op, Table):
            steps = rising(node.op, network.graph.type(node.inputs[0]))
            if steps is not None and steps.parameters <= node.op.parameters:
                changed[node.name] = replace(node, op=steps)
    return rewritten(network, changed, {})
