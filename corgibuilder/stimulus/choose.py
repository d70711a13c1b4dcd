"""Chooses what a simulation plays: whole frames, and more frames for single stages."""

from dataclasses import dataclass

import numpy as np

from corgibuilder.build_directory import Manifest, Unit
from corgibuilder.diagnostics import CompileError, Origin
from corgibuilder.frontend import resized
from corgibuilder.ir import Argmax, Network, input_node
from corgibuilder.passes import without_dead_channels
from corgibuilder.plan.stages import group_stages
from corgibuilder.units import FRAMES
from corgibuilder.verify import Coverage, StageCoverage, StageFrames, frames_to_fill

from .alone import stage_frames
from .coverage import Shown
from .values import Frames, Values, stage_values
from .whole import varied

MEASURED_FRAMES = 3  #: without stalls, in a pipeline that is full
STALLED_FRAMES = 2  #: after them
OTHER_SIZES = 2  #: of images, all with stalls
MAX_RANDOM_VALUES = 2**27  #: in all random frames
LEAST_CYCLES = 100_000  #: that a stage by itself may always take


def frame_count(unit: Unit) -> int:
    """Frames enough for the figures of ``unit``, and for stalls."""
    return MEASURED_FRAMES + frames_to_fill(unit) + STALLED_FRAMES


def calm_frames(frames: int) -> int:
    """Of so many frames those without stalls: all but the last two, or at least half of them."""
    return max(frames - STALLED_FRAMES, (frames + 1) // 2)


def random_frames(network: Network, count: int, seed: int) -> Frames:
    """Maps of several kinds in the range of the network's input."""
    FRAMES.check(count)
    most = max(1, MAX_RANDOM_VALUES // network.input_shape.size)
    if count > most:
        raise CompileError(
            "CB628",
            f"{count:,} frames of {network.input_shape} do not fit into memory",
            at=Origin(FRAMES.option),
            help=f"take {most:,} frames or fewer",
        )
    entry = network.graph.type(input_node(network.graph).name)
    rng = np.random.default_rng(seed)
    return [varied(entry, number, rng) for number in range(count)]


def smaller_frames(network: Network, smallest: tuple[int, int], seed: int) -> Frames:
    """Frames of sizes from ``smallest``, width and height, on, and then one of the largest size."""
    rng = np.random.default_rng(seed)
    shape = network.input_shape
    frames: Frames = []
    for _ in range(OTHER_SIZES):
        width, height = rng.integers(smallest, (shape.width, shape.height), endpoint=True).tolist()
        frames += random_frames(resized(network, width, height), 1, seed + len(frames))
    return [*frames, *random_frames(network, 1, seed + len(frames))]


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """Frames for stages by themselves, and what all that is played shows."""

    alone: dict[str, StageFrames]
    coverage: Coverage

    def of_stage(self, unit: Unit, values: Values) -> tuple[Frames, dict[str, Frames]]:
        """What enters a stage in the network, then the frames of its own; and what it gives."""
        entering = values.streams[unit.input.node]
        golden = {stream.node: values.streams[stream.node] for stream in unit.outputs}
        if own := self.alone.get(unit.layer):
            entering = [*entering, *own.frames]
            golden = {node: [*maps, *own.golden[node]] for node, maps in golden.items()}
        return entering, golden


def choose(
    network: Network,
    manifest: Manifest,
    values: Values,
    *,
    layer: str | None,
    played_alone: bool,
    seed: int,
) -> Chosen:
    """What the frames of ``values`` show of every stage, or only of ``layer``, and what they lack.

    Stages of which they show too little get frames of their own, if they are ``played_alone``, up
    to half of the cycles that the whole frames take.
    """
    rng = np.random.default_rng(seed)
    units = {stage.layer: stage for stage in manifest.stages}
    stages = [s for s in group_stages(without_dead_channels(network)) if layer in (None, s.name)]
    stages = [stage for stage in stages if not isinstance(stage.engine, Argmax)]
    alone, found, notes = {}, [], []
    for stage in stages:
        maps = values.streams[stage.source]
        shown = Shown(stage, seed)
        shown.add(maps)
        coverage, more = shown.coverage(), Frames()
        if coverage.hidden and played_alone:
            cycles = len(maps) * manifest.network.cycles_per_frame // 2
            most = max(cycles, LEAST_CYCLES) // units[stage.name].cycles_per_frame
            more = stage_frames(shown, most, rng)
            coverage = shown.coverage()
            notes += _note(coverage, len(more) == most, cycles)
        if more:
            expected = stage_values(stage, more)
            alone[stage.name] = StageFrames(frames=more, golden={stage.result: expected})
        found.append(coverage)
    if not played_alone:
        notes.append("only whole frames were played: a netlist has no stages to play others into")
    return Chosen(alone, Coverage(stages=tuple(found), notes=tuple(notes)))


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
