"""The multiplier array: the engine of convolutions and fully connected layers."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from corgibuilder.plan.components import MacArrayConfig

from .streams import counter, decoded, shape_of, word
from .sums_of_products import MARKS, Later, sums_of_products
from .tables import table


class MacArray(wiring.Component):
    """Multiplies and sums ``config.input_folds`` words into one word of accumulators.

    One word in per cycle; latency ``config.pipeline.latency`` cycles from the last word of a sum.
    The weights run through their rows, one a word, again and again.

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

        # The operands wait in registers while the ROM looks up the weights.
        x = Signal(self.i.payload.shape(), reset_less=True)
        valid, marks = Signal(), Signal(MARKS, reset_less=True)
        with m.If(advance):
            m.d.sync += [
                x.as_value().eq(self.i.payload.as_value()),
                marks.first.eq(fold == 0),
                marks.last.eq(last_fold),
                valid.eq(self.i.valid),
            ]
        x = self._operands(m, x, take, advance, last_fold)
        if self.config.weight_register:
            later = Later(m, advance)
            x = [later.value(value, f"held_operand_{k}") for k, value in enumerate(x)]
            w = [later.value(value, f"held_weight_{k}") for k, value in enumerate(w)]
            valid = later.flag(valid, "held_valid")
            marks = MARKS(later.value(marks.as_value(), "held_marks"))
        sums = sums_of_products(
            m,
            [self._pairs(x, w, o) for o in range(self.outputs)],
            advance=advance,
            valid=valid,
            marks=marks,
            products=self.config.acc,
            totals=self.config.acc,
            registers=self.config.pipeline.registers,
        )
        with m.If(advance):
            m.d.sync += self.o.valid.eq(sums.complete)
        m.d.comb += [self.o.payload[o].eq(total) for o, total in enumerate(sums.totals)]
        return m

    def _pairs(self, x: list, w: list, output: int) -> list[tuple]:
        """Operands of one output and their weights, but for weights that are always 0."""
        together = self.outputs // self.config.groups
        base = output // together * self.inputs
        return [
            (x[base + k], w[output * self.inputs + k])
            for k in range(self.inputs)
            if self.config.weights[:, output, k].any()
        ]

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
