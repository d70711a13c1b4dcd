"""A fully connected layer whose weights are written at run time."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from corgibuilder.hw.streams import counter, shape_of, word
from corgibuilder.hw.sums_of_products import MARKS, sums_of_products
from corgibuilder.plan.system.classifier import LOGIT, WORD_BITS, ClassifierPlan

from .weight_memory import WeightMemory


class Dense(wiring.Component):
    """Gives ``bias[o] + sum(weights[o, c] * x[c])`` for each class ``o`` in turn, in 32 bits.

    A sum beyond 32 bits becomes the nearest number that is not. A pixel is taken whole before the
    first result comes, and the next one after the last step of the last result: from pixel to pixel
    ``plan.dense_cycles``.

    Parameters
    ----------
    plan
        The classifier that it is part of.

    Members
    -------
    i : :py:`In(stream.Signature(ArrayLayout(average, multipliers)))`
        Lanes beyond the last channel are 0.
    o : :py:`Out(stream.Signature(ArrayLayout(signed(32), 1)))`
    busy : :py:`Out(1)`
        Results of a pixel are due.
    address, data, write
        Those of :class:`~corgibuilder.hw.system.weight_memory.WeightMemory`.
    """

    def __init__(self, plan: ClassifierPlan):
        self.plan = plan
        super().__init__({
            "i": In(stream.Signature(word(shape_of(plan.average), plan.multipliers))),
            "o": Out(stream.Signature(word(shape_of(LOGIT), 1))),
            "busy": Out(1),
            "address": In(range(plan.words)),
            "data": In(WORD_BITS),
            "write": In(1),
        })

    def elaborate(self, platform):
        m = Module()
        plan = self.plan
        m.submodules.weights = memory = WeightMemory(plan)
        m.submodules.values = values = Memory(
            shape=self.i.payload.shape().size, depth=plan.steps, init=[]
        )
        read, write = values.read_port(), values.write_port()

        # A pixel is written to memory, then read once for each class.
        loading, advance = Signal(init=1), Signal()
        take, issue = Signal(), Signal()
        place, last_place = counter(m, plan.steps, take | issue, name="place")
        m.d.comb += [
            advance.eq(~self.o.valid | self.o.ready),
            self.i.ready.eq(loading),
            take.eq(self.i.valid & loading),
            issue.eq(~loading & advance),
            memory.next.eq(issue),
            memory.address.eq(self.address),
            memory.data.eq(self.data),
            memory.write.eq(self.write),
            write.addr.eq(place),
            write.data.eq(Cat(self.i.payload)),
            write.en.eq(take),
            read.addr.eq(place),
            read.en.eq(issue),
        ]
        with m.If(take & last_place):
            m.d.sync += loading.eq(0)
        with m.If(issue & memory.last_step & memory.last_class):
            m.d.sync += loading.eq(1)

        # The memories answer one cycle later.
        x = Signal(self.i.payload.shape())
        valid, marks = Signal(), Signal(MARKS, reset_less=True)
        m.d.comb += Cat(x).eq(read.data)
        with m.If(advance):
            m.d.sync += [valid.eq(issue), marks.first.eq(place == 0), marks.last.eq(last_place)]
        sums = sums_of_products(
            m,
            [[(x[k], memory.weights[k]) for k in range(plan.multipliers)]],
            advance=advance,
            valid=valid,
            marks=marks,
            products=plan.products,
            totals=plan.total,
            start=memory.bias,
        )
        (total,) = sums.totals
        with m.If(advance):
            m.d.sync += self.o.valid.eq(sums.complete)
        m.d.comb += [
            self.o.payload[0].eq(
                Mux(total < LOGIT.lo, LOGIT.lo, Mux(total > LOGIT.hi, LOGIT.hi, total))
            ),
            self.busy.eq(~loading | valid | sums.pending | self.o.valid),
        ]
        return m
