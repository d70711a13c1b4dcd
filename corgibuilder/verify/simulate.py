"""Simulates a build directory and compares every output with its golden value."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corgibuilder import package_data
from corgibuilder.build_directory import BuildDirectory, Unit, read_build_directory
from corgibuilder.folders import scratch_folder
from corgibuilder.progress import Progress, silent

from .bench import Run, Settings, write_bench
from .frames import Frames, check_frames
from .process import compile_model, run_model, watched
from .report import SimulationReport, read_report
from .simulators import Simulator, environment

MOST_REHEARSAL = 5_000  #: cycles

Maps = NDArray[np.int64] | Sequence[NDArray[np.int64]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StageFrames:
    """Frames for a stage by itself, one list for each of its inputs, and what is expected of it."""

    frames: Sequence[Maps]
    golden: Mapping[str, Maps]


def simulate(
    build_dir: Path,
    *,
    frames: Sequence[Maps],
    golden: Mapping[str, Maps],
    inner: Mapping[str, Maps] | None = None,
    alone: Mapping[str, StageFrames] | None = None,
    simulator: Simulator = Simulator.VERILATOR,
    layer: str | None = None,
    stalls: bool = False,
    stalls_from: int = 0,
    interval: int = 1,
    seed: int = 1,
    netlist: Path | None = None,
    changed: bool = False,
    progress: Progress = silent,
) -> SimulationReport:
    """Play ``frames`` into the network, or into the stage ``layer``, and compare all it gives.

    Parameters
    ----------
    frames
        For each input, in the order of ``unit.inputs``, the integers that enter: int64 ``(frames,
        channels, height, width)``, or an array ``(channels, height, width)`` for each frame where
        their sizes differ.
    golden
        Expected integers, in the same form, for the node of every output.
    inner
        The same for the nodes that stages of the network give, all of which are then compared.
    alone
        Frames for stages by themselves, by layer: each is one more instance, with stalls.
    stalls
        Withhold input words and refuse output words at random, at each port independently of the
        others, and the same way for the same ``seed``.
    stalls_from
        Number of the frame that they begin with. It waits until those before it are out.
    interval
        Cycles from one input word to the next, unless they are taken more slowly.
    netlist
        Verilog of the whole unit to simulate in place of the build directory's own. It has no
        stages: neither ``inner`` nor ``alone`` go with it.
    changed
        Whether a build directory is taken that was changed after it was written.

    A fault of the hardware is in the report. :class:`CompileError` means that there was no result.
    """
    build = read_build_directory(build_dir, changed=changed)
    unit = build.unit(layer)
    each_input = [list(maps) for maps in frames]
    check_frames(unit, each_input)
    assert netlist is None or not (inner or alone)
    count = len(each_input[0])
    calm_frames = min(stalls_from, count) if stalls else count
    run = Run(
        unit=unit,
        frames=each_input,
        golden=_lists(golden),
        inner=_watched(build, inner or {}),
        size_ports=layer is None,
        calm_frames=calm_frames,
        interval=interval,
    )
    runs = [run, *(_alone(build.unit(name), given) for name, given in (alone or {}).items())]
    variables = environment(simulator)
    with scratch_folder() as directory:
        settings = Settings(
            simulator=simulator,
            seed=seed,
            timeout_cycles=timeout_cycles(unit, stalls=stalls or len(runs) > 1),
            rehearsal_cycles=_rehearsal_cycles(unit),
            sources=_sources(build, unit, netlist),
        )
        for image in build.memory_images():
            (directory / image.name).symlink_to(image.absolute())
        write_bench(directory, runs, settings)
        progress(f"compiling {unit.layer}", 0.0)
        compile_seconds = compile_model(directory, variables)
        with watched(directory, f"simulating {unit.layer}", progress):
            simulation_seconds = run_model(directory, variables)
        return read_report(
            directory,
            unit,
            build.manifest.target,
            compile_seconds=compile_seconds,
            simulation_seconds=simulation_seconds,
        )


def timeout_cycles(unit: Unit, *, stalls: bool) -> int:
    """Cycles without any word moving after which the design counts as stuck."""
    quiet = 4_000 + 2 * max(unit.cycles_per_frame, unit.latency_frame)
    return 4 * quiet if stalls else quiet


def _rehearsal_cycles(unit: Unit) -> int:
    """Cycles after which all stages are in the middle of a frame, if that does not take long."""
    return min(max(unit.latency_first, 0) + unit.cycles_per_frame // 3, MOST_REHEARSAL)


def write_stimulus(
    build: BuildDirectory, frames: Sequence[Maps], golden: Mapping[str, Maps]
) -> None:
    """Put a bench that runs by itself, stimulus and golden values into ``sim`` of the build.

    ``python run.py compile`` and ``python run.py test`` there, in an environment with cocotb and
    Verilator, do what :func:`simulate` does for the whole network. ``frames`` and ``golden`` as
    there.
    """
    unit = build.manifest.network
    directory = build.path / "sim"
    shutil.copytree(package_data.sim(), directory, ignore=shutil.ignore_patterns("__pycache__"))
    settings = Settings(
        simulator=Simulator.VERILATOR,
        seed=1,
        timeout_cycles=timeout_cycles(unit, stalls=False),
        rehearsal_cycles=_rehearsal_cycles(unit),
        sources=("testbench.v", *HELPERS, *(f"../{source}" for source in unit.sources)),
    )
    for image in build.memory_images():
        (directory / image.name).symlink_to(Path("../rtl") / image.name)
    run = Run(
        unit=unit,
        frames=[list(maps) for maps in frames],
        golden=_lists(golden),
        size_ports=True,
        calm_frames=len(frames[0]),
    )
    write_bench(directory, [run], settings)


HELPERS = ("stalls.v", "driver.v", "receiver.v", "monitor.v")


def _lists(golden: Mapping[str, Maps]) -> dict[str, Frames]:
    return {node: list(maps) for node, maps in golden.items()}


def _watched(build: BuildDirectory, inner: Mapping[str, Maps]) -> list[tuple[Unit, Frames]]:
    """The stages whose outputs are given, in the order in which values pass them."""
    stages = [(stage, stage.outputs[0].node) for stage in build.manifest.stages]
    return [(stage, list(inner[node])) for stage, node in stages if node in inner]


def _alone(unit: Unit, given: StageFrames) -> Run:
    frames = [list(maps) for maps in given.frames]
    check_frames(unit, frames)
    return Run(
        unit=unit, frames=frames, golden=_lists(given.golden), size_ports=False, calm_frames=0
    )


def _sources(build: BuildDirectory, unit: Unit, netlist: Path | None) -> tuple[str, ...]:
    helpers = [package_data.sim() / name for name in HELPERS]
    design = [netlist] if netlist else build.paths(unit)
    return ("testbench.v", *(str(path.absolute()) for path in [*helpers, *design]))
