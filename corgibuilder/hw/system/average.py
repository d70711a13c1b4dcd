"""Averages by division."""

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from corgibuilder.hw.streams import counter, shape_of, word, words_per_pixel
from corgibuilder.ir import QInt

FRACTION_BITS = 4


def average_range(x: QInt) -> QInt:
    """Range of the averages of values in ``x``."""
    return QInt(x.lo << FRACTION_BITS, x.hi << FRACTION_BITS)


def average_cycles(x: QInt) -> int:
    """Cycles from one word of averages to the next: one bit of the quotient in each, and two."""
    return ((x.hi - x.lo) << FRACTION_BITS).bit_length() + 2


class Average(wiring.Component):
    """Divides sums by the number of positions: averages with 4 fraction bits, rounded half up.

    ``average = 16 * lo + floor((16 * sum + positions // 2) / positions)`` where ``sum`` is that of
    ``x - lo``: the same as ``floor((16 * sum(x) + positions / 2) / positions)``. All lanes are
    divided at once, a bit of the quotient per cycle; a word takes :func:`average_cycles`.

    Parameters
    ----------
    x
        Range of the values that were summed.
    sums
        Range of the sums: 0 to the most positions times the largest ``x - lo``.
    max_positions
        Largest number of positions.
    channels
        Values of a pixel.
    lanes
        Channels in a word; those beyond the last channel are 0.

    Members
    -------
    i : :py:`In(stream.Signature(ArrayLayout(sums, lanes)))`
    positions : :py:`In(stream.Signature(range(max_positions + 1)))`
        For each pixel, 1 or more; taken with the pixel's last word.
    o : :py:`Out(stream.Signature(ArrayLayout(average, lanes)))`
    """

    def __init__(self, x: QInt, sums: QInt, *, max_positions: int, channels: int, lanes: int):
        self.x = x
        self.sums = sums
        self.channels = channels
        self.lanes = lanes
        super().__init__({
            "i": In(stream.Signature(word(shape_of(sums), lanes))),
            "positions": In(stream.Signature(range(max_positions + 1))),
            "o": Out(stream.Signature(word(shape_of(average_range(x)), lanes))),
        })

    def elaborate(self, platform):
        m = Module()
        steps = average_cycles(self.x) - 2
        words = words_per_pixel(self.channels, self.lanes)
        used = self.channels - (words - 1) * self.lanes  # lanes of the last word
        positions = self.positions.payload
        busy, take, divide = Signal(), Signal(), Signal()
        _, last_word = counter(m, words, self.o.valid & self.o.ready, name="word")
        _, last_step = counter(m, steps, divide, name="step")
        m.d.comb += [
            self.i.ready.eq(~busy & ~self.o.valid & self.positions.valid),
            take.eq(self.i.valid & self.i.ready),
            divide.eq(busy),
            self.positions.ready.eq(self.o.valid & self.o.ready & last_word),
        ]
        with m.If(take):
            m.d.sync += busy.eq(1)
        with m.If(divide & last_step):
            m.d.sync += [busy.eq(0), self.o.valid.eq(1)]
        with m.If(self.o.valid & self.o.ready):
            m.d.sync += self.o.valid.eq(0)

        # The quotient has at most `steps` bits, so the remainder starts with all bits above them.
        bits = self.sums.width + FRACTION_BITS + 1
        for lane in range(self.lanes):
            dividend = Signal(bits, name=f"dividend_{lane}")
            work = Signal(bits + 1, name=f"work_{lane}", reset_less=True)
            rest = Signal(bits + 2 - steps, name=f"rest_{lane}")
            fits = Signal(name=f"fits_{lane}")
            m.d.comb += [
                dividend.eq((self.i.payload[lane] << FRACTION_BITS) + (positions >> 1)),
                rest.eq(work[steps - 1 :]),
                fits.eq(rest >= positions),
                self.o.payload[lane].eq(work[:steps] + (self.x.lo << FRACTION_BITS)),
            ]
            if lane >= used:
                with m.If(last_word):
                    m.d.comb += self.o.payload[lane].eq(0)
            with m.If(take):
                m.d.sync += work.eq(dividend)
            with m.Elif(divide):
                m.d.sync += work.eq(Cat(fits, work[: steps - 1], rest - positions))
                with m.If(~fits):
                    m.d.sync += work.eq(work << 1)
        return m
