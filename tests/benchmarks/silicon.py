"""Clocks after placement, and what networks take on an FPGA, next to what other tools reach.

By itself: also a table. Takes an hour. Synthesis is that of ``corgibuilder synth``: of every
stage by itself where look-up tables are counted, of the whole network where it is placed. What
peers take was measured with the same Yosys and the same script.
"""

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from corgibuilder import api
from corgibuilder.examples import DIGITS_NETWORK
from corgibuilder.ir import QInt
from corgibuilder.plan import Pins, Plan
from corgibuilder.plan.adder_graph import adder_graph
from corgibuilder.plan.folding import Engine
from corgibuilder.plan.pins import LayerPins
from corgibuilder.synth import Tool

from ..published import FOLDER
from .chip import print_figures
from .figure import Figure

ECP5, ICE40 = ("ecp5", "ecp5-85f"), ("ice40", "ice40-hx8k")
XILINX = "xilinx_up"
SEEDS = (1, 2, 3)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A network that takes a frame in so many cycles at a clock."""

    network: str
    cycles: int
    mhz: int
    engine: Engine | None = None  #: of all layers, where the planner does not choose

    @property
    def name(self) -> str:
        engine = f", {self.engine.value}" if self.engine else ""
        return f"{self.network}, {self.cycles:,} cycles per frame{engine}"

    @property
    def path(self) -> Path:
        if self.network == "digits":
            return DIGITS_NETWORK
        return next((FOLDER / self.network).glob("*.onnx"))

    def plan(self) -> Plan:
        network, clock_hz = api.read(self.path), self.mhz * 10**6
        fps = Fraction(clock_hz, self.cycles)
        pins = Pins()
        if self.engine:
            layers = [s.name for s in api.plan(network, fps=fps, clock_hz=clock_hz).stages]
            pins = Pins({name: LayerPins(engine=self.engine) for name in layers})
        return api.plan(network, fps=fps, clock_hz=clock_hz, pins=pins)


DIGITS = Case(network="digits", cycles=19_666, mhz=59)
AT_125_MHZ = (
    Case(network="digits", cycles=19_666, mhz=125),
    Case(network="bench_jet_mlp", cycles=64, mhz=125),
    Case(network="bench_jet_mlp", cycles=16, mhz=125),
    Case(network="bench_cnn28", cycles=784, mhz=125),
    Case(network="bench_dwsep32", cycles=1024, mhz=125),
)
SMALL = Case(network="digits", cycles=400_000, mhz=40)


@dataclass(frozen=True, kw_only=True)
class Goal:
    """Look-up tables, DSPs and cycles of latency wanted of a case; and those of a peer."""

    case: Case
    luts: int
    dsps: int
    latency: int | None = None
    peer: tuple[int, int, int] | None = None


GOALS = (
    Goal(
        case=Case(network="bench_jet_mlp", cycles=64, mhz=200),
        luts=3_900,
        dsps=52,
        latency=288,
        peer=(4_401, 52, 321),
    ),
    Goal(
        case=Case(network="bench_jet_mlp", cycles=16, mhz=200),
        luts=9_000,
        dsps=144,
        latency=100,
        peer=(15_693, 144, 163),
    ),
    Goal(
        case=Case(network="bench_jet_mlp", cycles=1, mhz=200, engine=Engine.ADDER_GRAPH),
        luts=40_000,
        dsps=0,
        latency=16,
        peer=(40_647, 0, 8),
    ),
    Goal(case=Case(network="bench_cnn28", cycles=784, mhz=200), luts=7_000, dsps=0),
    Goal(case=Case(network="bench_dwsep32", cycles=1024, mhz=200), luts=4_500, dsps=0),
)
MATRIX, WEIGHTS = (64, 64), QInt(-32, 31)


def silicon() -> Iterator[Figure]:
    """Every figure, each as soon as it is there."""
    yield optimiser()
    yield from clock(DIGITS, ECP5, SEEDS)
    yield from clock(SMALL, ICE40, SEEDS[:1])
    for case in AT_125_MHZ:
        yield from clock(case, ECP5, SEEDS[:1])
    for goal in GOALS:
        yield from taken(goal)


def optimiser() -> Figure:
    """Seconds for the adder graph of a matrix."""
    weights = np.random.default_rng(64).integers(WEIGHTS.lo, WEIGHTS.hi + 1, MATRIX)
    begin = time.process_time()
    adder_graph(weights, [QInt(0, 63)] * MATRIX[1])
    seconds = time.process_time() - begin
    name = "adder graph of a 64x64 matrix of 6 bits"
    return Figure(name=name, value=seconds, unit="s of CPU", required=("<=", 60))


def clock(case: Case, placed_on: tuple[str, str], seeds: tuple[int, ...]) -> Iterator[Figure]:
    """The slowest clock after placement with some seeds, and what was predicted."""
    technology, device = placed_on
    with tempfile.TemporaryDirectory() as folder:
        plan = case.plan()
        api.build(case.path, plan, Path(folder, "build"))
        reached, tools = [], ()
        for seed in seeds:
            report = api.synth(Path(folder, "build"), technology, device=device, seed=seed)
            assert report.placement is not None
            reached.append(report.placement.fmax_hz / 1e6)
            tools = report.tools
    name = f"{case.name}, {device}, worst of {len(seeds)} placements"
    yield Figure(
        name=f"{name}, {_named(tools)}", value=min(reached), unit="MHz", required=(">=", case.mhz)
    )
    yield Figure(
        name=f"{case.name}, estimated",
        value=plan.slowest.fmax_mhz,
        unit="MHz",
        required=("<=", 1.05 * min(reached)),
    )
    yield Figure(
        name=f"{case.name}, planned",
        value=plan.cycles_per_frame,
        unit="cycles per frame",
        required=("<=", case.cycles),
    )


def taken(goal: Goal) -> Iterator[Figure]:
    """Look-up tables and DSPs of a case, and its latency."""
    with tempfile.TemporaryDirectory() as folder:
        plan = goal.case.plan()
        api.build(goal.case.path, plan, Path(folder, "build"))
        report = api.synth(Path(folder, "build"), XILINX)
    limits = {"LUTs": goal.luts, "DSPs": goal.dsps, "cycles of latency": goal.latency}
    values = report.total.luts, report.total.dsps, plan.latency_first
    peers = goal.peer or (None, None, None)
    for (unit, limit), value, peer in zip(limits.items(), values, peers, strict=True):
        yield Figure(
            name=f"{goal.case.name}, {XILINX}, {_named(report.tools)}",
            value=value,
            unit=unit,
            required=None if limit is None else ("<=", limit),
            peer=peer,
        )


def _named(tools: tuple[Tool, ...]) -> str:
    return ", ".join(map(str, tools))


if __name__ == "__main__":
    print_figures(silicon)
