"""Cycles from one frame to the next, measured in RTL, where the issue names them."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from corgibuilder import api

from ..published import CNN28, DWSEP32, Published
from .figure import Figure


def intervals() -> Iterator[Figure]:
    """Steady state without stalls; the run fails if an output is wrong."""
    yield _interval(CNN28, 784)
    yield _interval(DWSEP32, 1024)


def _interval(published: Published, cycles: int) -> Figure:
    with tempfile.TemporaryDirectory() as name:
        out = Path(name, "build")
        api.build(published.path, published.plan(), out)
        report = api.simulate(out, published.samples()["input"][:4])
    assert report.passed, report.faults
    assert report.cycles_per_frame is not None
    return Figure(
        name=f"cycles per frame of {published.name}, in RTL",
        value=report.cycles_per_frame,
        unit="cycles",
        required=("==", cycles),
    )
