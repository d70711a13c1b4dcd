"""Numbers of pixels, and remainders; circular slots themselves are tested in line buffers."""

from itertools import pairwise, product

import pytest
from amaranth.back import rtlil
from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from amaranth.sim import Simulator

from corgibuilder.hw.circular_slots import pixel_numbers, wrapped
from corgibuilder.ir import Pads, Window


class Remainder(wiring.Component):
    def __init__(self, modulus, most):
        self.modulus, self.most = modulus, most
        super().__init__({"value": In(range(most + 1)), "o": Out(range(modulus))})

    def elaborate(self, platform):
        m = Module()
        value = Signal.like(self.value)
        m.d.comb += value.eq(self.value)
        m.d.comb += self.o.eq(wrapped(m, value, self.modulus, self.most, name="remainder"))
        return m


@pytest.mark.parametrize(
    ("modulus", "most"), [(7, 6), (7, 7), (7, 13), (7, 27), (7, 28), (7, 60), (1, 9), (3, 1023)]
)
def test_remainder_of_every_value(modulus, most):
    dut = Remainder(modulus, most)

    async def bench(ctx):
        for value in range(most + 1):
            ctx.set(dut.value, value)
            await ctx.delay(1e-9)
            assert ctx.get(dut.o) == value % modulus

    sim = Simulator(dut)
    sim.add_testbench(bench)
    sim.run()


def test_a_long_row_over_a_small_buffer_takes_few_subtractions():
    netlist = rtlil.convert(Remainder(3, 1 << 16), emit_src=False)
    assert 0 < netlist.count("cell $ge") < 20


def sides(most_kernel, most_stride):
    """Kernel, stride and padding before and after, along one side."""
    for kernel in range(1, most_kernel + 1):
        for stride, *pads in product(range(1, most_stride + 1), range(kernel), range(kernel)):
            yield kernel, stride, *pads


def first_and_last(window, height, width):
    """Numbers of the first pixel that a window and all after it need, and of its last one.

    At the end comes the window that would follow the last one.
    """
    (kh, kw), (sy, sx), pads = window.kernel, window.stride, window.pads
    rows, columns = window.output_size(height, width)
    for y, x in product(range(rows), range(columns)):
        top, left = y * sy - pads.top, x * sx - pads.left
        last_row, last_column = min(top + kh, height) - 1, min(left + kw, width) - 1
        stays = max(top + sy, 0) == max(top, 0)  # the row is the first one of the next windows too
        first_column = 0 if stays else max(left, 0)
        yield max(top, 0) * width + first_column, last_row * width + last_column
    yield max(rows * sy - pads.top, 0) * width, None


@pytest.mark.parametrize("width", [1, 2, 5])
@pytest.mark.parametrize("height", [1, 2, 3, 6, 7])
def test_no_number_of_free_slots_looks_like_another(height, width):
    seen = 0
    for (kh, sy, pt, pb), (kw, sx, pl, pr) in product(sides(4, 7), sides(2, 4)):
        pads = Pads(top=pt, left=pl, bottom=pb, right=pr)
        window = Window(kernel=(kh, kw), stride=(sy, sx), pads=pads)
        if min(window.output_size(height, width)) < 1:
            continue
        seen += 1
        capacity = window.span(width)
        number = pixel_numbers(window, capacity=capacity, width=width)
        pixels = list(first_and_last(window, height, width))
        for (first, last), (next_first, _) in pairwise(pixels):
            # Before the next window: no pixel is written, or as many as there is room for.
            assert first <= last < first + capacity
            assert first <= next_first
            assert next_first + capacity - (last + 1) in number
        # The rest of the map passes, and one pixel of the next one.
        assert height * width + 1 - next_first <= capacity
    assert seen > 100
