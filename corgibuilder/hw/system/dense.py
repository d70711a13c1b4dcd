"""A fully connected layer whose weights are written at run time."""

from amaranth.hdl import Cat, Module, Mux, Signal, signed
from amaranth.lib import stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from corgibuilder.hw.mac_array import balanced_sum
from corgibuilder.hw.streams import counter, shape_of, word, words_per_pixel
from corgibuilder.ir import QInt

from .weight_memory import WEIGHT_BITS, WORD_BITS, WeightMemory, memory_words

LOGIT = QInt(-(1 << WORD_BITS - 1), (1 << WORD_BITS - 1) - 1)


def dense_cycles(channels: int, classes: int, multipliers: int) -> int:
    """Cycles that :class:`Dense` needs for a pixel, if its results are taken at once."""
    return words_per_pixel(channels, multipliers) * (classes + 1) + 4


class Dense(wiring.Component):
    """Gives ``bias[o] + sum(weights[o, c] * x[c])`` for each class ``o`` in turn, in 32 bits.

    A sum beyond 32 bits becomes the nearest number that is not. A pixel is taken whole before the
    first result comes, and the next one after the last step of the last result, ``multipliers``
    products a cycle: :func:`dense_cycles` from pixel to pixel.

    Parameters
    ----------
    x
        Range of the values.
    channels, classes
        Values of a pixel, and results.
    multipliers
        A power of two.

    Members
    -------
    i : :py:`In(stream.Signature(ArrayLayout(x, multipliers)))`
        Lanes beyond the last channel are 0.
    o : :py:`Out(stream.Signature(ArrayLayout(signed(32), 1)))`
    busy : :py:`Out(1)`
        Results of a pixel are due.
    address, data, write
        Those of :class:`~corgibuilder.hw.system.weight_memory.WeightMemory`.
    """

    def __init__(self, x: QInt, *, channels: int, classes: int, multipliers: int):
        self.x = x
        self.channels = channels
        self.classes = classes
        self.multipliers = multipliers
        super().__init__({
            "i": In(stream.Signature(word(shape_of(x), multipliers))),
            "o": Out(stream.Signature(word(shape_of(LOGIT), 1))),
            "busy": Out(1),
            "address": In(range(memory_words(channels, classes, multipliers))),
            "data": In(WORD_BITS),
            "write": In(1),
        })

    def elaborate(self, platform):
        m = Module()
        words = words_per_pixel(self.channels, self.multipliers)
        m.submodules.weights = memory = WeightMemory(
            channels=self.channels, classes=self.classes, multipliers=self.multipliers
        )
        m.submodules.values = values = Memory(
            shape=self.i.payload.shape().size, depth=words, init=[]
        )
        read, write = values.read_port(), values.write_port()

        # A pixel is written to memory, then read once for each class.
        loading, advance = Signal(init=1), Signal()
        take, issue = Signal(), Signal()
        place, last_place = counter(m, words, take | issue, name="place")
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

        # The memories answer, then come the products, then the accumulator.
        reach = self.channels * (max(self.x.hi, -self.x.lo) << WEIGHT_BITS - 1)
        valid = [Signal(name=f"valid_{k}") for k in range(2)]
        first = [Signal(name=f"first_{k}", reset_less=True) for k in range(2)]
        last = [Signal(name=f"last_{k}", reset_less=True) for k in range(2)]
        x = Signal(self.i.payload.shape())
        bias = Signal(signed(WORD_BITS), reset_less=True)
        products = Signal(shape_of(QInt(-reach, reach)), reset_less=True)
        total = Signal(shape_of(QInt(LOGIT.lo - reach, LOGIT.hi + reach)), reset_less=True)
        m.d.comb += [
            Cat(x).eq(read.data),
            self.o.payload[0].eq(
                Mux(total < LOGIT.lo, LOGIT.lo, Mux(total > LOGIT.hi, LOGIT.hi, total))
            ),
            self.busy.eq(~loading | valid[0] | valid[1] | self.o.valid),
        ]
        terms = [x[k] * memory.weights[k] for k in range(self.multipliers)]
        with m.If(advance):
            m.d.sync += [
                valid[0].eq(issue),
                first[0].eq(place == 0),
                last[0].eq(last_place),
                valid[1].eq(valid[0]),
                first[1].eq(first[0]),
                last[1].eq(last[0]),
                products.eq(balanced_sum(terms)),
                bias.eq(memory.bias),
                self.o.valid.eq(valid[1] & last[1]),
            ]
            with m.If(valid[1]):
                m.d.sync += total.eq(Mux(first[1], bias, total) + products)
        return m
