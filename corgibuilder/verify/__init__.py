"""Starts the benches in ``sim/`` on a build directory and reads their verdict."""

from .lint import lint
from .manifest import BuildDirectory, Stream, Unit, read_build_directory
from .report import Mismatch, PortReport, SimulationReport
from .simulate import simulate, write_stimulus
from .simulators import Simulator

__all__ = [
    "BuildDirectory",
    "Mismatch",
    "PortReport",
    "SimulationReport",
    "Simulator",
    "Stream",
    "Unit",
    "lint",
    "read_build_directory",
    "simulate",
    "write_stimulus",
]
