"""The multiplier array: the engine of convolutions and fully connected layers."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from corgibuilder.ir import Ints, QInt

from .streams import counter, decoded, shape_of, word
from .tables import table


def balanced_sum(terms: list):
    """Sum of ``terms`` as a balanced tree; 0 for none."""
    while len(terms) > 1:
        pairs = [a + b for a, b in zip(terms[::2], terms[1::2], strict=False)]
        terms = pairs + terms[len(pairs) * 2 :]
    return terms[0] if terms else 0


class MacArray(wiring.Component):
    """Multiplies and sums ``passes`` words into one word of accumulators.

    One word in per cycle; latency 3 cycles from the last word of a sum. The weights run through
    ``steps`` rows, one a word, again and again; each ``passes`` of them make one sum.

    Parameters
    ----------
    x
        Range of the activations, which are decoded behind the operand registers.
    weights
        int64 ``(steps, outputs, inputs)``.
    held
        Range of the weights; a ROM holds their codes.
    passes
        Words of one sum; divides ``steps``.
    last
        Every so many words the last one has only so many operands for each output; what its other
        lanes bring counts as 0. ``None`` where lanes without an operand meet weights of 0.
    acc
        Range of the sums.
    shared
        Whether all outputs read the same ``inputs`` values; otherwise a word carries ``inputs``
        values for the first output, then for the second, ...

    Members
    -------
    i : :py:`In(stream.Signature(ArrayLayout(x, lanes)))`
        ``inputs`` lanes if shared, else ``outputs * inputs``.
    o : :py:`Out(stream.Signature(ArrayLayout(acc, outputs)))`
    """

    def __init__(
        self,
        x: QInt,
        weights: Ints,
        held: QInt,
        *,
        passes: int,
        acc: QInt,
        shared: bool,
        last: tuple[int, int] | None = None,
    ):
        assert len(weights) % passes == 0
        self.x = x
        self.weights = weights
        self.held = held
        self.passes = passes
        self.last = last
        self.acc = acc
        self.shared = shared
        _, self.outputs, self.inputs = weights.shape
        lanes = self.inputs if shared else self.inputs * self.outputs
        super().__init__({
            "i": In(stream.Signature(word(shape_of(x), lanes))),
            "o": Out(stream.Signature(word(shape_of(acc), self.outputs))),
        })

    def elaborate(self, platform):
        m = Module()
        advance, take = Signal(), Signal()
        m.d.comb += [
            advance.eq(~self.o.valid | self.o.ready),
            self.i.ready.eq(advance),
            take.eq(self.i.valid & advance),
        ]
        step, _ = counter(m, len(self.weights), take, name="step")
        pass_, pass_last = counter(m, self.passes, take, name="pass")
        rows = self.weights.reshape(len(self.weights), -1)
        w = table(m, rows, self.held, step, take, name="weights")

        # First the operands, then the sum of products, then the accumulator.
        x = Signal(self.i.payload.shape(), reset_less=True)
        flags = data.StructLayout({"first": 1, "last": 1})
        valid = [Signal(name=f"valid_{k}") for k in range(2)]
        flag = [Signal(flags, name=f"flags_{k}", reset_less=True) for k in range(2)]
        with m.If(advance):
            m.d.sync += [
                x.as_value().eq(self.i.payload.as_value()),
                flag[0].first.eq(pass_ == 0),
                flag[0].last.eq(pass_last),
                flag[1].as_value().eq(flag[0].as_value()),
                valid[0].eq(self.i.valid),
                valid[1].eq(valid[0]),
                self.o.valid.eq(valid[1] & flag[1].last),
            ]
        x = self._operands(m, x, take, advance, pass_last)
        for o in range(self.outputs):
            base = 0 if self.shared else o * self.inputs
            terms = [
                x[base + k] * w[o * self.inputs + k]
                for k in range(self.inputs)
                if self.weights[:, o, k].any()
            ]
            products = Signal(shape_of(self.acc), name=f"products_{o}", reset_less=True)
            total = Signal(shape_of(self.acc), name=f"total_{o}", reset_less=True)
            with m.If(advance):
                m.d.sync += products.eq(balanced_sum(terms))
                with m.If(valid[1]):
                    m.d.sync += total.eq(Mux(flag[1].first, 0, total) + products)
            m.d.comb += self.o.payload[o].eq(total)
        return m

    def _operands(self, m, x, take, advance, pass_last) -> list:
        """The values in the operand registers ``x``, 0 in lanes of a last word without operand."""
        lanes = range(self.i.payload.shape().length)
        values = [decoded(m, x[k], self.x, name=f"operand_{k}") for k in lanes]
        if self.last is None:
            return values
        words, operands = self.last
        last = pass_last
        if words != self.passes:
            _, last = counter(m, words, take, name="word")
        short = Signal(reset_less=True)
        with m.If(advance):
            m.d.sync += short.eq(last)
        for k, value in enumerate(values):
            if k % self.inputs >= operands:
                values[k] = Signal(shape_of(self.x.with_zero), name=f"present_{k}")
                m.d.comb += values[k].eq(Mux(short, 0, value))
        return values
