import random

import pytest
from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from amaranth.sim import Simulator

from corgibuilder.hw.system.spi import Spi

from .spi_master import CORE, Master, start

STAYS = 5  # the address that takes all words of a burst


class Storage(wiring.Component):
    """128 registers behind the bus, a count of the writes, and the words written to ``STAYS``."""

    def __init__(self):
        super().__init__({
            "sck": In(1),
            "cs_n": In(1),
            "mosi": In(1),
            "miso": Out(1),
            "miso_enable": Out(1),
        })
        self.memory = Memory(shape=32, depth=128, init=[k * 0x01010101 for k in range(128)])
        self.writes = Signal(32)

    def elaborate(self, platform):
        m = Module()
        m.submodules.spi = spi = Spi()
        m.submodules.memory = self.memory
        read, write = self.memory.read_port(), self.memory.write_port()
        for name in ("sck", "cs_n", "mosi"):
            m.d.comb += getattr(spi, name).eq(getattr(self, name))
        m.d.comb += [
            self.miso.eq(spi.miso),
            self.miso_enable.eq(spi.miso_enable),
            read.addr.eq(spi.bus.address),
            spi.bus.read_data.eq(read.data),
            write.addr.eq(spi.bus.address),
            write.data.eq(spi.bus.write_data),
            write.en.eq(spi.bus.write),
            spi.bus.stay.eq(spi.bus.address == STAYS),
        ]
        m.d.sync += self.writes.eq(self.writes + spi.bus.write)
        return m


def play(bench, *, ratio=4.0, offset=0.0):
    """Run ``bench(master, dut, ctx)``."""
    dut = Storage()

    async def run(ctx):
        await start(ctx, dut)
        await bench(Master(ctx, dut, ratio=ratio, offset=offset), dut, ctx)

    sim = Simulator(dut)
    sim.add_clock(CORE)
    sim.add_testbench(run)
    sim.run()


@pytest.mark.parametrize("ratio", [4.0, 4.02, 4.37, 5.0, 7.9, 33.3])
@pytest.mark.parametrize("offset", [0.0, 0.03, 0.5, 0.97])
def test_what_is_written_is_read(ratio, offset):
    rng = random.Random(f"{ratio}{offset}")

    async def bench(master, dut, ctx):
        expected = {k: k * 0x01010101 for k in range(128)}
        for _ in range(6):
            # both ends, and what looks the same shifted by a bit only if it is zero
            words = [rng.choice([0, 0xFFFFFFFF, 0x80000001, rng.getrandbits(32)])] * 2
            address = rng.choice([0, 1, 126, rng.randrange(6, 126)])
            await master.write(address, *words)
            expected |= {address + k: word for k, word in enumerate(words)}
            near = max(min(address, 125), 6)
            got = await master.read(near, 3)
            assert got == [expected[near + k] for k in range(3)]

    play(bench, ratio=ratio, offset=offset)


def test_a_burst_goes_from_register_to_register_and_round():
    async def bench(master, dut, ctx):
        await master.write(126, 1, 2, 3)
        assert await master.read(125, 5) == [125 * 0x01010101, 1, 2, 3, 0x01010101]
        assert ctx.get(dut.writes) == 3

    play(bench)


def test_a_register_can_take_a_whole_burst():
    async def bench(master, dut, ctx):
        await master.write(STAYS, 7, 8, 9)
        assert await master.read(STAYS, 2) == [9, 9]
        assert await master.read(STAYS + 1) == [6 * 0x01010101]
        assert ctx.get(dut.writes) == 3

    play(bench)


@pytest.mark.parametrize("bits", [0, 1, 31])
def test_half_a_word_is_not_written(bits):
    async def bench(master, dut, ctx):
        await master.select()
        await master.word(9 << 1, 8)
        await master.word(0xFFFFFFFF)
        await master.word(0xFFFFFFFF, bits)
        await master.deselect()
        assert ctx.get(dut.writes) == 1
        assert await master.read(9, 2) == [0xFFFFFFFF, 10 * 0x01010101]

    play(bench)


@pytest.mark.parametrize("bits", range(8))
def test_half_a_command_does_nothing(bits):
    async def bench(master, dut, ctx):
        await master.select()
        await master.word(0, bits)
        await master.deselect()
        assert await master.read(9) == [9 * 0x01010101]
        assert ctx.get(dut.writes) == 0

    play(bench)


def test_the_clock_of_others_is_not_ours():
    async def bench(master, dut, ctx):
        assert not ctx.get(dut.miso_enable)
        await master.word(0, 8)
        await master.word(0xFFFFFFFF)
        assert ctx.get(dut.writes) == 0
        await master.select()
        assert ctx.get(dut.miso_enable)
        await master.deselect()
        await master.write(3, 4)
        assert await master.read(3) == [4]

    play(bench)
