"""The remainder of a division by a constant; rings themselves are tested as line buffers."""

import pytest
from amaranth.back import rtlil
from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from amaranth.sim import Simulator

from corgibuilder.hw.ring import wrapped


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


def test_a_long_row_over_a_small_ring_takes_few_subtractions():
    netlist = rtlil.convert(Remainder(3, 1 << 16), emit_src=False)
    assert 0 < netlist.count("cell $ge") < 20
