"""Registers over the wires of the SPI bus, as software sees them."""

import pytest
from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from amaranth.sim import Simulator

from corgibuilder.hw.system.registers import Registers
from corgibuilder.hw.system.spi import Spi
from corgibuilder.plan.system.register_map import Access, register_map

from .spi_master import CORE, Master, start

SMALLEST, LARGEST = (8, 9), (40, 30)
MAP = register_map(
    channels=["div4", "div8", "logits"], smallest=SMALLEST, largest=LARGEST, classifier_words=21
)
AT = {register.name: register.address for register in MAP}
FLAGS = [
    "short_line",
    "long_line",
    "short_frame",
    "long_frame",
    "overflow",
    "illegal_size",
]


class Behind(wiring.Component):
    """The registers with an SPI slave in front."""

    def __init__(self):
        self.registers = Registers(MAP, smallest=SMALLEST, largest=LARGEST)
        super().__init__({
            "sck": In(1),
            "cs_n": In(1),
            "mosi": In(1),
            "miso": Out(1),
        })

    def elaborate(self, platform):
        m = Module()
        m.submodules.spi = spi = Spi()
        m.submodules.registers = self.registers
        wiring.connect(m, spi.bus, self.registers.bus)
        for name in ("sck", "cs_n", "mosi"):
            m.d.comb += getattr(spi, name).eq(getattr(self, name))
        m.d.comb += self.miso.eq(spi.miso)
        return m


def play(bench, *watchers):
    """Run ``bench(master, registers, ctx)``."""
    dut = Behind()

    async def run(ctx):
        await start(ctx, dut)
        await bench(Master(ctx, dut), dut.registers, ctx)

    sim = Simulator(dut)
    sim.add_clock(CORE)
    sim.add_testbench(run)
    for watcher in watchers:
        sim.add_testbench(watcher(dut.registers), background=True)
    sim.run()


async def pulse(ctx, signal, value):
    """``value`` for one cycle."""
    ctx.set(signal, value)
    await ctx.tick()
    ctx.set(signal, 0)


def test_after_a_reset_everything_reads_as_described():
    async def bench(master, registers, ctx):
        assert await master.read(0, 9) == [register.reset for register in MAP]
        assert await master.read(0) == [0x436F7267]
        assert await master.read(AT["size"]) == [30 << 16 | 40]
        assert await master.read(len(MAP)) == [0]
        assert (ctx.get(registers.width), ctx.get(registers.height)) == LARGEST
        assert ctx.get(registers.enable) == 7

    play(bench)


def test_what_is_not_to_be_written_stays_as_it_is():
    async def bench(master, registers, ctx):
        for register in MAP:
            if register.access in (Access.CONSTANT, Access.READ):
                await master.write(register.address, 0xFFFFFFFF)
                await master.write(register.address, 0)
        await master.write(len(MAP), 0xFFFFFFFF)
        assert await master.read(0, 9) == [register.reset for register in MAP]

    play(bench)


@pytest.mark.parametrize(
    ("width", "height", "legal"),
    [
        (8, 9, True),
        (40, 30, True),
        (8, 30, True),
        (7, 9, False),
        (8, 8, False),
        (41, 30, False),
        (40, 31, False),
        (0, 0, False),
        (65535, 65535, False),
        (32768 + 20, 20, False),
    ],
)
def test_an_illegal_size_is_refused(width, height, legal):
    async def bench(master, registers, ctx):
        await master.write(AT["size"], 20 << 16 | 10)
        await master.write(AT["size"], height << 16 | width)
        size = (width, height) if legal else (10, 20)
        assert (ctx.get(registers.width), ctx.get(registers.height)) == size
        assert await master.read(AT["size"]) == [size[1] << 16 | size[0]]
        assert await master.read(AT["errors"]) == [0 if legal else 1 << FLAGS.index("illegal_size")]

    play(bench)


def test_faults_stay_until_a_1_is_written():
    async def bench(master, registers, ctx):
        for k in range(5):
            await pulse(ctx, registers.faults, 1 << k)
        await master.write(AT["size"], 0)
        assert await master.read(AT["errors"]) == [0b111111]
        await master.write(AT["errors"], 0b101010)
        assert await master.read(AT["errors"]) == [0b010101]
        await master.write(AT["errors"], 0)
        assert await master.read(AT["errors"]) == [0b010101]
        await pulse(ctx, registers.faults, 0b00010)
        await master.write(AT["errors"], 0xFFFFFFFF)
        assert await master.read(AT["errors"]) == [0]

    play(bench)


def test_a_fault_in_the_cycle_of_its_clearing_is_not_lost():
    def fault(registers):
        async def run(ctx):
            await ctx.posedge(registers.bus.write)
            await pulse(ctx, registers.faults, 0b10)

        return run

    async def bench(master, registers, ctx):
        await master.write(AT["errors"], 0xFFFFFFFF)
        assert await master.read(AT["errors"]) == [0b10]
        await master.write(AT["errors"], 0xFFFFFFFF)
        assert await master.read(AT["errors"]) == [0]

    play(bench, fault)


def test_frames_are_counted_and_the_status_is_seen():
    async def bench(master, registers, ctx):
        for _ in range(3):
            await pulse(ctx, registers.frame_done, 1)
            await ctx.tick()
        ctx.set(registers.status, 0b10)
        assert await master.read(AT["frames"], 2) == [3, 0b10]

    play(bench)


def test_channels_are_enabled_one_by_one():
    async def bench(master, registers, ctx):
        await master.write(AT["enable"], 0xFFFFFFFD)
        assert ctx.get(registers.enable) == 0b101
        assert await master.read(AT["enable"]) == [0b101]

    play(bench)


def test_a_burst_fills_the_memory_of_the_classifier():
    seen = []

    def watch(registers):
        async def run(ctx):
            port = (registers.classifier_address, registers.classifier_data)
            while True:
                _, _, write, *written = await ctx.tick().sample(registers.classifier_write, *port)
                if write:
                    seen.append(tuple(written))

        return run

    async def bench(master, registers, ctx):
        await master.write(AT["classifier_address"], 18, 0xFFFFFFFF, 1, 2)
        await master.write(AT["classifier_address"], 3)
        await master.write(AT["classifier_data"], 0x80000000)
        assert await master.read(AT["classifier_address"], 2) == [4, 0]

    play(bench, watch)
    assert seen == [(18, 0xFFFFFFFF), (19, 1), (20, 2), (3, 0x80000000)]
