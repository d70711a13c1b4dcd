"""Joins the terms of an addition that are of the same map.

    x -> Add (a, b, c) -> z          x -> Add (a + b, c) -> z
      ->                   becomes
    y ->                             y ->

A term that is 0 then, of an addition that has others, goes.

Needs:  nothing.
Keeps:  the name and value of every node.
"""

from dataclasses import replace

from corgibuilder.ir import Add, Network, Node

from .rewrite import rewritten


def join_equal_terms(network: Network) -> Network:
    """The network with every input of an addition read once."""
    changed: dict[str, Node] = {}
    for node in network.graph:
        if not isinstance(node.op, Add):
            continue
        factors: dict[str, int] = {}
        for name, factor in zip(node.inputs, node.op.factors, strict=True):
            factors[name] = factors.get(name, 0) + factor
        terms = {name: factor for name, factor in factors.items() if factor}
        terms = terms or {node.inputs[0]: 0}
        if len(terms) < len(node.inputs):
            op = Add(factors=tuple(terms.values()))
            changed[node.name] = replace(node, op=op, inputs=tuple(terms))
    return rewritten(network, changed, {})
