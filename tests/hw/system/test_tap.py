import random

import pytest
from amaranth.hdl import Module, Signal
from amaranth.sim import Simulator

from corgibuilder.hw.system.tap import MapSizes, reduced, tap_layout
from corgibuilder.ir import QInt
from corgibuilder.plan.system.tap import FRAMES, Reduction, Tap

from ...streams import run_streams

SIZES = [*range(20, 70), 1280, 65535]
REDUCTIONS = [Reduction(), Reduction(-1, 2), Reduction(5, 8), Reduction(-8, 3), Reduction(-17, 1)]


@pytest.mark.parametrize("reduction", REDUCTIONS, ids=str)
def test_hardware_equals_the_formula(reduction):
    m, n, out = Module(), Signal(16), Signal(17)
    m.d.comb += out.eq(reduced(reduction, n))

    async def run(ctx):
        for size in SIZES:
            ctx.set(n, size)
            assert ctx.get(out) == (size + reduction.offset) // reduction.stride + 1

    sim = Simulator(m)
    sim.add_testbench(run)
    sim.run()


def test_a_word_holds_the_codes_of_its_lanes():
    layout = tap_layout(Tap(range=QInt(-1, 1, step=2), lanes=5, words=2))
    assert (layout.length, layout.size) == (5, 5)
    assert tap_layout(Tap(range=QInt(-8, 3), lanes=3, words=1)).elem_shape.signed


@pytest.mark.parametrize("stall", [0, 0.5, {"o": 0.9}], ids=str)
def test_sizes_of_maps_follow_those_of_frames(stall):
    tap = Tap(range=QInt(0, 1), lanes=1, words=1, columns=Reduction(-1, 2), rows=Reduction(2, 5))
    rng = random.Random(0)
    frames = [(rng.randrange(1, 1 << 16), rng.randrange(3, 1 << 16)) for _ in range(40)]
    words = [{"width": w, "height": h} for w, h in frames]
    got, _ = run_streams(MapSizes(tap), {"i": words}, {"o": len(words)}, stall=stall)
    assert got["o"] == [{"width": (w - 1) // 2 + 1, "height": (h + 2) // 5 + 1} for w, h in frames]


def test_sizes_of_several_frames_wait():
    dut, taken = MapSizes(Tap(range=QInt(0, 1), lanes=1, words=1)), []

    async def run(ctx):
        ctx.set(dut.i.valid, 1)
        for _ in range(2 * FRAMES):
            _, _, ready = await ctx.tick().sample(dut.i.ready)
            taken.append(ready)

    sim = Simulator(dut)
    sim.add_clock(1e-9)
    sim.add_testbench(run)
    sim.run()
    assert sum(taken) == FRAMES
