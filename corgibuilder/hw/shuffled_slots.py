"""Where the pixels of a map lie when two rows at a time become free."""

from dataclasses import dataclass

from amaranth.hdl import Const, Module, Mux, Signal, signed
from amaranth.lib import wiring

from corgibuilder.ir import Shape, Window
from corgibuilder.plan.shuffled_slots import guard_columns, slot_count

from .size import sides
from .slots import moved_on_map, slots_signature, sum_modulo, window_is_there


class ShuffledSlots(wiring.Component):
    """Gives every pixel one of ``capacity`` slots; see :mod:`corgibuilder.plan.shuffled_slots`.

    Every row of windows owns a pair of rows, its upper two, which it frees; its third one is the
    first of the next pair. A frame starts in the row of a pair that makes this so, and a row above
    it may stay without pixels; the frame before may end in that pair. Between frames of different
    width everything is read first, and the order of slots starts anew.

    Parameters
    ----------
    window
        Kernel, stride and padding of the windows read.
    capacity
        Slots.
    largest
        Shape of the largest map that will ever pass.

    Members
    -------
    As in :func:`~.slots.slots_signature`.
    """

    def __init__(self, window: Window, *, capacity: int, largest: Shape):
        assert capacity >= slot_count(window, largest.width)
        self.window = window
        self.guard_columns = guard_columns(window)
        self.capacity = capacity
        self.largest = largest
        # Slots are numbered in the order of writing, modulo a power of two.
        self.number = (4 * capacity).bit_length() + 1
        super().__init__(slots_signature(window, capacity, largest))

    def elaborate(self, platform):
        m = Module()
        line = Signal(range(self.capacity // 2 + 1))  # columns of a line, with the guard columns
        new_line = Signal.like(line)
        modulus = Signal(range(self.capacity))
        written = Signal(self.number)  # number of the slot being written
        limit = Signal(self.number)  # number of the first slot that is not free yet,
        next_limit = Signal(self.number)  # and when the window is read to its end
        waiting = Signal(signed(4))  # frames written that are not read to their end
        first, restart, frame_over = Signal(), Signal(), Signal()
        size = self.write_size
        m.d.comb += [
            new_line.eq(sides(size.size, self.largest)[0] + self.guard_columns),
            modulus.eq(2 * line - 1),
            first.eq((self.write_x == 0) & (self.write_y == 0)),
            restart.eq(size.valid & first & (waiting == 0) & (line != new_line)),
        ]
        ended = self.write_next & self.write_last_x & self.write_last_y
        m.d.sync += waiting.eq(waiting + ended - frame_over)
        with m.If(restart):
            m.d.sync += line.eq(new_line)
        lines = Lines(line, new_line, modulus, restart)
        self._write(m, lines, first, written, (limit, next_limit))
        row_over = self._read(m, lines, waiting, frame_over)
        self._free(m, lines, row_over, limit, next_limit)
        self._taps(m, lines, row_over)
        return m

    def _half(self, m, distance, lines, *, name):
        """``distance / 2`` modulo the odd ``modulus``: of the same columns in the next pair."""
        half = Signal(range(self.capacity), name=name)
        m.d.comb += half.eq((distance + Mux(distance[0], lines.modulus, 0)) >> 1)
        return half

    def _write(self, m, lines, first, written, limits):
        """Pass through all slots of a pair; some stay without a pixel.

        The lower row begins where the columns of the next pair are apart: half a ``step``.
        """
        line, slot = lines.columns, self.write_slot
        column = Signal.like(line, name="write_column")
        step = Signal(range(self.capacity), name="write_step")
        lower = Signal(name="write_lower")  # in the second row of a pair
        aligned, advance, skip, row_ends = Signal(), Signal(), Signal(), Signal()
        beyond = [Signal(signed(self.number), name=f"beyond_{k}") for k in range(2)]
        active, blank, free, free_word = Signal(), Signal(), Signal(), Signal()
        m.d.comb += [
            active.eq(self.write_size.valid & (line == lines.new_columns)),
            aligned.eq(~first | (lower == self.window.pads.top % 2)),
            blank.eq(column < self.guard_columns),
            *(beyond[k].eq(written - limits[k]) for k in range(2)),
            free.eq(beyond[0] < 0),
            free_word.eq(free | self.write_behind & (beyond[1] < 0)),
            self.write_ready.eq(active & aligned & free_word & ~blank),
            advance.eq(active & aligned & free & blank | self.write_next),
            skip.eq(active & ~aligned & (beyond[0] + line <= 0)),  # a whole row without pixels
            row_ends.eq(skip | advance & (column == line - 1)),
        ]
        after = sum_modulo(m, slot, step, lines.modulus, name="write_after")
        half = self._half(m, step, lines, name="write_half")
        with m.If(advance):
            m.d.sync += [written.eq(written + 1), column.eq(column + 1), slot.eq(after)]
            with m.If(lower & (column == line - 2)):
                # The last slot of a pair stays out of the shuffle.
                m.d.sync += slot.eq(lines.modulus)
        with m.If(skip):
            m.d.sync += written.eq(written + line)
        with m.If(row_ends):
            m.d.sync += [column.eq(0), lower.eq(~lower), slot.eq(half)]
            with m.If(lower):
                m.d.sync += [slot.eq(0), step.eq(half)]
        with m.If(lines.restart):
            m.d.sync += [written.eq(0), column.eq(0), lower.eq(0), slot.eq(0), step.eq(1)]

    def _read(self, m, lines, waiting, frame_over):
        """Follow the window address generator; returns that it leaves a pair of rows."""
        _, height = sides(self.read_size, self.largest)
        there = window_is_there(m, self)
        extra = Signal()  # a pair of which no row of windows starts is let go
        # Pairs of a frame that no row of windows owns: one if rows are left over at its end.
        left_over, row_over = Signal(), Signal()
        m.d.comb += [
            self.read_ready.eq(((waiting > 0) | (waiting == 0) & there) & ~extra),
            left_over.eq(height + height[0] > self.top + (self.window.pads.top + 2)),
            self.frame_taken.eq(self.frame_done),
            frame_over.eq(self.frame_done & ~left_over | extra),
            row_over.eq(self.window_done & self.last_x | extra),
        ]
        m.d.sync += extra.eq(self.frame_done & left_over)
        return row_over

    def _free(self, m, lines, row_over, limit, next_limit):
        """A window frees the pair's columns before it."""
        pair_limit, next_pair_limit = Signal.like(limit), Signal.like(limit)
        columns_freed = moved_on_map(self.left, self.window.stride[1], self.window.pads.left)
        m.d.comb += [
            next_pair_limit.eq(pair_limit + 2 * lines.columns),
            next_limit.eq(Mux(self.last_x, next_pair_limit, limit + 2 * columns_freed)),
        ]
        with m.If(self.window_done):
            m.d.sync += limit.eq(next_limit)
        with m.If(row_over):
            m.d.sync += [number.eq(next_pair_limit) for number in (limit, pair_limit)]
        with m.If(lines.restart):
            first_limit = 2 * lines.new_columns + 2 * self.guard_columns
            m.d.sync += [number.eq(first_limit) for number in (limit, pair_limit)]

    def _taps(self, m, lines, row_over):
        """Slots of the tap, of its row's first, of the window's first in the pair and below it.

        Columns lie ``step`` apart in the pair, ``half`` below it; so do the pair's rows.
        """
        sx, modulus = self.window.stride[1], lines.modulus
        width, _ = sides(self.read_size, self.largest)
        step, half = self._columns_apart(m, lines, 1, row_over, name="step")
        window_step, window_half = step, half
        if sx > 1:
            window_step, window_half = self._columns_apart(m, lines, sx, row_over, name="stride")
        # A row's first window starts so many columns from its first slot.
        offset = self.guard_columns - self.window.pads.left
        _, row_window = self._columns_apart(m, lines, offset, row_over, name="start")
        row_below = self._half(m, row_window, lines, name="row_below")
        tap, tap_row, window, below = (
            Signal(range(self.capacity), name=f"{loop}_slot")
            for loop in ("tap", "tap_row", "window", "below")
        )
        tap_step = Mux(self.tap_y == 2, half, step)
        beside = sum_modulo(m, tap, tap_step, modulus, name="beside")
        second = sum_modulo(m, tap_row, half, modulus, name="second_row")
        next_window = sum_modulo(m, window, window_step, modulus, name="next_window")
        next_below = sum_modulo(m, below, window_half, modulus, name="next_below")
        at_end = (self.tap_y == 1) & (self.column == width - 1)
        m.d.comb += self.read_slot.eq(Mux(at_end, modulus, tap))
        with m.If(self.tap_step):
            m.d.sync += tap.eq(beside)
        with m.If(self.row_done):
            third = self.tap_y == 1
            m.d.sync += [slot.eq(Mux(third, below, second)) for slot in (tap, tap_row)]
        with m.If(self.taps_done):
            m.d.sync += [tap.eq(window), tap_row.eq(window)]
        with m.If(self.window_done):
            m.d.sync += [slot.eq(next_window) for slot in (tap, tap_row, window)]
            m.d.sync += below.eq(next_below)
        with m.If(row_over):
            m.d.sync += [slot.eq(row_window) for slot in (tap, tap_row, window)]
            m.d.sync += below.eq(row_below)
        with m.If(lines.restart):
            m.d.sync += [slot.eq(offset) for slot in (tap, tap_row, window)]
            m.d.sync += below.eq(self._first_half(lines, offset))

    def _columns_apart(self, m, lines, columns: int, row_over, *, name):
        """Registers that hold how far so many columns are apart, in the pair and below it."""
        if not columns:
            return Const(0, 1), Const(0, 1)
        here, below = (
            Signal(range(self.capacity), name=f"{name}_{where}") for where in ("here", "below")
        )
        with m.If(row_over):
            m.d.sync += [
                here.eq(below),
                below.eq(self._half(m, below, lines, name=f"{name}_below_half")),
            ]
        with m.If(lines.restart):
            m.d.sync += [here.eq(columns), below.eq(self._first_half(lines, columns))]
        return here, below

    def _first_half(self, lines, columns: int):
        """Half of so many slots, after a restart: two lines make 1."""
        return columns // 2 + (lines.new_columns if columns % 2 else 0)


@dataclass(frozen=True, slots=True)
class Lines:
    """Columns of a line, with the guard columns: those of now and those of the map being written.

    ``modulus`` is that of the slots of a pair, without the last one. With ``restart`` the order of
    slots starts anew, for lines of ``new_columns``.
    """

    columns: Signal
    new_columns: Signal
    modulus: Signal
    restart: Signal
