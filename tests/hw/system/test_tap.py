import random

import pytest
from amaranth.sim import Simulator

from corgibuilder.hw.system.tap import MapSizes, tap_layout
from corgibuilder.ir import QInt
from corgibuilder.plan.system.tap import FRAMES, Reduction, Tap

from ...streams import run_streams


def test_a_word_holds_the_codes_of_its_lanes():
    layout = tap_layout(Tap(range=QInt(-1, 1, step=2), lanes=5, words=2))
    assert (layout.length, layout.size) == (5, 5)
    assert tap_layout(Tap(range=QInt(-8, 3), lanes=3, words=1)).elem_shape.signed


REDUCTIONS = [Reduction(), Reduction(-1, 2), Reduction(5, 8), Reduction(-8, 3), Reduction(-17, 1)]


@pytest.mark.parametrize("stall", [0, 0.5, {"o": 0.9}], ids=str)
@pytest.mark.parametrize("columns", REDUCTIONS, ids=str)
def test_sizes_of_maps_follow_those_of_frames(stall, columns):
    rows = Reduction(2, 5)
    tap = Tap(range=QInt(0, 1), lanes=1, words=1, columns=columns, rows=rows)
    rng = random.Random(0)
    frames = [(rng.randrange(17, 60_000), rng.randrange(3, 1 << 16)) for _ in range(40)]
    frames += [(65_535, 65_535), *((n, 100 - n) for n in range(20, 70))]

    def size(reduction, n):
        return (n + reduction.offset) // reduction.stride + 1

    words = [{"width": w, "height": h} for w, h in frames]
    got, _ = run_streams(MapSizes(tap), {"i": words}, {"o": len(words)}, stall=stall)
    assert got["o"] == [{"width": size(columns, w), "height": size(rows, h)} for w, h in frames]


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
