"""The line buffer for one column per cycle: one bank for each row of the window."""

from amaranth.hdl import Array, Cat, Module, Mux, Signal, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from corgibuilder.ir import QInt, Window

from .raster import raster
from .size import COUNT, OFFSET, POSITION, SIZE, columns_read, output_rows
from .streams import Buffer, as_given, shape_of, word


class RowBanks(wiring.Component):
    """Stores a map as it comes and reads it column by column, ``window.kernel[0]`` rows at once.

    One pixel goes in and one column comes out per cycle; rows and frames follow each other without
    a gap. Row ``r`` lies in bank ``r`` modulo the kernel's rows and is overwritten pixel by pixel
    once the row of windows that needs it has passed. Rows in the padding read as 0. The columns of
    a row of windows are those that some window needs, in order. Latency 2 cycles.

    Parameters
    ----------
    x, lanes
        Range of the values, and the channels of the map: a word is a whole pixel.
    given
        Range of the values that come out: ``x`` itself, or with a step of 1. The banks hold codes
        of ``x``.
    window
        Kernel, stride and padding.
    max_width
        Widest map that will ever pass.

    Members
    -------
    i : :py:`In(stream.Signature(ArrayLayout(x, lanes)))`
    o : :py:`Out(stream.Signature(ArrayLayout(ArrayLayout(given, lanes), rows)))`
        A column, top row first.
    write_size, read_size : :py:`In(stream.Signature(SIZE))`
        Size of the map being written and of the map being read; taken with the frame's last word.
    """

    def __init__(self, x: QInt, lanes: int, *, given: QInt, window: Window, max_width: int):
        self.x = x
        self.given = given
        self.pixel = word(shape_of(x), lanes)
        self.shown = word(shape_of(given), lanes)
        self.window = window
        self.max_width = max_width
        self.rows = window.kernel[0]
        # Rows are counted modulo a power of two in which every distance is unambiguous.
        self.index_bits = (2 * max(self.rows, window.stride[0]) + self.rows + 2).bit_length() + 1
        self.start = data.StructLayout({"bank": range(max(self.rows, 2)), "row": self.index_bits})
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
                shape=self.pixel.size, depth=max(self.max_width, 2), init=[]
            )
            banks.append((bank.write_port(), bank.read_port()))
        m.submodules.starts = starts = Buffer(self.start)
        writer = Signal(data.StructLayout({"column": POSITION, "row": self.index_bits}))
        reader = Signal(data.StructLayout({"column": POSITION, "row": self.index_bits}))
        draining = Signal()  # nothing that comes before the next frame is needed
        self._write(m, [port for port, _ in banks], starts.i, writer, reader, draining)
        self._read(m, [port for _, port in banks], starts.o, writer, reader, draining)
        return m

    def _write(self, m, ports, start, writer, reader, draining):
        """Fill bank after bank; after each frame tell the reader where the next one starts."""
        bank, next_bank = Signal(range(max(self.rows, 2))), Signal(range(max(self.rows, 2)))
        take, ends, room = Signal(name="write_take"), Signal(name="write_ends"), Signal()
        ahead = Signal(signed(self.index_bits))
        size = self.write_size
        at = raster(m, size.payload.width, size.payload.height, take, name="write")
        row = Signal(self.index_bits, name="write_row")
        m.d.comb += [
            Cat(writer.column, writer.row).eq(Cat(at.x, row)),
            ends.eq(at.last),
            next_bank.eq(Mux(bank == self.rows - 1, 0, bank + 1)),
            ahead.eq(row - reader.row),
            room.eq(
                (ahead < self.rows)
                | ((ahead == self.rows) & (writer.column < reader.column))
                | draining
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
                port.addr.eq(writer.column),
                port.data.eq(Cat(self.i.payload)),
            ]
        with m.If(take & at.last_x):
            m.d.sync += [row.eq(row + 1), bank.eq(next_bank)]

    def _read(self, m, ports, start, writer, reader, draining):
        """Walk over the columns of every row of windows."""
        window, pads, sy = self.window, self.window.pads, self.window.stride[0]
        width, height = self.read_size.payload.width, self.read_size.payload.height
        rows, columns = Signal(COUNT), Signal(COUNT)
        m.d.comb += [
            rows.eq(output_rows(window, height)),
            columns.eq(columns_read(window, width)),
        ]
        step = Signal(name="read_step")
        at = raster(m, columns, rows, step, name="read")
        top = Signal(OFFSET, init=-pads.top)
        top_next, rows_down = Signal(OFFSET), Signal(range(sy + 1))
        first_row = Signal(self.index_bits)  # number of row max(top, 0)
        span = Signal(range(self.rows + 1))
        behind = Signal(signed(self.index_bits))
        m.d.comb += [
            top_next.eq(top + sy),
            rows_down.eq(Mux(top_next < 0, 0, Mux(top < 0, top_next, sy))),
            span.eq(
                Mux(top + (self.rows - 1) >= height, height - 1, top + (self.rows - 1))
                - Mux(top < 0, 0, top)
            ),
            behind.eq(writer.row - (first_row + span)),
            # A row that the next row of windows starts with too stays whole.
            reader.row.eq(first_row),
            reader.column.eq(Mux(rows_down == 0, 0, at.x)),
        ]
        enable, next_frame, frame_done = Signal(), Signal(), Signal()
        m.d.comb += [
            step.eq(
                enable
                & self.read_size.valid
                & ~draining
                & ((behind > 0) | ((behind == 0) & (at.x < writer.column)))
            ),
            frame_done.eq(step & at.last),
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
        with m.If(step & at.last_x):
            m.d.sync += [
                top.eq(top_next),
                first_row.eq(first_row + rows_down),
                bank.eq(bank_down),
            ]
        with m.If(frame_done):
            m.d.sync += draining.eq(1)
        with m.If(next_frame):
            m.d.sync += [
                draining.eq(0),
                top.eq(-pads.top),
                first_row.eq(start.payload.row),
                bank.eq(bank_start),
            ]

        # The banks answer one cycle after the step, then turn to put the top row first.
        turn = Signal.like(bank, reset_less=True)
        masked = Signal(self.rows, reset_less=True)
        m.d.comb += enable.eq(~self.o.valid | self.o.ready)
        for port in ports:
            m.d.comb += [port.en.eq(step), port.addr.eq(at.x)]
        with m.If(enable):
            m.d.sync += [
                self.o.valid.eq(step),
                turn.eq(bank),
                masked.eq(Cat(((top + k < 0) | (top + k >= height)) for k in range(self.rows))),
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
