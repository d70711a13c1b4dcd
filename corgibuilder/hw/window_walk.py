"""The loops over a map's windows and the words of each."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from corgibuilder.ir import Window

from .raster import raster
from .size import COUNT, OFFSET, SIZE, columns_read, output_columns, output_rows
from .streams import counter


class WindowWalk(wiring.Component):
    """Where a reader of windows stands; every ``step`` takes it to the next word.

    Order of the words of one window: for each group of words of a pixel, ``repeats`` times: tap
    rows, tap columns, words of the group.

    Parameters
    ----------
    window
        Kernel, stride and padding.
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
    top, left : :py:`Out(OFFSET)`
        Row and column of the window's first tap; negative in the padding.
    column : :py:`Out(OFFSET)`
        Column of the tap.
    outside : :py:`Out(1)`
        Whether the tap lies in the padding.
    """

    def __init__(self, window: Window, *, repeats: int = 1, by_column: bool = False):
        self.columns = lambda width: (columns_read if by_column else output_columns)(window, width)
        self.window = window.column if by_column else window
        self.repeats = repeats
        pads = self.window.pads
        events = ("tap_step", "row_done", "taps_done", "group_done", "window_done", "frame_done")
        super().__init__({
            "size": In(SIZE),
            "step": In(1),
            "group_last": In(1),
            "last_group": In(1),
            **{name: Out(1) for name in (*events, "last_x", "outside")},
            "tap_y": Out(range(max(self.window.kernel[0], 2))),
            "top": Out(OFFSET, init=-pads.top),
            "left": Out(OFFSET, init=-pads.left),
            "column": Out(OFFSET),
        })

    def elaborate(self, platform):
        m = Module()
        (kh, kw), (sy, sx), pads = self.window.kernel, self.window.stride, self.window.pads
        tap_advance = self.step & self.group_last
        tap_x, tap_x_last = counter(m, kw, tap_advance, name="tap_x")
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
        width, height = self.size.width, self.size.height
        columns, rows, row = Signal(COUNT), Signal(COUNT), Signal(OFFSET)
        at = raster(m, columns, rows, self.window_done)
        m.d.comb += [
            columns.eq(self.columns(width)),
            rows.eq(output_rows(self.window, height)),
            self.last_x.eq(at.last_x),
            self.frame_done.eq(self.window_done & at.last),
            row.eq(self.top + tap_y),
            self.column.eq(self.left + tap_x),
            self.outside.eq(
                (row < 0) | (row >= height) | (self.column < 0) | (self.column >= width)
            ),
        ]
        with m.If(self.window_done):
            m.d.sync += self.left.eq(self.left + sx)
            with m.If(self.last_x):
                m.d.sync += [self.left.eq(-pads.left), self.top.eq(self.top + sy)]
        with m.If(self.frame_done):
            m.d.sync += self.top.eq(-pads.top)
        return m


def on_map(value, limit):
    """``value``, or the nearest row or column of the map."""
    return Mux(value < 0, 0, Mux(value >= limit, limit - 1, value))
