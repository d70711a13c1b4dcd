"""The raster counter, for maps that follow each other in any size."""

import random

import pytest
from amaranth.hdl import Module, Signal
from amaranth.sim import Simulator

from corgibuilder.hw.raster import raster
from corgibuilder.hw.size import POSITION

SIZES = [(3, 2), (1, 1), (1, 4), (5, 1), (1, 1), (4, 3)]


@pytest.mark.parametrize("chance", [1, 0.4])
def test_every_pixel_of_every_map_in_order(chance):
    m, rng = Module(), random.Random(1)
    width, height, advance = Signal(POSITION), Signal(POSITION), Signal()
    at = raster(m, width, height, advance)
    first, last = Signal(), Signal()
    m.d.comb += [first.eq(at.first), last.eq(at.last)]

    async def run(ctx):
        for w, h in SIZES:
            ctx.set(width, w)
            ctx.set(height, h)
            for y in range(h):
                for x in range(w):
                    while rng.random() >= chance:
                        await ctx.tick()
                    assert (ctx.get(at.x), ctx.get(at.y)) == (x, y)
                    assert (ctx.get(at.last_x), ctx.get(at.last_y)) == (x == w - 1, y == h - 1)
                    assert ctx.get(first) == (x == y == 0)
                    assert ctx.get(last) == (x == w - 1 and y == h - 1)
                    ctx.set(advance, 1)
                    await ctx.tick()
                    ctx.set(advance, 0)

    sim = Simulator(m)
    sim.add_clock(1e-9)
    sim.add_testbench(run)
    sim.run()
