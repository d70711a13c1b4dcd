"""Where the pixels of a map lie when two rows at a time become free."""

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import wiring

from corgibuilder.ir import Window
from corgibuilder.plan.paired_rows import margin, places

from .places import places_signature
from .window_walk import on_map


class PairedRows(wiring.Component):
    """Gives every pixel one of ``capacity`` places; see :mod:`corgibuilder.plan.paired_rows`.

    Every row of windows owns a pair of rows, its upper two, which it frees; its third one is the
    first of the next pair. A frame starts in the row of a pair that makes this so, and a row above
    it may stay without pixels; the frame before may end in that pair. Between frames of different
    width everything is read first, and the order of places starts anew.

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
        assert capacity >= places(window, max_width)
        self.window = window
        self.margin = margin(window)
        self.capacity = capacity
        # Places are numbered in the order of writing, modulo a power of two.
        self.index_bits = (4 * capacity).bit_length() + 1
        super().__init__(places_signature(window, capacity))

    def elaborate(self, platform):
        m = Module()
        line = Signal(range(self.capacity // 2 + 1))  # columns of a line, with the margin
        modulus = Signal(range(self.capacity))
        written = Signal(self.index_bits)  # number of the place being written
        freed = Signal(self.index_bits)  # number of the first pixel still needed,
        freed_next = Signal(self.index_bits)  # and when the window is read to its end
        waiting = Signal(signed(4))  # frames written that are not read to their end
        restart, frame_over = Signal(), Signal()
        size = self.write_size
        m.d.comb += [
            modulus.eq(2 * line - 1),
            restart.eq(
                size.valid
                & self.write_first
                & (waiting == 0)
                & (line != size.size.width + self.margin)
            ),
        ]
        ended = self.write_next & self.write_last
        m.d.sync += waiting.eq(waiting + ended - frame_over)
        with m.If(restart):
            m.d.sync += line.eq(size.size.width + self.margin)
        self._write(m, line, modulus, restart, written, (freed, freed_next))
        self._read(m, line, modulus, restart, written, (freed, freed_next), frame_over)
        return m

    def _sum(self, m, place, step, modulus, *, name):
        """``(place + step) % modulus`` of two places below ``modulus``."""
        total = Signal(range(2 * self.capacity), name=f"{name}_sum")
        result = Signal(range(self.capacity), name=name)
        m.d.comb += [
            total.eq(place + step),
            result.eq(Mux(total >= modulus, total - modulus, total)),
        ]
        return result

    def _half(self, m, step, modulus, *, name):
        """``step / 2`` modulo the odd ``modulus``: the distance of columns in the next pair."""
        half = Signal(range(self.capacity), name=name)
        m.d.comb += half.eq((step + Mux(step[0], modulus, 0)) >> 1)
        return half

    def _write(self, m, line, modulus, restart, written, freed):
        """Pass through all places of a pair; some stay without a pixel.

        The lower row begins where the columns of the next pair are apart: half a ``step``.
        """
        place, column = self.write_place, Signal.like(line, name="write_column")
        step = Signal(range(self.capacity), name="write_step")
        lower = Signal(name="write_lower")  # in the second row of a pair
        aligned, advance, skip, row_ends = Signal(), Signal(), Signal(), Signal()
        held = [Signal(signed(self.index_bits), name=f"held_{k}") for k in range(2)]
        active, blank, free, free_word = Signal(), Signal(), Signal(), Signal()
        m.d.comb += [
            active.eq(self.write_size.valid & (line == self.write_size.size.width + self.margin)),
            aligned.eq(~self.write_first | (lower == self.window.pads.top % 2)),
            blank.eq(column < self.margin),
            *(held[k].eq(written - freed[k]) for k in range(2)),
            free.eq(held[0] < 2 * line),
            free_word.eq(free | self.write_behind & (held[1] < 2 * line)),
            self.write_ready.eq(active & aligned & free_word & ~blank),
            advance.eq(active & aligned & free & blank | self.write_next),
            skip.eq(active & ~aligned & (held[0] <= line)),  # a whole row without pixels
            row_ends.eq(skip | advance & (column == line - 1)),
        ]
        after = self._sum(m, place, step, modulus, name="write_after")
        half = self._half(m, step, modulus, name="write_half")
        with m.If(advance):
            m.d.sync += [written.eq(written + 1), column.eq(column + 1), place.eq(after)]
            with m.If(lower & (column == line - 2)):
                m.d.sync += place.eq(modulus)  # the last place of a pair keeps out of the shuffle
        with m.If(skip):
            m.d.sync += written.eq(written + line)
        with m.If(row_ends):
            m.d.sync += [column.eq(0), lower.eq(~lower), place.eq(half)]
            with m.If(lower):
                m.d.sync += [place.eq(0), step.eq(half)]
        with m.If(restart):
            m.d.sync += [written.eq(0), column.eq(0), lower.eq(0), place.eq(0), step.eq(1)]

    def _read(self, m, line, modulus, restart, written, freed, frame_over):
        """Follow the walk through the windows."""
        kw, sx, pads = self.window.kernel[1], self.window.stride[1], self.window.pads
        width, height, top, left = self.read_size.width, self.read_size.height, self.top, self.left

        # The window frees the pair's columns before it; its last pixel must be there.
        pair_index = Signal(self.index_bits)  # number of the pair's first place
        need, ahead, span = Signal(self.index_bits), Signal(self.index_bits), Signal(range(3))
        extra = Signal()  # a pair of which no row of windows starts is let go
        m.d.comb += [
            freed[0].eq(pair_index + 2 * (self.margin + Mux(left < 0, 0, left))),
            freed[1].eq(
                pair_index
                + 2 * (self.margin + Mux(self.last_x, line, Mux(left < -sx, 0, left + sx)))
            ),
            span.eq(Mux(top + 2 >= height, height - 1 - top, 2)),
            need.eq(pair_index + span * line + self.margin + on_map(left + (kw - 1), width)),
            ahead.eq(written - need - 1),
            self.read_ready.eq((~ahead[-1] | (written == need) & self.write_beyond) & ~extra),
        ]
        # Pairs of a frame that no row of windows owns: one if rows are left over at its end.
        left_over = Signal()
        m.d.comb += [
            left_over.eq(height + height[0] > top + (pads.top + 2)),
            self.frame_taken.eq(self.frame_done),
            frame_over.eq(self.frame_done & ~left_over | extra),
        ]
        m.d.sync += extra.eq(self.frame_done & left_over)

        # Places: of the tap, of its row's first, of the window's first in the pair and below it.
        # Columns lie ``step`` apart in the pair, ``half`` below it; so do the pair's rows.
        step = Signal(range(self.capacity), name="read_step")
        half = self._half(m, step, modulus, name="read_half")
        quarter = self._half(m, half, modulus, name="read_quarter")
        tap, tap_row, window, below = (
            Signal(range(self.capacity), name=f"{loop}_place")
            for loop in ("tap", "tap_row", "window", "below")
        )
        beside = self._sum(m, tap, Mux(self.tap_y == 2, half, step), modulus, name="beside")
        second = self._sum(m, tap_row, half, modulus, name="second_row")
        next_window = self._times(m, window, sx, step, modulus, name="next_window")
        next_below = self._times(m, below, sx, half, modulus, name="next_below")
        offset = self.margin - pads.left
        row_window = self._times(m, 0, offset, half, modulus, name="row_window")
        row_below = self._times(m, 0, offset, quarter, modulus, name="row_below")
        at_end = (self.tap_y == 1) & (self.column == width - 1)
        m.d.comb += self.read_place.eq(Mux(at_end, modulus, tap))
        with m.If(self.tap_step):
            m.d.sync += tap.eq(beside)
        with m.If(self.row_done):
            third = self.tap_y == 1
            m.d.sync += [place.eq(Mux(third, below, second)) for place in (tap, tap_row)]
        with m.If(self.taps_done):
            m.d.sync += [tap.eq(window), tap_row.eq(window)]
        with m.If(self.window_done):
            m.d.sync += [place.eq(next_window) for place in (tap, tap_row, window)]
            m.d.sync += below.eq(next_below)
        with m.If(self.window_done & self.last_x | extra):
            m.d.sync += [place.eq(row_window) for place in (tap, tap_row, window)]
            m.d.sync += [below.eq(row_below), step.eq(half), pair_index.eq(pair_index + 2 * line)]
        with m.If(restart):
            # The columns of the first pair are 1 apart, those below it a line: two lines make 1.
            new_line = self.write_size.size.width + self.margin
            m.d.sync += [place.eq(offset) for place in (tap, tap_row, window)]
            m.d.sync += below.eq(offset // 2 + (new_line if offset % 2 else 0))
            m.d.sync += [step.eq(1), pair_index.eq(0)]

    def _times(self, m, place, count, step, modulus, *, name):
        """``(place + count * step) % modulus``."""
        for k in range(count):
            place = self._sum(m, place, step, modulus, name=f"{name}_{k}")
        return place
