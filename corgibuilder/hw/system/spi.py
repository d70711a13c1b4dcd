"""The pins of an SPI bus, and the bus to the registers behind them."""

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.wiring import In, Out

ADDRESS_BITS = 7
WORD_BITS = 32

REGISTER_BUS = wiring.Signature({
    "address": Out(ADDRESS_BITS),
    "read_data": In(WORD_BITS),
    "write": Out(1),
    "write_data": Out(WORD_BITS),
    "stay": In(1),
})
"""From a master to registers. ``read_data`` belongs to the ``address`` of the cycle before.
``stay`` belongs to that of the same cycle: the next word of a burst is for the same register again.
``write`` is high for the one cycle in which ``address`` and ``write_data`` count.
"""


class Spi(wiring.Component):
    """Reads and writes 32-bit registers over SPI: a slave of mode 0, highest bit first.

    A frame is what passes while ``cs_n`` is low: 7 bits of address, a bit that is 1 to read and 0
    to write, then any number of words of 32 bits on ``mosi`` or ``miso``. The first word is that of
    the address, each later one that of the next, unless the register says that it takes them all. A
    word that ``cs_n`` cuts off is not written.

    The pins are sampled in ``sync``: a period of ``sck`` is 4 of its cycles or more, each half of
    it 2 or more, and ``cs_n`` changes a period of ``sck`` away from any of its edges. ``miso``
    takes its next bit 2 to 3 cycles after the rising edge at which the master has sampled the one
    before.

    Members
    -------
    sck, cs_n, mosi : :py:`In(1)`
        In no clock domain.
    miso : :py:`Out(1)`
    miso_enable : :py:`Out(1)`
        Low while the pin ``miso`` belongs to another slave on the same wires.
    bus : :py:`Out(REGISTER_BUS)`
    """

    def __init__(self):
        super().__init__({
            "sck": In(1),
            "cs_n": In(1),
            "mosi": In(1),
            "miso": Out(1),
            "miso_enable": Out(1),
            "bus": Out(REGISTER_BUS),
        })

    def elaborate(self, platform):
        m = Module()
        sck, cs_n, mosi = Signal(), Signal(init=1), Signal()
        before, rise = Signal(), Signal()
        m.submodules.sck_sync = FFSynchronizer(self.sck, sck)
        m.submodules.cs_n_sync = FFSynchronizer(self.cs_n, cs_n, init=1)
        m.submodules.mosi_sync = FFSynchronizer(self.mosi, mosi)
        m.d.sync += before.eq(sck)
        m.d.comb += [rise.eq(sck & ~before), self.miso_enable.eq(~cs_n)]

        bits = Signal(range(WORD_BITS))  # of this word, or of the command
        command, reading = Signal(init=1), Signal()
        received = Signal(WORD_BITS, reset_less=True)
        answer = Signal(WORD_BITS, reset_less=True)
        word_end = Signal()
        m.d.comb += [
            word_end.eq(bits == WORD_BITS - 1),
            self.miso.eq(answer[-1]),
            self.bus.write_data.eq(received),
        ]
        m.d.sync += self.bus.write.eq(rise & word_end & ~reading)
        with m.If(self.bus.write & ~self.bus.stay):
            m.d.sync += self.bus.address.eq(self.bus.address + 1)
        with m.If(cs_n):
            m.d.sync += [bits.eq(0), command.eq(1)]
        with m.Elif(rise):
            m.d.sync += [
                bits.eq(bits + 1),
                received.eq(Cat(mosi, received)),
                answer.eq(answer << 1),
            ]
            with m.If(command):
                # The bit after the address says whether to read: one period to look up the word.
                with m.If(bits == ADDRESS_BITS - 1):
                    m.d.sync += self.bus.address.eq(Cat(mosi, received))
                with m.If(bits == ADDRESS_BITS):
                    m.d.sync += [bits.eq(0), command.eq(0), reading.eq(mosi)]
                    m.d.sync += answer.eq(self.bus.read_data)
            with m.Elif(reading):
                with m.If((bits == WORD_BITS - 2) & ~self.bus.stay):
                    m.d.sync += self.bus.address.eq(self.bus.address + 1)
                with m.If(word_end):
                    m.d.sync += answer.eq(self.bus.read_data)
        return m
