"""The whole way, from a network file to synthesised hardware, on the example that comes along."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corgibuilder import api
from corgibuilder.examples import DIGITS_FRAMES, DIGITS_NETWORK
from corgibuilder.inspection import Inspection, inspect
from corgibuilder.plan import Plan
from corgibuilder.progress import Progress
from corgibuilder.synth import SynthReport
from corgibuilder.verify import SimulationReport, Simulator

FPS = 10_000
CLOCK_HZ = 59_000_000
FRAMES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """The result of every step. ``labels`` are the digits that people saw, ``(frames,)``."""

    inspection: Inspection
    outputs: dict[str, NDArray[Any]]
    labels: NDArray[Any]
    plan: Plan
    simulation: SimulationReport
    synthesis: SynthReport


def demo(directory: Path, *, simulator: Simulator, progress: Progress) -> Demo:
    """Build, simulate and synthesise the example in ``directory/build``."""
    network = api.read(DIGITS_NETWORK)
    with np.load(DIGITS_FRAMES) as data:
        frames, labels = data["input"][:FRAMES], data["label"][:FRAMES]
    inspection = inspect(DIGITS_NETWORK)
    outputs = api.run(network, frames)
    progress("planning", 0.0)
    plan = api.plan(network, fps=FPS, clock_hz=CLOCK_HZ)
    build_dir = directory / "build"
    api.build(DIGITS_NETWORK, plan, build_dir, progress=progress)
    return Demo(
        inspection=inspection,
        outputs=outputs,
        labels=labels,
        plan=plan,
        simulation=api.simulate(build_dir, frames, simulator=simulator, progress=progress),
        synthesis=api.synth(build_dir, progress=progress),
    )
