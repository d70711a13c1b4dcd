"""Simulates a build directory and compares every output with its golden value."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corgibuilder import resources
from corgibuilder.build_directory import BuildDirectory, Unit, read_build_directory
from corgibuilder.folders import scratch_folder

from .bench import Settings, write_bench
from .frames import Frames, check_frames
from .process import Progress, compile_model, run_model, silent, watched
from .report import SimulationReport, read_report
from .simulators import Simulator, environment

Maps = NDArray[np.int64] | Sequence[NDArray[np.int64]]


def simulate(
    build_dir: Path,
    *,
    frames: Maps,
    golden: Mapping[str, Maps],
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
        Integers that enter, int64 ``(frames, channels, height, width)``, or an array ``(channels,
        height, width)`` for each frame where their sizes differ.
    golden
        Expected integers, in the same form, for the node of every output.
    stalls
        Withhold input words and refuse output words at random, the same way for the same ``seed``.
    stalls_from
        Number of the frame that they begin with.
    interval
        Cycles from one input word to the next, unless they are taken more slowly.
    netlist
        Verilog of the whole unit to simulate in place of the build directory's own.
    changed
        Whether a build directory is taken that was changed after it was written.

    A fault of the hardware is in the report. :class:`CompileError` means that there was no result.
    """
    build = read_build_directory(build_dir, changed=changed)
    unit = build.unit(layer)
    each_frame = list(frames)
    check_frames(unit, each_frame)
    variables = environment(simulator)
    with scratch_folder() as directory:
        settings = Settings(
            simulator=simulator,
            stalls=stalls,
            stalls_from=stalls_from,
            interval=interval,
            seed=seed,
            patience_cycles=patience_cycles(unit, stalls=stalls),
            sources=_sources(build, unit, netlist),
        )
        for image in build.memory_images():
            (directory / image.name).symlink_to(image.absolute())
        expected: dict[str, Frames] = {node: list(maps) for node, maps in golden.items()}
        write_bench(directory, unit, settings, each_frame, expected, size_ports=layer is None)
        progress(f"compiling {unit.layer}", 0.0)
        compile_seconds = compile_model(directory, variables)
        with watched(directory, f"simulating {unit.layer}", progress):
            simulation_seconds = run_model(directory, variables)
        return read_report(
            directory,
            unit,
            compile_seconds=compile_seconds,
            simulation_seconds=simulation_seconds,
        )


def patience_cycles(unit: Unit, *, stalls: bool) -> int:
    """Cycles without any word moving after which the design counts as stuck."""
    quiet = 20_000 + 2 * max(unit.cycles_per_frame, unit.latency_frame)
    return 4 * quiet if stalls else quiet


def write_stimulus(build: BuildDirectory, frames: Maps, golden: Mapping[str, Maps]) -> None:
    """Put a bench that runs by itself, stimulus and golden values into ``sim`` of the build.

    ``python run.py compile`` and ``python run.py test`` there, in an environment with cocotb and
    Verilator, do what :func:`simulate` does for the whole network. ``frames`` and ``golden`` as
    there.
    """
    unit = build.manifest.network
    directory = build.path / "sim"
    shutil.copytree(resources.sim(), directory, ignore=shutil.ignore_patterns("__pycache__"))
    settings = Settings(
        simulator=Simulator.VERILATOR,
        stalls=False,
        stalls_from=0,
        interval=1,
        seed=1,
        patience_cycles=patience_cycles(unit, stalls=False),
        sources=("testbench.v", *HELPERS, *(f"../{source}" for source in unit.sources)),
    )
    for image in build.memory_images():
        (directory / image.name).symlink_to(Path("../rtl") / image.name)
    expected: dict[str, Frames] = {node: list(maps) for node, maps in golden.items()}
    write_bench(directory, unit, settings, list(frames), expected, size_ports=True)


HELPERS = ("stalls.v", "player.v", "recorder.v")


def _sources(build: BuildDirectory, unit: Unit, netlist: Path | None) -> tuple[str, ...]:
    helpers = [resources.sim() / name for name in HELPERS]
    design = [netlist] if netlist else build.paths(unit)
    return ("testbench.v", *(str(path.absolute()) for path in [*helpers, *design]))
