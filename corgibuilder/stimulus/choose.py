"""Chooses what a simulation plays: whole frames, and more frames for single stages."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from corgibuilder.build_directory import Manifest, Unit
from corgibuilder.frontend import resized
from corgibuilder.ir import Network
from corgibuilder.passes import prepared
from corgibuilder.plan.folding import Folding
from corgibuilder.plan.layers import Layer, group_layers
from corgibuilder.verify import Coverage, StageCoverage, StageFrames, frames_before_measuring

from .alone import stage_frames
from .coverage import Shown
from .kinds import sums_of
from .maps import Frame, Maps, by_input
from .values import Values, stage_values
from .whole import varied

MEASURED_FRAMES = 3  #: without stalls, in a pipeline that is full
MOST_WARM_UP = 100  #: frames; the longest one that has been seen takes 9
STALLED_FRAMES = 2  #: after them, or more where they are short
STALLED_CYCLES = 1_000  #: at least, as planned
OTHER_SIZES = 6  #: of images, all with stalls
SMALL_MAPS = 40  #: into a stage by itself, with their sizes ahead of them
JOINED_MAPS = 2  #: into a stage with several inputs, of the one size that it takes
MAX_RANDOM_VALUES = 2**27  #: in all random frames
LEAST_CYCLES = 100_000  #: that a stage by itself may always take


def frame_count(unit: Unit, network: Network) -> int:
    """Frames enough for the figures of ``unit``, and for stalls, as far as they fit into memory.

    A warm-up of more than ``MOST_WARM_UP`` frames is not waited for.
    """
    before = min(frames_before_measuring(unit), MOST_WARM_UP)
    return min(MEASURED_FRAMES + before + _stalled_frames(unit), most_frames(network))


def calm_frames(frames: int, unit: Unit) -> int:
    """Of so many frames those without stalls: all but the last two or more, or half of them."""
    return max(frames - _stalled_frames(unit), (frames + 1) // 2)


def _stalled_frames(unit: Unit) -> int:
    return max(STALLED_FRAMES, STALLED_CYCLES // unit.cycles_per_frame)


def most_frames(network: Network) -> int:
    """Random frames that fit into memory."""
    return max(1, MAX_RANDOM_VALUES // sum(shape.size for shape in network.input_shapes))


def random_frames(network: Network, count: int, seed: int) -> list[Frame]:
    """Maps of several kinds in the ranges of the network's inputs.

    Those that enter at once are of different kinds.
    """
    entries = [network.graph.type(port.node) for port in network.inputs]
    rng = np.random.default_rng(seed)
    return [
        tuple(varied(entry, number + k, rng) for k, entry in enumerate(entries))
        for number in range(count)
    ]


def smaller_frames(network: Network, smallest: tuple[int, int], seed: int) -> list[Frame]:
    """Frames of sizes from ``smallest``, width and height, on, and then one of the largest size.

    They are for the one input of a network that takes several sizes. Every other one is about as
    small as may be: several of them are in a stage at once.
    """
    rng = np.random.default_rng(seed)
    largest = network.input_shape.width, network.input_shape.height
    frames: list[Frame] = []
    for number in range(OTHER_SIZES):
        most = largest if number % 2 else np.minimum(np.array(smallest) + 1, largest)
        width, height = rng.integers(smallest, most, endpoint=True).tolist()
        frames += random_frames(resized(network, width, height), 1, seed + len(frames))
    return [*frames, *random_frames(network, 1, seed + len(frames))]


def stalled_frames(stage: Layer, unit: Unit, rng: np.random.Generator) -> list[Frame]:
    """Frames for a stage by itself whose values do not matter: their sizes and the stalls do.

    Small ones for a stage that takes several sizes: in the network the size of a frame comes with
    its first word, and here as far ahead as the stage takes it. For a stage with several inputs,
    which the network's forks bring at about the same time, and here nothing does.
    """
    if not unit.resizable and len(stage.inputs) == 1:
        return []
    frames: list[Frame] = []
    shape = stage.inputs[0].shape
    most = np.minimum(np.array(unit.smallest) + 1, (shape.width, shape.height))
    for number in range(SMALL_MAPS if unit.resizable else JOINED_MAPS):
        width, height = rng.integers(unit.smallest, most, endpoint=True).tolist()
        sized = (replace(x.shape, height=height, width=width) for x in stage.inputs)
        types = (replace(x, shape=shape) for x, shape in zip(stage.inputs, sized, strict=True))
        frames.append(tuple(varied(x, number, rng) for x in types))
    return frames


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """Frames for stages by themselves, and what all that is played shows."""

    alone: dict[str, StageFrames]
    coverage: Coverage

    def of_stage(self, unit: Unit, values: Values) -> tuple[list[Maps], dict[str, Maps]]:
        """What enters a stage in the network, then the frames of its own; and what it gives.

        The former for each input.
        """
        entering = [values.streams[stream.node] for stream in unit.inputs]
        golden = {stream.node: values.streams[stream.node] for stream in unit.outputs}
        if own := self.alone.get(unit.layer):
            pairs = zip(entering, own.frames, strict=True)
            entering = [[*maps, *more] for maps, more in pairs]
            golden = {node: [*maps, *own.golden[node]] for node, maps in golden.items()}
        return entering, golden


def choose(
    network: Network,
    manifest: Manifest,
    values: Values,
    *,
    foldings: Mapping[str, Folding],
    layer: str | None,
    played_alone: bool,
    seed: int,
) -> Chosen:
    """What the frames of ``values`` show of every stage, or only of ``layer``, and what they lack.

    ``foldings`` are those of the stages that were built, by name.
    Stages of which they show too little get frames of their own, if they are ``played_alone``, up
    to half of the cycles that the whole frames take.
    """
    rng = np.random.default_rng(seed)
    units = {stage.layer: stage for stage in manifest.stages}
    stages = [s for s in group_layers(prepared(network)) if layer in (None, s.name)]
    alone, found, notes = {}, [], []
    for stage in stages:
        unit, frames = units[stage.name], values.entering(stage)
        cycles = len(frames) * manifest.network.cycles_per_frame // 2
        most = max(cycles, LEAST_CYCLES) // unit.cycles_per_frame if played_alone else 0
        coverage, more = _showing(stage, frames, most, seed, rng, foldings.get(stage.name))
        if coverage:
            found.append(coverage)
            if played_alone:
                notes += _note(coverage, len(more) == most, cycles)
        if played_alone:
            more += stalled_frames(stage, unit, rng)
        if more:
            expected = {stage.result: stage_values(stage, more)}
            alone[stage.name] = StageFrames(frames=by_input(more), golden=expected)
    if not played_alone:
        notes.append("only whole frames were played: a netlist has no stages to play others into")
    return Chosen(alone, Coverage(stages=tuple(found), notes=tuple(notes)))


def _showing(
    stage: Layer,
    frames: list[Frame],
    most: int,
    seed: int,
    rng: np.random.Generator,
    folding: Folding | None,
) -> tuple[StageCoverage | None, list[Frame]]:
    """At most so many frames more that show what ``frames`` do not, and what all of them show.

    Nothing for a stage without weights and constants.
    """
    sums = sums_of(stage)
    if sums is None:
        return None, []
    lanes, kind = (folding.lanes, folding.requantiser) if folding else (1, None)
    shown = Shown(stage, sums, seed, lanes=lanes, kind=kind)
    shown.add(frames)
    more = stage_frames(shown, most, rng) if most else []
    return shown.coverage(), more


def _note(coverage: StageCoverage, at_limit: bool, cycles: int) -> list[str]:
    if not coverage.hidden:
        return []
    why = (
        f"its own frames end where they would take more than {max(cycles, LEAST_CYCLES):,} cycles"
        if at_limit
        else "no frames were found that show them"
    )
    return [
        f"{coverage.layer}: {coverage.hidden:,} bits of weights or constants do not show: {why}"
    ]
