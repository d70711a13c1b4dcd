"""The whole circuit for 1280x720 in Verilator, and the golden model. By itself: also a table.

Takes a quarter of an hour. Frames come as a camera gives them, a pixel in every second cycle.
"""

import resource
import tempfile
import time
from collections.abc import Iterator
from os import cpu_count
from pathlib import Path

import numpy as np

from corgibuilder import api, golden, verify
from corgibuilder.plan import pipeline_of
from corgibuilder.plan.simulation import pipeline_latencies

from ..published import NEUROCORGI
from .chip import CLOCK_HZ, CYCLES_PER_PIXEL, FPS, IMAGE, LATENCY_BOUND, print_figures
from .figure import Figure

FRAMES = 2  #: of which the second shows the interval


def chip_rtl() -> Iterator[Figure]:
    """Speed and latency in RTL, next to the plan; the run fails if a value of a tap is wrong."""
    network = api.read(NEUROCORGI, image=IMAGE)
    with np.load(NEUROCORGI.with_name("io_720p.npz")) as stored:
        published = dict(stored)
    frame = published["frame"].transpose(2, 0, 1).astype(np.int64)
    start = time.monotonic()
    values = golden.run(network.graph, frame[None])
    seconds = time.monotonic() - start
    yield Figure(name="golden model, 1280x720", value=seconds, unit="s", required=("<=", 6))
    for port in network.outputs:
        if port.name in published:
            np.testing.assert_array_equal(values[port.node][0], published[port.name])
    plan = api.plan(network, fps=FPS, clock_hz=CLOCK_HZ, image=IMAGE)
    with tempfile.TemporaryDirectory() as name:
        api.build(NEUROCORGI, plan, Path(name, "build"))
        report = verify.simulate(
            Path(name, "build"),
            frames=[[frame] * FRAMES],
            golden={port.node: [values[port.node][0]] * FRAMES for port in network.outputs},
            interval=CYCLES_PER_PIXEL,
        )
    assert report.faults == (), report.faults
    assert report.cycles_per_frame is not None
    assert report.latency_first is not None
    seconds, speed = report.compile_seconds, report.cycles_per_second
    # An upper bound: the largest process that compiled, once for each processor.
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20 * (cpu_count() or 1)
    yield Figure(name="compile for Verilator", value=seconds, unit="s", required=("<=", 600))
    yield Figure(name="peak memory of compiling", value=largest, unit="GiB", required=("<=", 8))
    yield Figure(name="simulation", value=speed, unit="cycles/s", required=(">=", 8000))
    yield Figure(
        name="cycles per frame in RTL",
        value=report.cycles_per_frame,
        unit="cycles",
        required=("<=", plan.target.budget),
    )
    yield Figure(
        name="latency to the first value of the last tap, in RTL",
        value=1e3 * report.latency_first / CLOCK_HZ,
        unit="ms",
        required=("<=", 7.2),
        chip=6.90,
        bound=LATENCY_BOUND,
    )
    pipeline = pipeline_of(network, plan)
    spans = pipeline_latencies(pipeline, interval=CYCLES_PER_PIXEL)
    planned = max(first for first, _ in spans.values())
    yield Figure(
        name="latency planned over that in RTL, difference",
        value=100 * abs(planned / report.latency_first - 1),
        unit="%",
        required=("<=", 1),
    )


if __name__ == "__main__":
    print_figures(chip_rtl)
