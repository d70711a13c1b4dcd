"""Where the pixels of a map lie in a circular buffer: in raster order, without any gap."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, wiring

from corgibuilder.ir import Shape, Window

from .size import sides
from .slots import moved_on_map, slots_signature, sum_modulo, window_is_there
from .streams import Buffer


class CircularSlots(wiring.Component):
    """Gives every pixel the next of ``capacity`` slots, and says which of them hold a window.

    A slot is free again as soon as no later window needs its pixel. Rows in the padding have no
    slot.

    Parameters
    ----------
    window
        Kernel, stride and padding of the windows read.
    capacity
        Slots; at least the span of a window on the largest map.
    largest
        Shape of the largest map that will ever pass.

    Members
    -------
    As in :func:`~.slots.slots_signature`.
    """

    def __init__(self, window: Window, *, capacity: int, largest: Shape):
        self.window = window
        self.capacity = capacity
        self.largest = largest
        self.number = pixel_numbers(window, capacity=capacity, width=largest.width)
        self.start = data.StructLayout({"slot": range(capacity), "number": self.number})
        super().__init__(slots_signature(window, capacity, largest))

    def elaborate(self, platform):
        m = Module()
        m.submodules.starts = starts = Buffer(self.start)
        first = Signal(self.number)  # number of the first pixel still needed
        draining = Signal()  # nothing that comes before the next frame is needed
        self._write(m, starts.i, first, draining)
        self._read(m, starts.o, first, draining)
        return m

    def _write(self, m, start, first, draining):
        """After each frame tell the reader where the next one starts."""
        bits = len(first)
        replaced = Signal(bits, init=-self.capacity % (1 << bits))  # number of the pixel before
        next_slot = self._moved(m, self.write_slot, 1 % self.capacity, name="write_next_slot")
        # The first window starts in the padding, whose columns have slots like others.
        back = (1 - self.window.pads.left) % self.capacity
        frame_start = self._moved(m, self.write_slot, back, name="frame_start")
        last = self.write_last_x & self.write_last_y
        m.d.comb += [
            self.write_ready.eq(
                self.write_size.valid & ((replaced != first) | draining) & (start.ready | ~last)
            ),
            start.valid.eq(self.write_next & last),
            start.payload.slot.eq(frame_start),
            start.payload.number.eq(replaced + (self.capacity + 1)),
        ]
        with m.If(self.write_next):
            m.d.sync += [self.write_slot.eq(next_slot), replaced.eq(replaced + 1)]

    def _read(self, m, start, first, draining):
        """Follow the window address generator."""
        there = window_is_there(m, self)
        m.d.comb += self.read_ready.eq((start.valid | there) & ~draining)
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
        self._free(m, start.payload.number, first, next_frame)
        self._taps(m, start.payload.slot, next_frame)

    def _free(self, m, frame_start, first, next_frame):
        """A window's first pixel on the map frees all before it."""
        (sy, sx), pads = self.window.stride, self.window.pads
        width, _ = sides(self.read_size, self.largest)
        first_of_row = Signal.like(first, name="first_of_row")  # of row max(top, 0)
        next_row, columns_freed = (
            Signal.like(first, name="first_of_next_row"),
            Signal(range(sx + 1)),
        )
        # A row that the next row of windows starts with too stays whole.
        row_stays = moved_on_map(self.top, sy, pads.top, lambda rows: int(rows == 0))
        m.d.comb += [
            next_row.eq(
                first_of_row + moved_on_map(self.top, sy, pads.top, lambda rows: rows * width)
            ),
            columns_freed.eq(Mux(row_stays, 0, moved_on_map(self.left, sx, pads.left))),
        ]
        with m.If(self.window_done):
            m.d.sync += first.eq(first + columns_freed)
            with m.If(self.last_x):
                m.d.sync += [number.eq(next_row) for number in (first, first_of_row)]
        with m.If(next_frame):
            m.d.sync += [number.eq(frame_start) for number in (first, first_of_row)]

    def _taps(self, m, frame_start, next_frame):
        """Slots of the tap, and of where the enclosing loops began.

        Rows above the map have no slots, so the number stands still in them.
        """
        kh, (sy, sx), pads = self.window.kernel[0], self.window.stride, self.window.pads
        width, _ = sides(self.read_size, self.largest)
        back = -pads.left % self.capacity
        at = [
            Signal(range(self.capacity), name=f"{loop}_slot", init=back)
            for loop in ("tap", "tap_row", "window", "row")
        ]
        tap, tap_row, window, row = at

        def distance(rows: int):
            if rows == 0:
                return 0
            most = rows * self.largest.width
            return wrapped(m, rows * width, self.capacity, most, name=f"distance_of_{rows}_rows")

        rows_down = Signal.like(row, name="rows_down")
        m.d.comb += rows_down.eq(moved_on_map(self.top, sy, pads.top, distance))
        next_window = self._moved(m, window, sx % self.capacity, name="next_window")
        next_row = self._moved(m, row, rows_down, name="next_row")
        m.d.comb += self.read_slot.eq(tap)
        with m.If(self.tap_step):
            m.d.sync += tap.eq(self._moved(m, tap, 1 % self.capacity, name="beside"))
        if kh > 1:
            below = self._moved(m, tap_row, width, name="below")
            if pads.top:
                below = Mux(self.row < 0, tap_row, below)
            with m.If(self.row_done):
                m.d.sync += [slot.eq(below) for slot in at[:2]]
        with m.If(self.taps_done):
            m.d.sync += [slot.eq(window) for slot in at[:2]]
        with m.If(self.window_done):
            m.d.sync += [slot.eq(Mux(self.last_x, next_row, next_window)) for slot in at[:3]]
            with m.If(self.last_x):
                m.d.sync += row.eq(next_row)
        with m.If(next_frame):
            m.d.sync += [slot.eq(frame_start) for slot in at]

    def _moved(self, m, slot, distance, *, name):
        return sum_modulo(m, slot, distance, self.capacity, name=name)


def pixel_numbers(window: Window, *, capacity: int, width: int) -> range:
    """Numbers of pixels, modulo a power of two: as many as slots can be free, or none.

    If the pixel to be written is number ``n`` and the first one still needed is number ``first``,
    then ``first + capacity - n`` slots are free. ``n`` comes after the last pixel of the window
    that was read last, so ``first`` is less than a stride beyond ``n``. It is never more than
    ``capacity`` before ``n``, not even where rows that no window needs end a map.
    """
    return range(capacity + max(window.stride[0] * width, window.stride[1]))


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
