"""Accumulators to activations: one component for each form of :mod:`corgibuilder.plan.forms`.

All have the same ports. They work on ``lanes`` channels a word, one word per cycle; the channels of
a pixel follow each other, and the constants of each come from tables.
"""

import numpy as np
from amaranth.hdl import Array, Const, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from corgibuilder.ir import Ints, QInt
from corgibuilder.plan.components import RequantiserConfig
from corgibuilder.plan.components.requantiser import FEW_ENTRIES
from corgibuilder.plan.forms import Rounding, ScaleForm, ShiftForm, StepsForm

from .streams import counter, decoded, shape_of, word, words_per_pixel
from .tables import table, value_range


def grouped(values: Ints, lanes: int) -> Ints:
    """Values ``(channels,)`` as rows of ``lanes``; the last channel fills the last row."""
    groups = words_per_pixel(len(values), lanes)
    return np.pad(values, (0, groups * lanes - len(values)), mode="edge").reshape(groups, lanes)


class Requant(wiring.Component):
    """Applies a form to every channel of every pixel.

    Parameters
    ----------
    config
        See :class:`~corgibuilder.plan.components.RequantiserConfig`.

    Members
    -------
    i : :py:`In(stream.Signature(ArrayLayout(acc, lanes)))`
    o : :py:`Out(stream.Signature(ArrayLayout(out, lanes)))`
    """

    def __init__(self, config: RequantiserConfig):
        self.config = config
        self.form = config.form
        self.held = config.acc
        self.acc = config.acc.plain
        self.out = config.out
        self.channels = config.channels
        self.lanes = config.lanes
        super().__init__({
            "i": In(stream.Signature(word(shape_of(config.acc), config.lanes))),
            "o": Out(stream.Signature(word(shape_of(config.out), config.lanes))),
        })

    def elaborate(self, platform):
        m = Module()
        self.advance = Signal(name="advance")
        m.d.comb += [
            self.advance.eq(~self.o.valid | self.o.ready),
            self.i.ready.eq(self.advance),
        ]
        groups = words_per_pixel(self.channels, self.lanes)
        self.group, _ = counter(m, groups, self.i.valid & self.advance, name="group")
        self.values = [
            decoded(m, self.i.payload[lane], self.held, name=f"value_{lane}")
            for lane in range(self.lanes)
        ]
        match self.form:
            case ShiftForm() as form:
                results, latency = self._shift(m, form)
            case ScaleForm() as form:
                results, latency = self._scale(m, form)
            case StepsForm() as form:
                results, latency = self._steps(m, form)
        valid = self.i.valid
        with m.If(self.advance):
            for k in range(latency):
                target = self.o.valid if k == latency - 1 else Signal(name=f"valid_{k}")
                m.d.sync += target.eq(valid)
                valid = target
        for lane, result in enumerate(results):
            m.d.comb += self.o.payload[lane].eq(result)
        return m

    def _register(self, m, value, q: QInt, name: str):
        """Register of range ``q`` that takes ``value`` when the pipeline advances."""
        register = Signal(shape_of(q), name=name, reset_less=True)
        with m.If(self.advance):
            m.d.sync += register.eq(value)
        return register

    def _wire(self, m, value, q: QInt, name: str):
        wire = Signal(shape_of(q), name=name)
        m.d.comb += wire.eq(value)
        return wire

    def _table(self, m, values: Ints, name: str):
        rows, q = grouped(values, self.lanes), value_range(values)
        return table(m, rows, q, self.group, self.advance, name=name)

    def _shift(self, m, form: ShiftForm):
        offsets = self._table(m, form.offset, "offset")
        spread = value_range(form.offset)
        results = []
        for lane in range(self.lanes):
            acc = self._register(m, self.values[lane], self.acc, f"acc_{lane}")
            q = QInt(self.acc.lo + spread.lo, self.acc.hi + spread.hi)
            value = self._wire(m, acc + offsets[lane], q, f"sum_{lane}")
            for k, rounding in enumerate(form.roundings):
                value, q = self._round(m, value, q, rounding, f"{lane}_{k}")
            results.append(self._register(m, value, self.out, f"result_{lane}"))
        return results, 2

    def _round(self, m, value, q: QInt, rounding: Rounding, name: str):
        """Half-even rounding shift and clip; returns the value and its range."""
        if rounding.shift < 0:
            q = QInt(q.lo << -rounding.shift, q.hi << -rounding.shift)
            value = self._wire(m, value << -rounding.shift, q, f"multiplied_{name}")
        if rounding.shift > 0:
            half = (1 << (rounding.shift - 1)) - 1
            odd = value[rounding.shift] if rounding.shift < len(value) else value[-1] & (q.lo < 0)
            q_half = QInt(q.lo + half, q.hi + half + 1)
            raised = self._wire(m, value + half + odd, q_half, f"raised_{name}")
            value = raised >> rounding.shift
            q = QInt(q_half.lo >> rounding.shift, q_half.hi >> rounding.shift)
            value = self._wire(m, value, q, f"shifted_{name}")
        return self._clip(m, value, q, rounding.out, name)

    def _clip(self, m, value, q: QInt, out: QInt, name: str):
        result = value
        low, high = max(q.lo, out.lo), min(q.hi, out.hi)
        if low > high:  # everything is cut to the same value
            low = high = out.lo if q.hi < out.lo else out.hi
        if q.hi > out.hi:
            result = Mux(value > out.hi, out.hi, result)
        if q.lo < out.lo:
            result = Mux(value < out.lo, out.lo, result)
        clipped = QInt(low, high)
        return self._wire(m, result, clipped, f"clipped_{name}"), clipped

    def _scale(self, m, form: ScaleForm):
        mults = self._table(m, form.mult, "mult")
        offsets = self._table(m, form.offset, "offset")
        ends = [self.acc.lo * form.mult, self.acc.hi * form.mult]
        q = QInt(
            int((np.minimum(*ends) + form.offset).min()),
            int((np.maximum(*ends) + form.offset).max()),
        )
        shifted = QInt(q.lo >> form.shift, q.hi >> form.shift)
        results = []
        for lane in range(self.lanes):
            acc = self._register(m, self.values[lane], self.acc, f"acc_{lane}")
            scaled = self._register(m, acc * mults[lane] + offsets[lane], q, f"scaled_{lane}")
            value = self._wire(m, scaled >> form.shift, shifted, f"shifted_{lane}")
            value, _ = self._clip(m, value, shifted, form.out, str(lane))
            results.append(self._register(m, value, self.out, f"result_{lane}"))
        return results, 3

    def _steps(self, m, form: StepsForm):
        """Binary search: each level compares with the step in the middle of what is left."""
        count = form.steps.shape[1]
        levels = form.levels
        never = QInt(self.acc.lo, self.acc.hi + 1)
        steps = np.full((self.channels, (1 << levels) - 1), never.hi, np.int64)
        steps[:, :count] = form.steps.clip(never.lo, never.hi)
        groups = words_per_pixel(self.channels, self.lanes)
        results = []
        for lane in range(self.lanes):
            table_of = np.stack(
                [grouped(column, self.lanes)[:, lane] for column in steps.T], axis=1
            )
            acc, group, found = self.values[lane], self.group, Const(0, 1)
            for level in range(levels):
                middle = table_of[:, (1 << (levels - level - 1)) - 1 :: 1 << (levels - level)]
                step = self._lookup(m, middle, group, found, never, f"step_{lane}_{level}")
                acc = self._register(m, acc, self.acc, f"acc_{lane}_{level}")
                if groups > 1:
                    group = self._register(m, group, QInt(0, groups - 1), f"group_{lane}_{level}")
                before = found
                found = Signal(level + 1, name=f"found_{lane}_{level}")
                above = acc >= step
                if level:
                    last = self._register(
                        m, before, QInt(0, (1 << level) - 1), f"last_{lane}_{level}"
                    )
                    m.d.comb += found.eq((last << 1) | above)
                else:
                    m.d.comb += found.eq(above)
            results.append(self._register(m, found + form.base, self.out, f"result_{lane}"))
        return results, levels + 1

    def _lookup(self, m, rows: Ints, group, found, q: QInt, name: str):
        """Entry ``found`` of row ``group``, one cycle later; a memory once it is worth one."""
        groups, entries = rows.shape
        address = Signal(range(max(rows.size, 2)), name=f"{name}_address")
        m.d.comb += address.eq(group * entries + found if groups > 1 else found)
        if rows.size <= FEW_ENTRIES:
            values = [Const(int(v), shape_of(q)) for v in rows.ravel()]
            return self._register(m, Array(values)[address], q, name)
        shape = shape_of(q)
        m.submodules[name] = rom = Memory(
            shape=shape, depth=rows.size, init=[int(v) for v in rows.ravel()]
        )
        port = rom.read_port()
        m.d.comb += [port.en.eq(self.advance), port.addr.eq(address)]
        return port.data
