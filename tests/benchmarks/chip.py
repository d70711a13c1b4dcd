"""The chip that was made, next to what comes out here for the same task. By itself: also a table.

1280x720 at 30 frames/s and 59 MHz. The chip's figures are those that its makers published, the
bounds are arithmetic: what no design for this network, frame rate and clock can go below.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from pathlib import Path

from corgibuilder import api
from corgibuilder.ir import Conv, QInt
from corgibuilder.plan import (
    MemoryReport,
    Plan,
    memory_report,
    pipeline_of,
)
from corgibuilder.plan.components import Purpose
from corgibuilder.plan.folding import ceil_div
from corgibuilder.plan.pipeline import Pipeline
from corgibuilder.plan.simulation import pipeline_latencies
from corgibuilder.technology import read_technology

from ..published import NEUROCORGI
from .build import measure
from .figure import Figure

IMAGE = (1280, 720)
FPS, CLOCK_HZ = 30, 59_000_000
LINES_FIRST = 157  #: of the input, before anything of the last tap can be known
CYCLES_PER_PIXEL = 2  #: in which the input comes
LATENCY_BOUND = 1e3 * LINES_FIRST * IMAGE[0] * CYCLES_PER_PIXEL / CLOCK_HZ  #: ms
QUICK_SECONDS = Fraction(69, 10_000)
MEGABYTE_BITS = 8 * 10**6


def chip() -> Iterator[Figure]:
    """Every figure that there is without a simulation."""
    network = api.read(NEUROCORGI)
    start = time.monotonic()
    plan = api.plan(network, fps=FPS, clock_hz=CLOCK_HZ, image=IMAGE)
    seconds = time.monotonic() - start
    pipeline = pipeline_of(api.read(NEUROCORGI, image=IMAGE), plan)
    memories = memory_report(pipeline, read_technology("ihp_sg13g2"))
    yield from _hardware(plan, pipeline, memories)
    yield from _speed(plan, pipeline)
    yield Figure(name="planning", value=seconds, unit="s", required=("<=", 5))
    with tempfile.TemporaryDirectory() as name:
        target = "--fps", FPS, "--clock", f"{CLOCK_HZ}Hz", "--image", "{}x{}".format(*IMAGE)
        seconds, gigabytes = measure(
            NEUROCORGI, *target, "--system", "neurocorgi", "-o", Path(name, "build")
        )
    quick = api.plan(network, fps=FPS, clock_hz=CLOCK_HZ, image=IMAGE, latency=QUICK_SECONDS)
    yield Figure(
        name="multipliers for a latency of 6.9 ms, input as fast as it is taken",
        value=quick.multipliers,
        unit="",
        chip=42_000,
        bound=quick.multipliers_bound,
    )
    yield Figure(name="build, with the chip around", value=seconds, unit="s", required=("<=", 90))
    yield Figure(name="peak memory of the build", value=gigabytes, unit="GiB", required=("<=", 3))


def _hardware(plan: Plan, pipeline: Pipeline, memories: MemoryReport) -> Iterator[Figure]:
    cuts = [cut for stage in memories.stages for cut in stage.cuts]
    rams = [cut.memory for cut in cuts if not cut.memory.constant]
    lines = {s.name for s in memories.stages for c in s.cuts if c.memory.purpose is Purpose.LINES}
    line_bits = sum(memory.bits for memory in rams if memory.purpose is Purpose.LINES)
    yield Figure(
        name="multipliers",
        value=plan.multipliers,
        unit="",
        required=("<=", 5533),
        chip=42_000,
        bound=plan.multipliers_bound,
    )
    yield Figure(
        name="line buffers",
        value=line_bits,
        unit="bits",
        required=("<=", 0.53 * MEGABYTE_BITS),
        bound=sum(stage.buffer_bound for stage in plan.stages if stage.name in lines),
    )
    yield Figure(
        name="all memories that are written",
        value=sum(memory.bits for memory in rams),
        unit="bits",
        required=("<=", 0.56 * MEGABYTE_BITS),
        chip=1.1 * MEGABYTE_BITS,
    )
    yield Figure(
        name="weight ROMs",
        value=plan.weight_rom_bits,
        unit="bits",
        bound=_weight_bits(pipeline),
    )
    yield Figure(name="requantiser ROMs", value=plan.requantiser_rom_bits, unit="bits")
    yield Figure(
        name=f"SRAM macros of {memories.technology}",
        value=memories.totals.macros,
        unit="",
        chip=186,
        bound=len(lines),
    )


def _weight_bits(pipeline: Pipeline) -> int:
    ops = [stage.layer.op for stage in pipeline.stages]
    weights = [op.weights for op in ops if isinstance(op, Conv)]
    return sum(w.size * QInt(int(w.min()), int(w.max())).width for w in weights)


def _speed(plan: Plan, pipeline: Pipeline) -> Iterator[Figure]:
    budget = plan.target.budget
    yield Figure(
        name="cycles per frame",
        value=plan.cycles_per_frame,
        unit="cycles",
        required=("<=", budget),
    )
    spans = pipeline_latencies(pipeline, interval=CYCLES_PER_PIXEL)
    yield Figure(
        name="latency to the first value of the last tap, planned",
        value=1e3 * max(first for first, _ in spans.values()) / CLOCK_HZ,
        unit="ms",
        required=("<=", 7.2),
        chip=6.90,
        bound=LATENCY_BOUND,
    )
    yield Figure(
        name="taps, in whole words",
        value=FPS * sum(_tap_bits(pipeline, padded=True)),
        unit="bits/s",
        required=("<=", 2.5e9),
        chip=2.5e9,
        bound=FPS * sum(_tap_bits(pipeline, padded=False)),
    )


def _tap_bits(pipeline: Pipeline, *, padded: bool) -> Iterator[int]:
    """Bits of a frame of each output, with or without the lanes that carry nothing."""
    for port in pipeline.network.outputs:
        kind, lanes = pipeline.network.graph.type(port.node), pipeline.lanes_of(port.node)
        channels = kind.shape.channels
        carried = ceil_div(channels, lanes) * lanes if padded else channels
        yield kind.shape.pixels * carried * kind.range.width


def table(figures: Iterable[Figure]) -> str:
    """Lines of name, value, what is asked of it, chip, peer, bound and unit."""
    rows = [("", "here", "wanted", "chip", "peer", "lower bound", "")]
    for figure in figures:
        wanted = f"{figure.required[0]} {_number(figure.required[1])}" if figure.required else "-"
        compared = _number(figure.chip), _number(figure.peer), _number(figure.bound)
        rows.append((figure.name, _number(figure.value), wanted, *compared, figure.unit))
    return "\n".join(
        f"{name:<76}{a:>15}{b:>18}{c:>15}{d:>10}{e:>15}  {unit}"
        for name, a, b, c, d, e, unit in rows
    )


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.2f}" if value % 1 else f"{value:,.0f}"


def print_figures(measure_all: Callable[[], Iterator[Figure]]) -> None:
    """JSON to the standard output, a table to people."""
    if not NEUROCORGI.is_file():
        sys.exit(f"the published networks are not here: {NEUROCORGI}")
    measured = list(measure_all())
    sys.stdout.write(json.dumps([f.summary() for f in measured], indent=2) + "\n")
    sys.stderr.write(table(measured) + "\n")


if __name__ == "__main__":
    print_figures(chip)
