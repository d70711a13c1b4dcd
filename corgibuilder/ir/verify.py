"""Checks what every part of corgibuilder relies on in a network. A failure is our own fault."""

from collections.abc import Iterator

import numpy as np

from .checks import LIMIT
from .graph import Graph, Network, Node
from .types import TensorType


def verify(network: Network) -> None:
    """Raise ``AssertionError``, with the node's name, for the first thing that does not hold."""
    seen: set[str] = set()
    for node in network.graph:
        for problem in _node_problems(network.graph, node, seen):
            raise AssertionError(f"node {node.name!r}: {problem}")
        seen.add(node.name)
    for problem in _port_problems(network):
        raise AssertionError(problem)


def _node_problems(graph: Graph, node: Node, seen: set[str]) -> Iterator[str]:
    for name in node.inputs:
        if name not in seen:
            yield f"its input {name!r} is not before it"
    count, (least, most) = len(node.inputs), node.op.arity
    if not least <= count <= (count if most is None else most):
        yield f"{type(node.op).__name__} has {count} inputs"
    yield from node.op.problems(*(graph.type(name) for name in node.inputs))
    yield from _type_problems(graph.type(node.name))


def _type_problems(made: TensorType) -> Iterator[str]:
    if min(made.shape) < 1:
        yield f"nothing is left of its map: {made.shape}"
    for end in (made.lo, made.hi):
        if end.dtype != np.int64 or end.shape != (made.shape.channels,):
            yield f"its range is {end.dtype} {end.shape} for {made.shape.channels} channels"
    if (made.lo > made.hi).any():
        yield "its range is empty"
    if (made.lo <= -LIMIT).any() or (made.hi >= LIMIT).any():
        yield f"its values {made.lo.min()}..{made.hi.max()} do not fit 62 bits"


def _port_problems(network: Network) -> Iterator[str]:
    entries = {node.name for node in network.graph if not node.inputs}
    given = {port.node for port in network.inputs}
    if entries != given:
        yield f"the inputs are nodes {sorted(entries)}, and their ports {sorted(given)}"
    if not network.outputs:
        yield "the network has no outputs"
    for port in network.outputs:
        if port.node not in network.graph:
            yield f"output {port.name!r} is of node {port.node!r}, which is not there"
    names = [port.name for port in network.outputs]
    if len(set(names)) < len(names):
        yield f"outputs share a name: {names}"
