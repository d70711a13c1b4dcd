"""The pipeline that all parts of a requantiser are built into, one after the other."""

import numpy as np
from amaranth.hdl import Array, Const, Module, Mux, Signal
from amaranth.lib.memory import Memory

from corgibuilder.hw.streams import counter, shape_of
from corgibuilder.hw.tables import table
from corgibuilder.ir import Ints, QInt
from corgibuilder.plan.folding import words_per_pixel
from corgibuilder.plan.requantisers.constants import FEW_ENTRIES, is_constant, range_of


def grouped(values: Ints, lanes: int) -> Ints:
    """Values ``(channels,)`` as rows of ``lanes``; the last channel fills the last row."""
    groups = words_per_pixel(len(values), lanes)
    return np.pad(values, (0, groups * lanes - len(values)), mode="edge").reshape(groups, lanes)


class DataPath:
    """Values of all lanes at one place of a pipeline that advances as a whole.

    Parameters
    ----------
    advance, valid
        Whether the pipeline advances, and whether there is a word at this place.
    values, q
        What there is in each lane, and its range.
    channels
        Channels of a pixel; those of a word follow from the place of the word in its pixel.
    """

    def __init__(self, m: Module, *, advance, valid, values: list, q: QInt, channels: int):
        self.m = m
        self.advance = advance
        self.valid = valid
        self.values = values
        self.q = q
        self.channels = channels
        self.lanes = len(values)
        self.groups = words_per_pixel(channels, self.lanes)
        self.prefix = ""
        self._group = None

    @property
    def group(self):
        """Number of the word in its pixel."""
        if self._group is None:
            taken = self.valid & self.advance
            self._group, _ = counter(self.m, self.groups, taken, name=f"{self.prefix}group")
        return self._group

    def give(self, values: list, q: QInt, *, latency: int):
        """Go on with ``values`` of range ``q``, which are there ``latency`` cycles later."""
        for k in range(latency):
            later = Signal(name=f"{self.prefix}valid_{k}")
            with self.m.If(self.advance):
                self.m.d.sync += later.eq(self.valid)
            self.valid = later
        self.values, self.q, self._group = values, q, None

    def register(self, value, q: QInt, name: str):
        """Register of range ``q`` that takes ``value`` when the pipeline advances."""
        register = Signal(shape_of(q), name=self.prefix + name, reset_less=True)
        with self.m.If(self.advance):
            self.m.d.sync += register.eq(value)
        return register

    def wire(self, value, q: QInt, name: str):
        wire = Signal(shape_of(q), name=self.prefix + name)
        self.m.d.comb += wire.eq(value)
        return wire

    def clip(self, value, q: QInt, out: QInt, name: str):
        """``value``, of range ``q``, between the ends of ``out``; and the range that is left."""
        result = value
        low, high = max(q.lo, out.lo), min(q.hi, out.hi)
        if low > high:  # everything is cut to the same value
            low = high = out.lo if q.hi < out.lo else out.hi
        if q.hi > out.hi:
            result = Mux(value > out.hi, out.hi, result)
        if q.lo < out.lo:
            result = Mux(value < out.lo, out.lo, result)
        clipped = QInt(low, high)
        return self.wire(result, clipped, f"clipped_{name}"), clipped

    def table(self, values: Ints, name: str) -> list:
        """The constant of each lane's channel, one cycle later; ``values`` are ``(channels,)``."""
        if is_constant(values, self.lanes):
            return [
                Const(int(v), shape_of(range_of(values))) for v in grouped(values, self.lanes)[0]
            ]
        rows, q = grouped(values, self.lanes), range_of(values)
        return table(self.m, rows, q, self.group, self.advance, name=self.prefix + name)

    def lookup(self, rows: Ints, group, index, q: QInt, name: str):
        """Entry ``index`` of row ``group``, one cycle later; a memory once it is worth one."""
        groups, entries = rows.shape
        name = self.prefix + name
        address = Signal(range(max(rows.size, 2)), name=f"{name}_address")
        self.m.d.comb += address.eq(group * entries + index if groups > 1 else index)
        shape = shape_of(q)
        if rows.size <= FEW_ENTRIES:
            entry = Signal(shape, name=name, reset_less=True)
            constants = Array([Const(int(v), shape) for v in rows.ravel()])
            with self.m.If(self.advance):
                self.m.d.sync += entry.eq(constants[address])
            return entry
        init = [int(v) for v in rows.ravel()]
        self.m.submodules[name] = rom = Memory(shape=shape, depth=rows.size, init=init)
        port = rom.read_port()
        self.m.d.comb += [port.en.eq(self.advance), port.addr.eq(address)]
        return port.data
