"""All stages of a network in their places."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from corgibuilder.ir import Network

from .area import generic_areas
from .folding import Folding, words_of
from .forms import Forms
from .kinds import folded, kind_of
from .layers import Layer
from .planned_stage import PlannedStage
from .requantisers import kind_of_form


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """All stages of a network in topological order, and the values in a word of each input."""

    network: Network
    input_lanes: Mapping[str, int]
    resizable: bool
    stages: tuple[PlannedStage, ...]

    @property
    def inputs(self) -> tuple[str, ...]:
        """Nodes of the inputs, in the order of the file."""
        return tuple(port.node for port in self.network.inputs)

    @property
    def input_cycles(self) -> int:
        """Words of a frame at the input that has the most."""
        return max(map(self.words_of, self.inputs))

    @property
    def frame_cycles(self) -> int:
        """Cycles from one frame to the next: those of the slowest stage, or of an input."""
        return max(self.input_cycles, *(stage.folded.frame_cycles for stage in self.stages))

    @property
    def multipliers(self) -> int:
        return sum(stage.folded.multipliers for stage in self.stages)

    def sizes_held(self, stage: PlannedStage) -> int:
        """Sizes of maps that wait in a stage at most; 0 where all maps have one size."""
        return stage.sizes_held(self.frame_cycles) if self.resizable else 0

    def stage(self, name: str) -> PlannedStage:
        """The stage of a layer."""
        return next(stage for stage in self.stages if stage.layer.name == name)

    def with_fifo(self, number: int, port: int, depth: int) -> "Pipeline":
        """The same with so many words in the queue in front of an input of a stage."""
        stages, stage = list(self.stages), self.stages[number]
        fifos = (*stage.fifos[:port], depth, *stage.fifos[port + 1 :])
        stages[number] = replace(stage, fifos=fifos)
        return replace(self, stages=tuple(stages))

    def lanes_of(self, node: str) -> int:
        """Values in a word of the stream that carries the value of ``node``."""
        if node in self.input_lanes:
            return self.input_lanes[node]
        return next(s.folded.folding.lanes for s in self.stages if s.layer.result == node)

    def words_of(self, node: str) -> int:
        """Words of a frame in the stream that carries the value of ``node``."""
        shape = self.network.graph.type(node).shape
        return words_of(shape.pixels, shape.channels, self.lanes_of(node))

    def readers(self, node: str) -> int:
        """Inputs of stages that read ``node``."""
        return sum(stage.layer.sources.count(node) for stage in self.stages)


def smallest_map(layers: Sequence[Layer], node: str) -> tuple[int, int]:
    """Rows and columns of the least map at ``node`` that leaves every layer after it something."""
    least: dict[str, tuple[int, int]] = {}
    for layer in reversed(layers):
        needed = kind_of(layer).least_input(layer, *least.get(layer.result, (1, 1)))
        for source in layer.sources:
            rows, columns = least.get(source, (1, 1))
            least[source] = max(needed[0], rows), max(needed[1], columns)
    return least.get(node, (1, 1))


def is_resizable(network: Network, layers: Sequence[Layer]) -> bool:
    """Whether the hardware takes maps of any size up to the one that it is built for.

    There has to be one input, a map, and no layer may be tied to a size; and maps that meet have to
    be of one size, whatever that of the input is.
    """
    if network.fixed or len(network.inputs) > 1:
        return False
    return network.input_shape.pixels > 1 and _always_meet(network, layers)


def _always_meet(network: Network, layers: Sequence[Layer]) -> bool:
    """Whether the maps that meet are of one size for every size of the input."""
    entry = network.inputs[0].node
    shape, least = network.input_shape, smallest_map(layers, entry)
    sides = {entry: (np.arange(least[0], shape.height + 1), np.arange(least[1], shape.width + 1))}
    for layer in layers:
        rows, columns = sides[layer.sources[0]]
        for source in layer.sources[1:]:
            others = sides[source]
            if not (np.array_equal(rows, others[0]) and np.array_equal(columns, others[1])):
                return False
        sides[layer.result] = kind_of(layer).output_size(layer).of(rows, columns)
    return True


def several_pixels(
    network: Network, foldings: Mapping[str, Folding], input_lanes: Mapping[str, int]
) -> bool:
    """Whether several pixels travel as one anywhere, which ties the hardware to one width."""
    entering = (n > network.graph.type(k).shape.channels for k, n in input_lanes.items())
    return any(entering) or any(folding.pixels > 1 for folding in foldings.values())


def assemble(
    network: Network,
    layers: tuple[Layer, ...],
    foldings: Mapping[str, Folding],
    input_lanes: Mapping[str, int],
    *,
    fifos: Mapping[tuple[str, int], int] | None = None,
    forms: Forms | None = None,
) -> Pipeline:
    """Pipeline of ``layers``, as wide as they are to be, with a folding for each by name.

    ``input_lanes`` has the values in a word of each input. ``fifos`` has the words of the queues in
    front of a stage's inputs, by stage and number of the input, where there are some. ``forms``
    choose requantisers of which no kind is decided.
    """
    forms = forms or Forms(generic_areas())
    lanes = dict(input_lanes)
    stages = []
    for layer in layers:
        folding = foldings[layer.name]
        arriving = tuple(lanes[source] for source in layer.sources)
        depths = tuple((fifos or {}).get((layer.name, port), 0) for port in range(len(arriving)))
        form = forms.cheapest(layer, lanes=folding.lanes, kind=folding.requantiser)
        decided = replace(folding, requantiser=kind_of_form(form))
        stages.append(PlannedStage(folded(layer, decided), form, arriving, depths))
        lanes[layer.result] = folding.lanes
    return Pipeline(
        network=network,
        input_lanes=input_lanes,
        resizable=not several_pixels(network, foldings, input_lanes)
        and is_resizable(network, layers),
        stages=tuple(stages),
    )
