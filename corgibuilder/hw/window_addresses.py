"""The loops over a map's windows and the words of each."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Member, Out

from corgibuilder.ir import Shape, Window

from .size import SIZE, columns_read, first_taps, sides
from .streams import counter


class WindowAddressGenerator(wiring.Component):
    """Where a reader of windows stands; every ``step`` takes it to the next word.

    Order of the words of one window: for each group of words of a pixel, ``repeats`` times: tap
    rows, tap columns, words of the group.

    Parameters
    ----------
    window
        Kernel, stride and padding.
    largest
        Shape of the largest map that will ever pass.
    repeats
        How often each group of a window is read.
    by_column
        Whether to give the columns that the windows need, each once, in place of the windows.

    Members
    -------
    size : :py:`In(SIZE)`
        Size of the map.
    step : :py:`In(1)`
    group_last, last_group : :py:`In(1)`
        At the last word of a group, and in the last group of a pixel; whoever finds the words
        counts them.
    tap_step, row_done, taps_done, group_done, window_done, frame_done : :py:`Out(1)`
        What the step of this cycle leads to or ends: the next tap of a row, the row of taps, all
        taps, the group, the window, the frame.
    last_x : :py:`Out(1)`
        At the last window of a row.
    tap_y : :py:`Out(range(kernel rows))`
    top, left : :py:`Out`
        Row and column of the window's first tap; negative in the padding.
    bottom, right : :py:`Out`
        Row and column of the window's last tap; maybe in the padding.
    row, column : :py:`Out`
        Row and column of the tap.
    outside : :py:`Out(1)`
        Whether the tap lies in the padding.
    """

    def __init__(
        self, window: Window, *, largest: Shape, repeats: int = 1, by_column: bool = False
    ):
        self.whole_window = window
        self.window = window.column if by_column else window
        self.largest = largest
        self.repeats = repeats
        self.by_column = by_column
        events = ("tap_step", "row_done", "taps_done", "group_done", "window_done", "frame_done")
        super().__init__({
            "size": In(SIZE),
            "step": In(1),
            "group_last": In(1),
            "last_group": In(1),
            **{name: Out(1) for name in (*events, "last_x", "outside")},
            "tap_y": Out(range(max(self.window.kernel[0], 2))),
            **taps_signature(self.window, largest, Out),
        })

    def elaborate(self, platform):
        m = Module()
        (kh, kw), (sy, sx), pads = self.window.kernel, self.window.stride, self.window.pads
        tap_advance = self.step & self.group_last
        _, tap_x_last = counter(m, kw, tap_advance, name="tap_x")
        tap_y, tap_y_last = counter(m, kh, self.row_done, name="tap_y")
        _, repeat_last = counter(m, self.repeats, self.taps_done, name="repeat")
        m.d.comb += [
            self.tap_step.eq(tap_advance),
            self.row_done.eq(tap_advance & tap_x_last),
            self.taps_done.eq(self.row_done & tap_y_last),
            self.group_done.eq(self.taps_done & repeat_last),
            self.window_done.eq(self.group_done & self.last_group),
            self.tap_y.eq(tap_y),
        ]
        width, height = sides(self.size, self.largest)
        last_y = Signal()
        m.d.comb += [
            self.last_x.eq(self._last_column(width)),
            last_y.eq(self.top > height + (pads.bottom - kh - sy)),
            self.frame_done.eq(self.window_done & self.last_x & last_y),
            self.outside.eq(self._outside(width, height)),
        ]
        row_over = self.window_done & self.last_x
        next_left = self._move(m, self.left, self.right, sx, self.window_done, self.last_x)
        next_top = self._move(m, self.top, self.bottom, sy, row_over, last_y)
        self._tap(m, next_top, next_left)
        return m

    def _move(self, m, first, last, stride: int, advance, ends):
        """Registers of the window's first and last row, or column; returns the next first one."""
        next_first = Signal.like(first, name=f"next_{first.name}")
        m.d.comb += next_first.eq(Mux(ends, first.init, first + stride))
        with m.If(advance):
            m.d.sync += first.eq(next_first)
        if first.init == last.init:
            m.d.comb += last.eq(first)
        else:
            with m.If(advance):
                m.d.sync += last.eq(Mux(ends, last.init, last + stride))
        return next_first

    def _tap(self, m, next_top, next_left):
        """Registers for row and column of the tap, which are those of the window if it has one."""
        kh, kw = self.window.kernel
        if kw == 1:
            m.d.comb += self.column.eq(self.left)
        else:
            with m.If(self.tap_step):
                m.d.sync += self.column.eq(self.column + 1)
            with m.If(self.row_done):
                m.d.sync += self.column.eq(self.left)
            with m.If(self.window_done):
                m.d.sync += self.column.eq(next_left)
        if kh == 1:
            m.d.comb += self.row.eq(self.top)
        else:
            with m.If(self.row_done):
                m.d.sync += self.row.eq(self.row + 1)
            with m.If(self.taps_done):
                m.d.sync += self.row.eq(self.top)
            with m.If(self.window_done & self.last_x):
                m.d.sync += self.row.eq(next_top)

    def _last_column(self, width):
        """Whether no window, or column, of the row comes after this one."""
        if self.by_column:
            return self.left == columns_read(self.whole_window, width) - 1
        return self.left > width + (
            self.window.pads.right - self.window.kernel[1] - self.window.stride[1]
        )

    def _outside(self, width, height):
        """Whether the tap is beyond a side that has padding."""
        beyond = (self.row < 0, self.column < 0, self.row >= height, self.column >= width)
        return Cat(
            over for over, pad in zip(beyond, self.window.pads.sides, strict=True) if pad
        ).any()


TAPS = ("top", "left", "bottom", "right", "row", "column")


def taps_signature(window: Window, largest: Shape, flow) -> dict[str, Member]:
    """Where a window's first tap, its last one and the tap read lie."""
    (kh, kw), pads = window.kernel, window.pads
    tops, lefts = first_taps(window, largest)
    rows, columns = range(tops.start, tops.stop + kh - 1), range(lefts.start, lefts.stop + kw - 1)
    return {
        "top": flow(tops, init=-pads.top),
        "left": flow(lefts, init=-pads.left),
        "bottom": flow(rows, init=kh - 1 - pads.top),
        "right": flow(columns, init=kw - 1 - pads.left),
        "row": flow(rows, init=-pads.top),
        "column": flow(columns, init=-pads.left),
    }
