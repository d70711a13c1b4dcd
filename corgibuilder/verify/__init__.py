"""Starts the benches in ``sim/`` on a build directory and reads their verdict."""

from .coverage import Coverage, StageCoverage
from .lint import lint
from .report import Mismatch, Place, PortReport, SimulationReport
from .simulate import StageFrames, simulate, write_stimulus
from .simulators import Simulator
from .timing import Timing, frames_before_measuring

__all__ = [
    "Coverage",
    "Mismatch",
    "Place",
    "PortReport",
    "SimulationReport",
    "Simulator",
    "StageCoverage",
    "StageFrames",
    "Timing",
    "frames_before_measuring",
    "lint",
    "simulate",
    "write_stimulus",
]
