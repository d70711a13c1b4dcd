"""The maps of a network that its model computes, and how each follows from another."""

from collections.abc import Iterator
from dataclasses import dataclass

from corgibuilder.ir import Clamp, Conv, Graph, Input, Network, Node, Threshold


@dataclass(frozen=True, slots=True, eq=False)
class ModelStage:
    """A map: made by ``node`` from map number ``source``, followed by ``act`` if there is one."""

    node: Node
    source: int
    act: Node | None = None

    @property
    def name(self) -> str:
        """Node whose value the map is."""
        return self.act.name if self.act else self.node.name


def stages(network: Network) -> list[ModelStage]:
    """Every map that an output needs, the input first, in an order in which they can be made.

    A step function or clamp is part of the convolution before it, if nothing else reads that.
    """
    graph = network.graph
    outputs = {port.node for port in network.outputs}
    needed = _needed(graph, outputs)
    result: list[ModelStage] = []
    place: dict[str, int] = {}
    for node in sorted(needed, key=lambda node: not isinstance(node.op, Input)):
        if node.name in place:
            continue
        source = place[node.inputs[0]] if node.inputs else 0
        stage = ModelStage(node, source, _absorbed(graph, node, outputs))
        place[node.name] = place[stage.name] = len(result)
        result.append(stage)
    return result


def slots(found: list[ModelStage], outputs: set[str]) -> list[int]:
    """A buffer for each map, used again once nothing reads the map any more; outputs stay."""
    last = {stage.source: number for number, stage in enumerate(found)}
    free: list[int] = []
    result: list[int] = []
    taken = 0
    for number, stage in enumerate(found):
        slot = free.pop() if free else taken
        taken += slot == taken
        result.append(slot)
        if number and last[stage.source] == number and found[stage.source].name not in outputs:
            free.append(result[stage.source])
    return result


def _needed(graph: Graph, outputs: set[str]) -> Iterator[Node]:
    wanted = set(outputs)
    kept = []
    for node in reversed(list(graph)):
        if node.name in wanted or isinstance(node.op, Input):
            wanted.update(node.inputs)
            kept.append(node)
    return reversed(kept)


def _absorbed(graph: Graph, node: Node, outputs: set[str]) -> Node | None:
    users = graph.users(node.name)
    if not isinstance(node.op, Conv) or node.name in outputs or len(users) != 1:
        return None
    user = graph[users[0]]
    return user if isinstance(user.op, Threshold | Clamp) else None
