"""The line buffer for one column per cycle: one bank for each row of the window."""

from amaranth.hdl import Array, Cat, Const, Module, Mux, Signal, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from corgibuilder.ir import QInt, Shape, Window

from .raster import Raster, raster
from .size import SIZE, columns_read, first_taps, sides
from .slots import moved_on_map
from .streams import Buffer, as_given, counter, shape_of, word


class RowBanks(wiring.Component):
    """Stores a map as it comes and reads it column by column, ``window.kernel[0]`` rows at once.

    One pixel goes in and one column comes out per cycle; rows and frames follow each other without
    a gap. Row ``r`` lies in bank ``r`` modulo the kernel's rows and is overwritten pixel by pixel
    once the row of windows that needs it has passed. Rows in the padding read as 0. The columns of
    a row of windows are those that some window needs, in order. Latency 2 cycles.

    Parameters
    ----------
    x
        Range of the values.
    given
        Range of the values that come out: ``x`` itself, or with a step of 1. The banks hold codes
        of ``x``.
    window
        Kernel, stride and padding.
    largest
        Shape of the largest map that will ever pass. A word is a whole pixel.

    Members
    -------
    i : :py:`In(stream.Signature(ArrayLayout(x, lanes)))`
    o : :py:`Out(stream.Signature(ArrayLayout(ArrayLayout(given, lanes), rows)))`
        A column, top row first.
    write_size, read_size : :py:`In(stream.Signature(SIZE))`
        Size of the map being written and of the map being read; taken with the frame's last word.
    """

    def __init__(self, x: QInt, *, given: QInt, window: Window, largest: Shape):
        self.x = x
        self.given = given
        self.pixel = word(shape_of(x), largest.channels)
        self.shown = word(shape_of(given), largest.channels)
        self.window = window
        self.largest = largest
        self.rows = window.kernel[0]
        # Rows are counted modulo a power of two in which every distance is unambiguous.
        self.number = (2 * max(self.rows, window.stride[0]) + self.rows + 2).bit_length() + 1
        self.start = data.StructLayout({"bank": range(max(self.rows, 2)), "row": self.number})
        super().__init__({
            "i": In(stream.Signature(self.pixel)),
            "o": Out(stream.Signature(data.ArrayLayout(self.shown, self.rows))),
            "write_size": In(stream.Signature(SIZE)),
            "read_size": In(stream.Signature(SIZE)),
        })

    def elaborate(self, platform):
        m = Module()
        banks = []
        for b in range(self.rows):
            m.submodules[f"bank_{b}"] = bank = Memory(
                shape=self.pixel.size, depth=max(self.largest.width, 2), init=[]
            )
            banks.append((bank.write_port(), bank.read_port()))
        m.submodules.starts = starts = Buffer(self.start)
        first_row = Signal(self.number)  # number of the first row still needed
        first_column = Signal(range(max(self.largest.width, 2)))  # of its first pixel still needed
        draining = Signal()  # nothing that comes before the next frame is needed
        writes, reads = zip(*banks, strict=True)
        at = self._write(m, writes, starts.i, first_row, first_column, draining)
        self._read(m, reads, starts.o, at, first_row, first_column, draining)
        return m

    def _write(self, m, ports, start, first_row, first_column, draining) -> Raster:
        """Fill bank after bank; after each frame tell the reader where the next one starts.

        Returns where the pixel being written lies.
        """
        bank, next_bank = Signal(range(max(self.rows, 2))), Signal(range(max(self.rows, 2)))
        take, ends, room = Signal(name="write_take"), Signal(name="write_ends"), Signal()
        ahead = Signal(signed(self.number))
        size = self.write_size
        width, height = sides(size.payload, self.largest)
        at = raster(m, width, height, take, name="write")
        row = Signal(self.number, name="write_row")
        m.d.comb += [
            ends.eq(at.last),
            next_bank.eq(Mux(bank == self.rows - 1, 0, bank + 1)),
            ahead.eq(row - first_row),
            room.eq(
                (ahead < self.rows) | ((ahead == self.rows) & (at.x < first_column)) | draining
            ),
            self.i.ready.eq(size.valid & room & (start.ready | ~ends)),
            take.eq(self.i.valid & self.i.ready),
            size.ready.eq(take & ends),
            start.valid.eq(take & ends),
            start.payload.bank.eq(next_bank),
            start.payload.row.eq(row + 1),
        ]
        for b, port in enumerate(ports):
            m.d.comb += [
                port.en.eq(take & (bank == b)),
                port.addr.eq(at.x),
                port.data.eq(Cat(self.i.payload)),
            ]
        with m.If(take & at.last_x):
            m.d.sync += [row.eq(row + 1), bank.eq(next_bank)]
        return at

    def _read(self, m, ports, start, written, first_row, first_column, draining):
        """Read the columns of every row of windows."""
        window, pads, sy = self.window, self.window.pads, self.window.stride[0]
        width, height = sides(self.read_size.payload, self.largest)
        columns = Signal(range(self.largest.width + 1))
        step = Signal(name="read_step")
        x, last_x = counter(m, columns, step, name="read_x")
        tops, _ = first_taps(window, self.largest)
        top = Signal(tops, init=-pads.top)
        last_y = Signal(name="read_last_y")
        bottom = Signal(range(tops.start, tops.stop + self.rows - 1), init=self.rows - 1 - pads.top)
        rows_down, there = Signal(range(sy + 1)), Signal()
        m.d.comb += [
            columns.eq(columns_read(window, width)),
            last_y.eq(top > height + (pads.bottom - self.rows - sy)),
            rows_down.eq(moved_on_map(top, sy, pads.top)),
            # A row that the next row of windows starts with too stays whole.
            first_column.eq(Mux(rows_down == 0, 0, x)),
            # The window's last row may lie in the padding.
            there.eq(
                start.valid
                | (written.y > bottom)
                | ((written.y == bottom) | written.last_y) & (written.x > x)
            ),
        ]
        enable, next_frame, frame_done = Signal(), Signal(), Signal()
        m.d.comb += [
            step.eq(enable & self.read_size.valid & ~draining & there),
            frame_done.eq(step & last_x & last_y),
            next_frame.eq((frame_done | draining) & start.valid),
            self.read_size.ready.eq(next_frame),
            start.ready.eq(next_frame),
        ]

        # Bank of the window's top row; rows in the padding count as if they were stored.
        bank = Signal(range(max(self.rows, 2)), init=-pads.top % self.rows)
        bank_down = Array([(b + sy) % self.rows for b in range(self.rows)])[bank]
        bank_start = Array([(b - pads.top) % self.rows for b in range(self.rows)])[
            start.payload.bank
        ]
        with m.If(step & last_x):
            m.d.sync += [
                top.eq(top + sy),
                bottom.eq(bottom + sy),
                first_row.eq(first_row + rows_down),
                bank.eq(bank_down),
            ]
        with m.If(frame_done):
            m.d.sync += draining.eq(1)
        with m.If(next_frame):
            m.d.sync += [
                draining.eq(0),
                top.eq(top.init),
                bottom.eq(bottom.init),
                first_row.eq(start.payload.row),
                bank.eq(bank_start),
            ]

        # The banks answer one cycle after the step, then turn to put the top row first.
        turn = Signal.like(bank, reset_less=True)
        masked = Signal(self.rows, reset_less=True)
        no = Const(0, 1)
        above_or_below = [
            (top + k < 0 if k < pads.top else no)
            | (top + k >= height if k >= self.rows - pads.bottom else no)
            for k in range(self.rows)
        ]
        m.d.comb += enable.eq(~self.o.valid | self.o.ready)
        for port in ports:
            m.d.comb += [port.en.eq(step), port.addr.eq(x)]
        with m.If(enable):
            m.d.sync += [
                self.o.valid.eq(step),
                turn.eq(bank),
                masked.eq(Cat(above_or_below)),
            ]
        for k in range(self.rows):
            row = Array([ports[(b + k) % self.rows].data for b in range(self.rows)])[turn]
            held = Signal(self.pixel, name=f"held_{k}")
            given = Signal(self.shown, name=f"given_{k}")
            m.d.comb += [
                Cat(held).eq(row),
                *as_given(m, held, given, self.x, self.given, name=f"read_{k}"),
                Cat(self.o.payload[k]).eq(Mux(masked[k], 0, Cat(given))),
            ]
