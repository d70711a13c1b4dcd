"""Queues of sizes, the bits they take; and the largest maps accepted, through the simulator."""

import re
import shutil

import numpy as np
import pytest
from amaranth.back import rtlil
from amaranth.sim import Simulator as Simulation

from corgibuilder import api
from corgibuilder.hw.components import component_of
from corgibuilder.hw.size import SizeQueue
from corgibuilder.ir import Pads, PoolKind, QInt, Shape, Window
from corgibuilder.limits import MAX_SIDE, SIZE_BITS
from corgibuilder.plan.components import (
    BorderConfig,
    ColumnBufferConfig,
    LineBufferConfig,
    RowBanksConfig,
    RowRepeaterConfig,
    TapSerialConfig,
    TilePoolConfig,
)
from corgibuilder.plan.shuffled_slots import slot_count
from corgibuilder.verify import Simulator

from ..frontend.models import Model
from ..streams import run_streams

FAST = Simulator.ICARUS if shutil.which("iverilog") else Simulator.VERILATOR  # to compile


@pytest.mark.parametrize(
    ("shape", "cycles", "window_source"),
    [
        ((1, 1, MAX_SIDE), MAX_SIDE, "column_buffer"),
        pytest.param((1, 1, MAX_SIDE), 3 * MAX_SIDE, "tap_serial", marks=pytest.mark.slow),
        pytest.param((1, MAX_SIDE, 1), 3 * MAX_SIDE, "tap_serial", marks=pytest.mark.slow),
    ],
)
def test_every_pixel_of_the_longest_row_or_column(tmp_path, shape, cycles, window_source):
    kernel, pads = ((1, 3), [0, 1, 0, 1]) if shape[1] == 1 else ((3, 1), [1, 0, 1, 0])
    model = Model(shape, "UINT2")
    model.conv(np.array([3, -1, 2]).reshape(1, 1, *kernel), pads=pads, name="conv")
    source = model.save(tmp_path)
    plan = api.plan(api.read(source), fps=1000, clock_hz=1000 * cycles)
    assert plan.stages[0].folding.source.value == window_source
    api.build(source, plan, tmp_path / "build")
    report = api.simulate(tmp_path / "build", frames=1, simulator=FAST)
    assert report.passed
    assert report.outputs_compared >= MAX_SIDE  # and those of smaller frames


SIZES = [{"width": k, "height": 3 * k} for k in range(1, 40)]


each_depth = pytest.mark.parametrize("depth", [2, 3, 8])


@each_depth
@pytest.mark.parametrize("stall", [0, 0.3, {"i": 0.8}, {"o": 0.8}])
def test_sizes_wait_in_order(stall, depth):
    words, cycles = run_streams(SizeQueue(depth), {"i": SIZES}, {"o": len(SIZES)}, stall=stall)
    assert words["o"] == SIZES
    if not stall:
        assert cycles <= len(SIZES) + 2


@each_depth
def test_so_many_sizes_wait(depth):
    taken = []

    async def fill(ctx):
        ctx.set(queue.i.valid, 1)
        for k in range(depth + 2):
            ctx.set(queue.i.payload.width, k)
            taken.append(ctx.get(queue.i.ready))
            await ctx.tick()

    queue = SizeQueue(depth)
    simulator = Simulation(queue)
    simulator.add_clock(1e-6)
    simulator.add_testbench(fill)
    simulator.run()
    assert taken == [1] * depth + [0, 0]


BIT = QInt(0, 1)
SMALL = Shape(1, 8, 8)
ONE = Pads(top=1, left=1, bottom=1, right=1)
SAME, STRIDED = Window(kernel=(3, 3), pads=ONE), Window(kernel=(3, 3), stride=(2, 2), pads=ONE)
MAP = {"x": BIT, "shape": SMALL, "lanes": 1}


def lines(window, capacity, **options):
    return LineBufferConfig(given=BIT, window=window, capacity=capacity, **MAP, **options)


WITH_POSITIONS = {
    "tap_serial": TapSerialConfig(lines=lines(SAME, SAME.span(8))),
    "paired rows": TapSerialConfig(lines=lines(STRIDED, slot_count(STRIDED, 8))),
    "column_buffer": ColumnBufferConfig(
        lines=lines(SAME, SAME.span(8), by_column=True), lane_map=((0,),), repeats=1
    ),
    "row_banks": RowBanksConfig(
        x=BIT, given=BIT, shape=SMALL, window=SAME, lane_map=((0,),), repeats=1
    ),
    "row repeater": RowRepeaterConfig(rows=2, columns=2, **MAP),
    "border": BorderConfig(out=BIT, pads=ONE, value=0, **MAP),
    "tile pool": TilePoolConfig(
        kind=PoolKind.MAX, out=BIT, window=Window(kernel=(2, 2), stride=(2, 2)), **MAP
    ),
}


@pytest.mark.parametrize("name", WITH_POSITIONS)
def test_registers_are_as_wide_as_the_largest_map_planned_needs(name):
    text = rtlil.convert(component_of(WITH_POSITIONS[name]), emit_src=False)
    registers = re.findall(r"cell \$dff .*?\n *end", text, re.DOTALL)
    widths = [int(re.search(r"parameter \\WIDTH (\d+)", cell)[1]) for cell in registers]
    assert widths
    assert max(widths) < SIZE_BITS
