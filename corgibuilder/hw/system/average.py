"""Averages by division."""

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from corgibuilder.hw.streams import counter, shape_of, word
from corgibuilder.plan.system.classifier import FRACTION_BITS, ClassifierPlan


class Average(wiring.Component):
    """Divides sums by the number of positions: averages with 4 fraction bits, rounded half up.

    ``average = 16 * lo + floor((16 * sum + positions // 2) / positions)`` where ``sum`` is that of
    ``x - lo``: the same as ``floor((16 * sum(x) + positions / 2) / positions)``. All lanes are
    divided at once, a bit of the quotient per cycle; a word takes ``plan.average_cycles``. Lanes
    beyond the last channel are 0.

    Parameters
    ----------
    plan
        The classifier that they are for.

    Members
    -------
    i : :py:`In(stream.Signature(ArrayLayout(sum, multipliers)))`
    positions : :py:`In(stream.Signature(range(max_positions + 1)))`
        For each pixel, 1 or more; taken with the pixel's last word.
    o : :py:`Out(stream.Signature(ArrayLayout(average, multipliers)))`
    """

    def __init__(self, plan: ClassifierPlan):
        self.plan = plan
        super().__init__({
            "i": In(stream.Signature(word(shape_of(plan.sum), plan.multipliers))),
            "positions": In(stream.Signature(range(plan.max_positions + 1))),
            "o": Out(stream.Signature(word(shape_of(plan.average), plan.multipliers))),
        })

    def elaborate(self, platform):
        m = Module()
        plan, steps = self.plan, self.plan.quotient_bits
        used = plan.channels - (plan.steps - 1) * plan.multipliers  # lanes of the last word
        positions = self.positions.payload
        busy, take, divide = Signal(), Signal(), Signal()
        _, last_word = counter(m, plan.steps, self.o.valid & self.o.ready, name="word")
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
        bits = plan.sum.width + FRACTION_BITS + 1
        for lane in range(plan.multipliers):
            dividend = Signal(bits, name=f"dividend_{lane}")
            work = Signal(bits + 1, name=f"work_{lane}", reset_less=True)
            rest = Signal(bits + 2 - steps, name=f"rest_{lane}")
            fits = Signal(name=f"fits_{lane}")
            m.d.comb += [
                dividend.eq((self.i.payload[lane] << FRACTION_BITS) + (positions >> 1)),
                rest.eq(work[steps - 1 :]),
                fits.eq(rest >= positions),
                self.o.payload[lane].eq(work[:steps] + plan.average.lo),
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
