"""The multiplier array: the engine of convolutions and fully connected layers."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from corgibuilder.plan.components import MacArrayConfig

from .streams import counter, decoded, shape_of, word
from .tables import table


def balanced_sum(terms: list):
    """Sum of ``terms`` as a balanced tree; 0 for none."""
    while len(terms) > 1:
        pairs = [a + b for a, b in zip(terms[::2], terms[1::2], strict=False)]
        terms = pairs + terms[len(pairs) * 2 :]
    return terms[0] if terms else 0


class MacArray(wiring.Component):
    """Multiplies and sums ``config.input_folds`` words into one word of accumulators.

    One word in per cycle; latency ``config.LATENCY`` cycles from the last word of a sum. The
    weights run through their rows, one a word, again and again.

    Parameters
    ----------
    config
        See :class:`~corgibuilder.plan.components.MacArrayConfig`.

    Members
    -------
    i : :py:`In(stream.Signature(ArrayLayout(x, lanes)))`
        ``inputs`` lanes for each group of outputs.
    o : :py:`Out(stream.Signature(ArrayLayout(acc, outputs)))`
    """

    def __init__(self, config: MacArrayConfig):
        assert len(config.weights) % config.input_folds == 0
        self.config = config
        _, self.outputs, self.inputs = config.weights.shape
        assert self.outputs % config.groups == 0
        lanes = self.inputs * config.groups
        super().__init__({
            "i": In(stream.Signature(word(shape_of(config.x), lanes))),
            "o": Out(stream.Signature(word(shape_of(config.acc), self.outputs))),
        })

    def elaborate(self, platform):
        m = Module()
        advance, take = Signal(), Signal()
        m.d.comb += [
            advance.eq(~self.o.valid | self.o.ready),
            self.i.ready.eq(advance),
            take.eq(self.i.valid & advance),
        ]
        step, _ = counter(m, len(self.config.weights), take, name="step")
        fold, last_fold = counter(m, self.config.input_folds, take, name="fold")
        rows = self.config.weights.reshape(len(self.config.weights), -1)
        w = table(m, rows, self.config.held, step, take, name="weights")

        # First the operands, then the sum of products, then the accumulator.
        x = Signal(self.i.payload.shape(), reset_less=True)
        flags = data.StructLayout({"first": 1, "last": 1})
        valid = [Signal(name=f"valid_{k}") for k in range(2)]
        flag = [Signal(flags, name=f"flags_{k}", reset_less=True) for k in range(2)]
        with m.If(advance):
            m.d.sync += [
                x.as_value().eq(self.i.payload.as_value()),
                flag[0].first.eq(fold == 0),
                flag[0].last.eq(last_fold),
                flag[1].as_value().eq(flag[0].as_value()),
                valid[0].eq(self.i.valid),
                valid[1].eq(valid[0]),
                self.o.valid.eq(valid[1] & flag[1].last),
            ]
        x = self._operands(m, x, take, advance, last_fold)
        together = self.outputs // self.config.groups
        for o in range(self.outputs):
            base = o // together * self.inputs
            terms = [
                x[base + k] * w[o * self.inputs + k]
                for k in range(self.inputs)
                if self.config.weights[:, o, k].any()
            ]
            products = Signal(shape_of(self.config.acc), name=f"products_{o}", reset_less=True)
            total = Signal(shape_of(self.config.acc), name=f"total_{o}", reset_less=True)
            with m.If(advance):
                m.d.sync += products.eq(balanced_sum(terms))
                with m.If(valid[1]):
                    m.d.sync += total.eq(Mux(flag[1].first, 0, total) + products)
            m.d.comb += self.o.payload[o].eq(total)
        return m

    def _operands(self, m, x, take, advance, last_fold) -> list:
        """The values in the operand registers ``x``, 0 in lanes of a last word without operand."""
        lanes = range(self.i.payload.shape().length)
        values = [decoded(m, x[k], self.config.x, name=f"operand_{k}") for k in lanes]
        if self.config.last is None:
            return values
        words, operands = self.config.last
        last = last_fold
        if words != self.config.input_folds:
            _, last = counter(m, words, take, name="word")
        short = Signal(reset_less=True)
        with m.If(advance):
            m.d.sync += short.eq(last)
        for k, value in enumerate(values):
            if k % self.inputs >= operands:
                values[k] = Signal(shape_of(self.config.x.with_zero), name=f"present_{k}")
                m.d.comb += values[k].eq(Mux(short, 0, value))
        return values
