"""Starts the benches in ``sim/`` on a build directory and reads their verdict."""

from .lint import lint
from .report import Mismatch, PortReport, SimulationReport
from .simulate import simulate, write_stimulus
from .simulators import Simulator

__all__ = [
    "Mismatch",
    "PortReport",
    "SimulationReport",
    "Simulator",
    "lint",
    "simulate",
    "write_stimulus",
]
