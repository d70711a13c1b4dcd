"""The window sources of the project, each with its checker."""

from amaranth.hdl import Module
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from corgibuilder.hw.line_buffer import LineBuffer
from corgibuilder.hw.pool import TilePool
from corgibuilder.hw.row_banks import RowBanks
from corgibuilder.hw.size import SIZE
from corgibuilder.hw.streams import shape_of, word
from corgibuilder.hw.window import Column, WindowShiftRegister
from corgibuilder.ir import PoolKind, QInt, Shape, Window
from corgibuilder.plan.components import LineBufferConfig, TilePoolConfig
from corgibuilder.plan.shuffled_slots import pairs_rows, slot_count

from .bench import PIXEL, Checked, Order

LINE_BUFFER_SIZES = ("write_size", "read_size")


def tap_serial(
    window,
    sizes,
    *,
    spare=0,
    parts=1,
    groups=1,
    single_port=False,
    repeats=1,
    late=False,
):
    """A line buffer read tap by tap.

    ``spare`` slots more than it needs at least, ``parts`` words to a pixel, the rest as for
    :class:`~corgibuilder.plan.components.LineBufferConfig`; ``late`` sizes.
    """
    source = _line_buffer(
        window,
        sizes,
        spare=spare,
        channels=parts,
        groups=groups,
        single_port=single_port,
        repeats=repeats,
    )
    kh, kw = window.kernel
    taps = [(ty, tx) for ty in range(kh) for tx in range(kw)]
    each = parts // groups
    words = [
        ((*tap, part),)
        for first in range(0, parts, each)
        for _ in range(repeats)
        for tap in taps
        for part in range(first, first + each)
    ]
    order = Order(words=tuple(words), parts=parts)
    return Checked(source, window, sizes, order, size_ports=LINE_BUFFER_SIZES, late_sizes=late)


def column_buffer(window, sizes, *, spare=0, single_port=False, late=False):
    """Whole windows, fed from a line buffer one value of a column after the other."""
    rows = _line_buffer(window, sizes, spare=spare, by_column=True, single_port=single_port)
    return _windows(window, sizes, rows, late, by_value=True)


def row_banks(window, sizes, *, late=False):
    """Whole windows, fed from a bank for each row of the kernel, a column in each cycle."""
    rows = RowBanks(PIXEL, given=PIXEL, window=window, largest=_largest(1, sizes))
    return _windows(window, sizes, rows, late, by_value=False)


def in_place(window, sizes, *, parts=1, late=False):
    """Sums of windows that tile the map, each pixel being added as it comes."""
    kh, kw = window.kernel
    source = TilePool(
        TilePoolConfig(
            kind=PoolKind.SUM,
            x=PIXEL,
            out=QInt(0, PIXEL.hi * kh * kw),
            shape=_largest(parts, sizes),
            lanes=1,
            window=window,
        )
    )
    words = tuple(
        tuple((ty, tx, part) for ty in range(kh) for tx in range(kw)) for part in range(parts)
    )
    order = Order(words=words, parts=parts, summed=True)
    return Checked(source, window, sizes, order, size_ports=("size",), late_sizes=late)


def _line_buffer(window, sizes, *, spare, channels=1, by_column=False, **options):
    widest = max(width for _, width in sizes)
    read = window.column if by_column else window
    least = slot_count(read, widest) if pairs_rows(window) else window.span(widest) + spare
    return LineBuffer(
        LineBufferConfig(
            x=PIXEL,
            given=PIXEL,
            shape=_largest(channels, sizes),
            lanes=1,
            window=window,
            capacity=least,
            by_column=by_column,
            **options,
        )
    )


def _largest(channels, sizes):
    """Shape that is as high as any map and as wide as any."""
    return Shape(channels, max(h for h, _ in sizes), max(w for _, w in sizes))


def _windows(window, sizes, rows, late, *, by_value):
    kh, kw = window.kernel
    source = _WholeWindows(window, rows, largest=_largest(1, sizes), by_value=by_value)
    order = Order(words=(tuple((ty, tx, 0) for tx in range(kw) for ty in range(kh)),))
    ports = (*LINE_BUFFER_SIZES, "shift_register_size")
    return Checked(source, window, sizes, order, size_ports=ports, late_sizes=late)


class _WholeWindows(wiring.Component):
    """The window shift register behind what gives it its columns."""

    def __init__(self, window: Window, rows, *, largest: Shape, by_value: bool):
        self.window = window
        self.largest = largest
        self.rows = rows
        self.by_value = by_value
        self.pixel = word(shape_of(PIXEL), 1)
        column = data.ArrayLayout(self.pixel, window.kernel[0])
        super().__init__({
            "i": In(stream.Signature(self.pixel)),
            "o": Out(stream.Signature(data.ArrayLayout(column, window.kernel[1]))),
            **dict.fromkeys(
                (*LINE_BUFFER_SIZES, "shift_register_size"), In(stream.Signature(SIZE))
            ),
        })

    def elaborate(self, platform):
        m = Module()
        m.submodules.rows = rows = self.rows
        m.submodules.shift_register = shift_register = WindowShiftRegister(
            self.pixel, window=self.window, largest=self.largest
        )
        source = rows.o
        if self.by_value:
            m.submodules.column = column = Column(self.pixel, self.window.kernel[0])
            wiring.connect(m, rows.o, column.i)
            source = column.o
        wiring.connect(m, source, shift_register.i)
        wiring.connect(m, wiring.flipped(self.i), rows.i)
        wiring.connect(m, shift_register.o, wiring.flipped(self.o))
        for name in LINE_BUFFER_SIZES:
            wiring.connect(m, wiring.flipped(getattr(self, name)), getattr(rows, name))
        wiring.connect(m, wiring.flipped(self.shift_register_size), shift_register.size)
        return m
