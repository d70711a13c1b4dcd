"""How fast a built network is simulated, seen from outside."""

from collections.abc import Iterator
from pathlib import Path

from corgibuilder import api

from ..published import VWW
from .figure import Figure


def simulate(built: Path) -> Iterator[Figure]:
    """Compile and run two real frames; every output has to be right."""
    report = api.simulate(built, VWW.samples()["input"][:2])
    assert report.faults == (), report.faults
    compiling, running = report.compile_seconds, report.cycles_per_second
    yield Figure(name="compile for Verilator", value=compiling, unit="s", required=("<=", 180))
    yield Figure(name="simulation", value=running, unit="cycles/s", required=(">=", 20_000))
