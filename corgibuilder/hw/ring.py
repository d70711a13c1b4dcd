"""Where the pixels of a map lie in a ring: in raster order, rows and frames without a gap."""

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import data, wiring

from corgibuilder.ir import Window

from .places import places_signature
from .size import OFFSET, POSITION
from .streams import Buffer
from .window_walk import on_map


class Ring(wiring.Component):
    """Gives every pixel the next of ``capacity`` places, and says which of them hold a window.

    A place is free again as soon as no later window needs its pixel. Rows in the padding have no
    place.

    Parameters
    ----------
    window
        Kernel, stride and padding of the windows read.
    capacity
        Places.
    max_width
        Widest map that will ever pass.

    Members
    -------
    As in :func:`~.places.places_signature`.
    """

    def __init__(self, window: Window, *, capacity: int, max_width: int):
        self.window = window
        self.capacity = capacity
        self.max_width = max_width
        # Pixels are numbered modulo a power of two in which every distance is unambiguous.
        reach = max(capacity, max(window.kernel[0], window.stride[0]) * max_width) + max_width + 2
        self.index_bits = (reach + max(window.kernel[1], window.stride[1])).bit_length() + 1
        self.start = data.StructLayout({"place": range(capacity), "index": self.index_bits})
        super().__init__(places_signature(window, capacity))

    def elaborate(self, platform):
        m = Module()
        m.submodules.starts = starts = Buffer(self.start)
        first = Signal(self.index_bits)  # number of the first pixel still needed
        written = Signal(self.index_bits)  # number of the pixel being written
        draining = Signal()  # nothing that comes before the next frame is needed
        self._write(m, starts.i, first, written, draining)
        self._read(m, starts.o, first, written, draining)
        return m

    def _moved(self, m, place, distance, most, *, name):
        """The place so far behind, which is at most ``most``."""
        return wrapped(m, place + distance, self.capacity, self.capacity - 1 + most, name=name)

    def _write(self, m, start, first, written, draining):
        """After each frame tell the reader where the next one starts."""
        held = Signal(signed(self.index_bits))  # negative while pixels pass that no window needs
        next_place = self._moved(m, self.write_place, 1, 1, name="write_next_place")
        m.d.comb += [
            held.eq(written - first),
            self.write_ready.eq(
                self.write_size.valid
                & ((held < self.capacity) | draining)
                & (start.ready | ~self.write_last)
            ),
            start.valid.eq(self.write_next & self.write_last),
            start.payload.place.eq(next_place),
            start.payload.index.eq(written + 1),
        ]
        with m.If(self.write_next):
            m.d.sync += [self.write_place.eq(next_place), written.eq(written + 1)]

    def _read(self, m, start, first, written, draining):
        """Follow the walk through the windows."""
        (kh, kw), (sy, sx), pads = self.window.kernel, self.window.stride, self.window.pads
        width, height, top, left = self.read_size.width, self.read_size.height, self.top, self.left

        # How far the first row on the map moves down for the next row of windows.
        top_next, rows_down = Signal(OFFSET), Signal(range(sy + 1))
        m.d.comb += [
            top_next.eq(top + sy),
            rows_down.eq(Mux(top_next < 0, 0, Mux(top < 0, top_next, sy))),
        ]

        # The window's first pixel on the map frees all before it; its last one must be there.
        row_index = Signal(self.index_bits)  # number of the first pixel in row max(top, 0)
        need, ahead = Signal(self.index_bits), Signal(self.index_bits)
        top_on_map, left_on_map, span = Signal(POSITION), Signal(POSITION), Signal(range(kh + 1))
        m.d.comb += [
            top_on_map.eq(Mux(top < 0, 0, top)),
            # A row that the next row of windows starts with too stays whole.
            left_on_map.eq(Mux((left < 0) | (rows_down == 0), 0, left)),
            span.eq(on_map(top + (kh - 1), height) - top_on_map),
            first.eq(row_index + left_on_map),
            need.eq(row_index + span * width + on_map(left + (kw - 1), width)),
            ahead.eq(written - need - 1),
            self.read_ready.eq((~ahead[-1] | (written == need) & self.write_beyond) & ~draining),
        ]
        # After a frame's last word: on to the next frame, or wait until this one is written to its
        # end and let pass what no window needs.
        next_frame = Signal()
        m.d.comb += [
            next_frame.eq((self.frame_done | draining) & start.valid),
            self.frame_taken.eq(next_frame),
            start.ready.eq(next_frame),
        ]
        with m.If(self.frame_done):
            m.d.sync += draining.eq(1)
        with m.If(next_frame):
            m.d.sync += draining.eq(0)

        # Places: of the tap, and of where the enclosing loops began. Rows above the map have none,
        # so the place stands still in them.
        back = -pads.left % self.capacity
        at = [
            Signal(range(self.capacity), name=f"{loop}_place", init=back)
            for loop in ("tap", "tap_row", "window", "row")
        ]
        tap, tap_row, window, row = at
        beside = self._moved(m, tap, 1, 1, name="beside")
        above = top + self.tap_y < 0
        below = self._moved(m, tap_row, Mux(above, 0, width), self.max_width, name="below")
        next_window = self._moved(m, window, sx, sx, name="next_window")
        next_row = self._moved(m, row, rows_down * width, sy * self.max_width, name="next_row")
        frame_start = self._moved(m, start.payload.place, back, back, name="frame_start")
        m.d.comb += self.read_place.eq(tap)
        with m.If(self.tap_step):
            m.d.sync += tap.eq(beside)
        with m.If(self.row_done):
            m.d.sync += [tap.eq(below), tap_row.eq(below)]
        with m.If(self.taps_done):
            m.d.sync += [tap.eq(window), tap_row.eq(window)]
        with m.If(self.window_done):
            m.d.sync += [place.eq(Mux(self.last_x, next_row, next_window)) for place in at[:3]]
            with m.If(self.last_x):
                m.d.sync += [row.eq(next_row), row_index.eq(row_index + rows_down * width)]
        with m.If(next_frame):
            m.d.sync += [place.eq(frame_start) for place in at]
            m.d.sync += row_index.eq(start.payload.index)


FEW = 4  #: subtractions in a row, of the modulus itself; for more, of its powers of two


def wrapped(m: Module, value, modulus: int, most: int, *, name: str) -> Signal:
    """Named wire holding ``value % modulus`` for ``value <= most``, by conditional subtractions."""
    times = most // modulus
    shifts = [0] * (times + 1) if times < FEW else reversed(range(times.bit_length()))
    for k, shift in enumerate(shifts):
        wire, taken = Signal(range(most + 1), name=f"{name}_{k}"), modulus << shift
        m.d.comb += wire.eq(value)
        value = Mux(wire >= taken, wire - taken, wire)
        most = max(taken - 1, most - taken)
    result = Signal(range(modulus), name=name)
    m.d.comb += result.eq(value)
    return result
