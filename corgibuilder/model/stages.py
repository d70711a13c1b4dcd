"""The maps of a network that its model computes, and how each follows from others."""

from collections.abc import Iterator
from dataclasses import dataclass

from corgibuilder.ir import Network, Node, absorbed_activations


@dataclass(frozen=True, slots=True, eq=False)
class ModelStage:
    """A map: made by ``node`` from the maps numbered ``sources``, and ``act`` behind it, if any."""

    node: Node
    sources: tuple[int, ...]
    act: Node | None = None

    @property
    def name(self) -> str:
        """Node whose value the map is."""
        return self.act.name if self.act else self.node.name


def stages(network: Network) -> list[ModelStage]:
    """Every map that an output needs, the inputs first, in an order in which they can be made."""
    absorbed = absorbed_activations(network)
    result: list[ModelStage] = []
    place: dict[str, int] = {}
    for node in _needed(network):
        if node.name in place:
            continue
        sources = tuple(place[name] for name in node.inputs)
        stage = ModelStage(node, sources, absorbed.get(node.name))
        place[node.name] = place[stage.name] = len(result)
        result.append(stage)
    return result


def slots(found: list[ModelStage], outputs: set[str]) -> list[int]:
    """A buffer for each map, used again once nothing reads the map any more; outputs stay."""
    last = {source: number for number, stage in enumerate(found) for source in stage.sources}
    free: list[int] = []
    result: list[int] = []
    taken = 0
    for number, stage in enumerate(found):
        slot = free.pop() if free else taken
        taken += slot == taken
        result.append(slot)
        read = (source for source in sorted(set(stage.sources)) if last[source] == number)
        free.extend(result[source] for source in read if found[source].name not in outputs)
    return result


def _needed(network: Network) -> Iterator[Node]:
    """The inputs as the file has them, then all that an output is made from."""
    entries = [network.graph[port.node] for port in network.inputs]
    wanted = {port.node for port in network.outputs}
    kept = []
    for node in reversed(list(network.graph)):
        if node.name in wanted and node not in entries:
            wanted.update(node.inputs)
            kept.append(node)
    return reversed([*kept, *reversed(entries)])
