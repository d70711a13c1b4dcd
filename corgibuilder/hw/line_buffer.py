"""The circular line buffer: a map goes in in raster order, the words of its windows come out."""

from amaranth.hdl import Cat, Module, Mux, ShapeLike, Signal, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from corgibuilder.ir import Pads, Window

from .size import SIZE, columns_read, output_columns, output_rows
from .streams import Buffer, counter, word

MAX_SIZE = 1 << 16  #: widths and heights are 16-bit numbers


def wrapped(m: Module, value, modulus: int, most: int, *, name: str) -> Signal:
    """Named wire holding ``value % modulus`` for ``value <= most``, by conditional subtractions."""
    for k in range(most // modulus + 1):
        wire = Signal(range(most + 1), name=f"{name}_{k}")
        m.d.comb += wire.eq(value)
        value = Mux(wire >= modulus, wire - modulus, wire)
        most = max(modulus - 1, most - modulus)
    result = Signal(range(modulus), name=name)
    m.d.comb += result.eq(value)
    return result


class LineBuffer(wiring.Component):
    """Stores a map as it comes and reads it window by window at its own pace.

    One word goes in and one word comes out per cycle. The memory is a ring of ``capacity`` pixels:
    a pixel is overwritten as soon as no window needs it any more, and a window is read as soon as
    its last pixel is there, rows and frames without a gap between them. A word that lies in the
    padding is replaced by ``padding`` but takes its cycle like any other. Latency from the last
    pixel of a window to the window's first word: 2 cycles.

    Order of the words of one window: tap rows, tap columns, words of a pixel, and all of it
    ``repeats`` times; with ``by_word``, for each word of a pixel: tap rows, tap columns. With
    ``by_column`` every column of a row of windows comes once, as a window one column wide.

    Parameters
    ----------
    shape, lanes
        Shape and number of values in a word.
    words
        Words of one pixel.
    window
        Kernel, stride and padding; the padding is smaller than the kernel.
    capacity
        Pixels that the ring holds, at least the span of one window.
    max_width
        Widest map that will ever pass.
    repeats
        How often each window is read.
    by_word
        Whether all taps of one word come before the next word.
    by_column
        Whether to give columns instead of windows; what concerns columns is then done elsewhere.
    padding
        Value outside the map.

    Members
    -------
    i : :py:`In(stream.Signature(ArrayLayout(shape, lanes)))`
    o : :py:`Out(stream.Signature(ArrayLayout(shape, lanes)))`
    write_size, read_size : :py:`In(stream.Signature(SIZE))`
        Size of the map being written and of the map being read; taken with the frame's last word.
    """

    def __init__(
        self,
        shape: ShapeLike,
        lanes: int,
        *,
        words: int,
        window: Window,
        capacity: int,
        max_width: int,
        repeats: int = 1,
        by_word: bool = False,
        by_column: bool = False,
        padding: int = 0,
    ):
        self.columns_read = columns_read if by_column else output_columns
        self.outer_window = window
        if by_column:
            window = column_window(window)
        assert capacity >= window.span(max_width)
        assert repeats == 1 or not by_word
        self.layout = word(shape, lanes)
        self.lanes = lanes
        self.words = words
        self.window = window
        self.capacity = capacity
        self.max_width = max_width
        self.repeats = repeats
        self.depth = max(capacity * words, 2)
        self.by_word = by_word
        self.padding = padding
        # Pixels are numbered modulo a power of two in which every distance is unambiguous.
        reach = max(capacity, max(window.kernel[0], window.stride[0]) * max_width) + max_width + 2
        self.index_bits = (reach + max(window.kernel[1], window.stride[1])).bit_length() + 1
        self.start = data.StructLayout({"address": range(self.depth), "index": self.index_bits})
        super().__init__({
            "i": In(stream.Signature(self.layout)),
            "o": Out(stream.Signature(self.layout)),
            "write_size": In(stream.Signature(SIZE)),
            "read_size": In(stream.Signature(SIZE)),
        })

    def elaborate(self, platform):
        m = Module()
        m.submodules.memory = memory = Memory(shape=self.layout.size, depth=self.depth, init=[])
        m.submodules.starts = starts = Buffer(self.start)
        first = Signal(self.index_bits)  # number of the first pixel still needed
        written = Signal(self.index_bits)  # number of the pixel being written
        draining = Signal()  # nothing that comes before the next frame is needed
        self._write(m, memory.write_port(), starts.i, first, written, draining)
        self._read(m, memory.read_port(), starts.o, first, written, draining)
        return m

    def _write(self, m, port, start, first, written, draining):
        """Fill the ring; after each frame tell the reader where the next one starts."""
        depth = self.depth
        address = Signal(range(depth), name="write_address")
        take = Signal()
        _, last_word = counter(m, self.words, take, name="write_word")
        x, y = Signal(16, name="write_x"), Signal(16, name="write_y")
        last_x, last_y = Signal(name="write_last_x"), Signal(name="write_last_y")
        ends, room = Signal(name="write_ends"), Signal(name="write_room")
        held = Signal(signed(self.index_bits))  # negative while pixels pass that no window needs
        next_address = wrapped(m, address + 1, depth, depth, name="write_next")
        size = self.write_size
        m.d.comb += [
            last_x.eq(x == size.payload.width - 1),
            last_y.eq(y == size.payload.height - 1),
            ends.eq(last_word & last_x & last_y),
            held.eq(written - first),
            room.eq((held < self.capacity) | draining),
            self.i.ready.eq(size.valid & room & (start.ready | ~ends)),
            take.eq(self.i.valid & self.i.ready),
            port.en.eq(take),
            port.addr.eq(address),
            port.data.eq(Cat(self.i.payload)),
            size.ready.eq(take & ends),
            start.valid.eq(take & ends),
            start.payload.address.eq(next_address),
            start.payload.index.eq(written + 1),
        ]
        with m.If(take):
            m.d.sync += address.eq(next_address)
            with m.If(last_word):
                m.d.sync += [written.eq(written + 1), x.eq(x + 1)]
                with m.If(last_x):
                    m.d.sync += [x.eq(0), y.eq(Mux(last_y, 0, y + 1))]

    def _read(self, m, port, start, first, written, draining):
        """Walk over the windows; each step reads one word."""
        (kh, kw), (sy, sx), pads = self.window.kernel, self.window.stride, self.window.pads
        words, depth = self.words, self.depth
        step, enable = Signal(name="read_step"), Signal(name="read_enable")

        # Position in the loops: innermost to outermost.
        if self.by_word:
            tap_x, tap_x_last = counter(m, kw, step, name="tap_x")
            tap_y, tap_y_last = counter(m, kh, step & tap_x_last, name="tap_y")
            taps_done = Signal()
            m.d.comb += taps_done.eq(tap_x_last & tap_y_last)
            _, part_last = counter(m, words, step & taps_done, name="part")
            row_done, window_done = tap_x_last, taps_done & part_last
        else:
            _, part_last = counter(m, words, step, name="part")
            tap_x, tap_x_last = counter(m, kw, step & part_last, name="tap_x")
            row_done = Signal()
            m.d.comb += row_done.eq(part_last & tap_x_last)
            tap_y, tap_y_last = counter(m, kh, step & row_done, name="tap_y")
            taps_done = Signal()
            m.d.comb += taps_done.eq(row_done & tap_y_last)
            _, repeat_last = counter(m, self.repeats, step & taps_done, name="repeat")
            window_done = taps_done & repeat_last
        width, height = self.read_size.payload.width, self.read_size.payload.height
        columns, rows = Signal(17), Signal(17)
        m.d.comb += [
            columns.eq(self.columns_read(self.outer_window, width)),
            rows.eq(output_rows(self.window, height)),
        ]
        x, y = Signal(16, name="read_x"), Signal(16, name="read_y")
        last_x, last_y = Signal(name="read_last_x"), Signal(name="read_last_y")
        m.d.comb += [last_x.eq(x == columns - 1), last_y.eq(y == rows - 1)]

        # Where the window lies on the map; negative in the padding.
        top = Signal(signed(18), init=-pads.top)
        left = Signal(signed(18), init=-pads.left)
        row, column = Signal(signed(18)), Signal(signed(18))
        outside = Signal()
        m.d.comb += [
            row.eq(top + tap_y),
            column.eq(left + tap_x),
            outside.eq((row < 0) | (row >= height) | (column < 0) | (column >= width)),
        ]

        # How far the first row on the map moves down for the next row of windows.
        top_next, rows_down = Signal(signed(18)), Signal(range(sy + 1))
        m.d.comb += [
            top_next.eq(top + sy),
            rows_down.eq(Mux(top_next < 0, 0, Mux(top < 0, top_next, sy))),
        ]

        # The window's first pixel on the map frees all before it; its last one must be there.
        def on_map(value, limit):
            return Mux(value < 0, 0, Mux(value >= limit, limit - 1, value))

        row_index = Signal(self.index_bits)  # number of the first pixel in row max(top, 0)
        need = Signal(self.index_bits)
        ahead = Signal(self.index_bits)
        top_on_map, span = Signal(16), Signal(range(kh + 1))
        left_on_map = Signal(16)
        m.d.comb += [
            top_on_map.eq(Mux(top < 0, 0, top)),
            # A row that the next row of windows starts with too stays whole.
            left_on_map.eq(Mux((left < 0) | (rows_down == 0), 0, left)),
            span.eq(on_map(top + (kh - 1), height) - top_on_map),
            first.eq(row_index + left_on_map),
            need.eq(row_index + span * width + on_map(left + (kw - 1), width)),
            ahead.eq(written - need - 1),
        ]
        # After a frame's last word: on to the next frame, or wait until this one is written to its
        # end and let pass what no window needs.
        next_frame = Signal()
        m.d.comb += [
            step.eq(enable & self.read_size.valid & ~ahead[-1] & ~draining),
            next_frame.eq((step & window_done & last_x & last_y | draining) & start.valid),
            self.read_size.ready.eq(next_frame),
            start.ready.eq(next_frame),
        ]
        with m.If(step & window_done & last_x & last_y):
            m.d.sync += draining.eq(1)
        with m.If(next_frame):
            m.d.sync += draining.eq(0)

        # Addresses: of the word, and of where the enclosing loops began. Rows above the map are not
        # stored, so the address stands still in them.
        row_words = width * words
        back = -pads.left * words % depth
        at = [
            Signal(range(depth), name=f"{loop}_address", init=back)
            for loop in ("word", "tap_row", "part", "window")
        ]
        address, tap_row_address, part_address, window_address = at
        row_address = Signal(range(depth), init=back)
        most_row = self.max_width * words

        def moved(register, distance, most, name):
            return wrapped(m, register + distance, depth, depth - 1 + most, name=name)

        beside = words if self.by_word else 1
        next_word = moved(address, beside, beside, "next_word")
        below = moved(tap_row_address, Mux(row < 0, 0, row_words), most_row, "below")
        next_part = moved(part_address, 1, 1, "next_part")
        next_window = moved(window_address, sx * words, sx * words, "next_window")
        next_row = moved(row_address, rows_down * row_words, sy * most_row, "next_row")
        frame_start = moved(start.payload.address, back, back, "frame_start")
        after_window = Signal(range(depth))
        m.d.comb += after_window.eq(Mux(last_x, next_row, next_window))
        with m.If(step):
            m.d.sync += address.eq(next_word)
            with m.If(row_done):
                m.d.sync += [address.eq(below), tap_row_address.eq(below)]
            with m.If(taps_done):
                restart = next_part if self.by_word else window_address
                m.d.sync += [r.eq(restart) for r in (address, tap_row_address, part_address)]
            with m.If(window_done):
                m.d.sync += [register.eq(after_window) for register in at]
                m.d.sync += [x.eq(x + 1), left.eq(left + sx)]
                with m.If(last_x):
                    m.d.sync += [
                        x.eq(0),
                        left.eq(-pads.left),
                        y.eq(y + 1),
                        top.eq(top_next),
                        row_address.eq(next_row),
                        row_index.eq(row_index + rows_down * width),
                    ]
        with m.If(next_frame):
            m.d.sync += [register.eq(frame_start) for register in (*at, row_address)]
            m.d.sync += [
                y.eq(0),
                top.eq(-pads.top),
                row_index.eq(start.payload.index),
            ]

        # The memory answers one cycle after the step.
        masked = Signal(reset_less=True)
        outgoing = Signal(self.layout)
        m.d.comb += [
            enable.eq(~self.o.valid | self.o.ready),
            port.en.eq(step),
            port.addr.eq(address),
            Cat(outgoing).eq(port.data),
            self.o.payload.eq(outgoing),
        ]
        with m.If(masked):
            m.d.comb += [lane.eq(self.padding) for lane in self.o.payload]
        with m.If(enable):
            m.d.sync += [self.o.valid.eq(step), masked.eq(outside)]


def column_window(window: Window) -> Window:
    """The same rows of windows, seen as windows one column wide."""
    return Window(
        kernel=(window.kernel[0], 1),
        stride=(window.stride[0], 1),
        pads=Pads(top=window.pads.top, bottom=window.pads.bottom),
    )
