"""From columns of a map to whole windows in registers."""

from amaranth.hdl import Cat, Module, Mux, ShapeLike, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from corgibuilder.ir import Shape, Window

from .raster import raster
from .size import SIZE, columns_read, output_columns, output_rows, sides
from .streams import counter


class Column(wiring.Component):
    """Collects ``rows`` words into one column, the first word on top. Latency 1 cycle.

    The next column is collected while one waits.

    Members
    -------
    i : :py:`In(stream.Signature(layout))`
    o : :py:`Out(stream.Signature(ArrayLayout(layout, rows)))`
    """

    def __init__(self, layout: ShapeLike, rows: int):
        self.layout = layout
        self.rows = rows
        super().__init__({
            "i": In(stream.Signature(layout)),
            "o": Out(stream.Signature(data.ArrayLayout(layout, rows))),
        })

    def elaborate(self, platform):
        m = Module()
        take = Signal()
        _, complete = counter(m, self.rows, take, name="row")
        above = [
            Signal(self.layout, name=f"above_{k}", reset_less=True) for k in range(self.rows - 1)
        ]
        whole = Signal(self.o.payload.shape(), reset_less=True)
        m.d.comb += [
            self.i.ready.eq(~complete | ~self.o.valid | self.o.ready),
            take.eq(self.i.valid & self.i.ready),
            self.o.payload.eq(whole),
        ]
        with m.If(~self.o.valid | self.o.ready):
            m.d.sync += [
                self.o.valid.eq(self.i.valid & complete),
                Cat(whole).eq(Cat(*map(Cat, above), Cat(self.i.payload))),
            ]
        with m.If(take):
            for left, right in zip(above, [*above[1:], self.i.payload], strict=False):
                m.d.sync += Cat(left).eq(Cat(right))
        return m


class WindowShiftRegister(wiring.Component):
    """Shifts columns through registers and gives every window of each row.

    One column a cycle. The windows at the end of a row that reach into the padding are given while
    the first columns of the next row shift in, as far as these complete no window themselves, or
    at once while none is there. So padding takes no time on maps that are wider than their padding
    on the right. Columns of another row than the window's read as 0. Latency 1 cycle.

    Parameters
    ----------
    pixel
        Layout of one pixel.
    window
        Kernel, stride and padding; what concerns rows is already done.
    largest
        Shape of the largest map that will ever pass.

    Members
    -------
    i : :py:`In(stream.Signature(ArrayLayout(pixel, kernel rows)))`
        For every row of windows its columns; see :func:`~corgibuilder.hw.size.columns_read`.
    o : :py:`Out(stream.Signature(ArrayLayout(ArrayLayout(pixel, kernel rows), kernel columns)))`
        Windows, left column first.
    size : :py:`In(stream.Signature(SIZE))`
        Size of the map; taken with the last column of the frame.
    """

    def __init__(self, pixel: data.Layout, *, window: Window, largest: Shape):
        self.window = window
        self.largest = largest
        self.column = data.ArrayLayout(pixel, window.kernel[0])
        super().__init__({
            "i": In(stream.Signature(self.column)),
            "o": Out(stream.Signature(data.ArrayLayout(self.column, window.kernel[1]))),
            "size": In(stream.Signature(SIZE)),
        })

    def elaborate(self, platform):
        m = Module()
        kw, stride = self.window.kernel[1], self.window.stride[1]
        head = kw - 1 - self.window.pads.left  # columns of a row before its first window
        width, height = sides(self.size.payload, self.largest)
        most_rows, _ = self.window.output_size(self.largest.height, self.largest.width)
        columns, rows = Signal(range(self.largest.width + 1)), Signal(range(most_rows + 1))
        tail = Signal(range(-stride, kw))  # columns of padding after the row
        m.d.comb += [
            columns.eq(columns_read(self.window, width)),
            rows.eq(output_rows(self.window, height)),
            tail.eq(
                (output_columns(self.window, width) - 1) * stride
                + (kw - self.window.pads.left)
                - width
            ),
        ]

        # Events: a column of the map shifts in, or a column of padding does. The first columns of a
        # row, while none of its windows is complete, are padding for the row before. A row that
        # has fewer columns than that row still needs waits at its start, so that no column of
        # padding comes between its own.
        tail_left = Signal(range(kw + 1))  # columns of padding that the row before still needs
        free, real, blank = Signal(), Signal(), Signal()
        at = raster(m, columns, rows, real)
        first_x, starts = Signal(), Signal()
        m.d.comb += [
            first_x.eq(at.x == 0),
            free.eq(~self.o.valid | self.o.ready),
            starts.eq((tail_left <= head) & (tail_left <= columns)),
            self.i.ready.eq(free & self.size.valid & (~first_x | starts)),
            real.eq(self.i.valid & self.i.ready),
            blank.eq(free & ~real & first_x & (tail_left != 0)),
            self.size.ready.eq(real & at.last),
        ]

        # Each row has a tag. A window shows the columns of one row among those of rows before it,
        # at most as many as it has columns of padding on the left, and of the row after it.
        pads = self.window.pads
        tags_used = 1 + max(pads.left, min(pads.right, 1))
        tag, tail_tag = Signal(range(tags_used)), Signal(range(tags_used))
        held = [Signal(self.column, name=f"column_{k}", reset_less=True) for k in range(kw)]
        tags = [Signal(range(tags_used), name=f"tag_{k}", reset_less=True) for k in range(kw)]
        known = [Signal(name=f"known_{k}") for k in range(kw)]
        with m.If(real | blank):
            for k in range(kw - 1):
                m.d.sync += [
                    Cat(held[k]).eq(Cat(held[k + 1])),
                    tags[k].eq(tags[k + 1]),
                    known[k].eq(known[k + 1]),
                ]
            m.d.sync += [
                Cat(held[-1]).eq(Cat(self.i.payload)),
                tags[-1].eq(tag),
                known[-1].eq(real),
            ]

        # Shifts before the one that completes the next window: of the row, and of the row before,
        # whose count goes on in its padding.
        shifts = range(max(head + 1, stride, 2))
        wait, tail_wait, wait_next = Signal(shifts, init=head), Signal(shifts), Signal(shifts)
        of_row, of_tail = Signal(), Signal()
        m.d.comb += [
            of_row.eq(real & (wait == 0)),
            of_tail.eq((real | blank) & (tail_left != 0) & (tail_wait == 0)),
            wait_next.eq(Mux(wait == 0, stride - 1, wait - 1)),
        ]
        window_tag = Signal(range(tags_used), reset_less=True)
        with m.If(free):
            m.d.sync += self.o.valid.eq(of_row | of_tail)
        with m.If(of_row | of_tail):
            m.d.sync += window_tag.eq(Mux(of_tail, tail_tag, tag))
        with m.If((real | blank) & (tail_left != 0)):
            m.d.sync += [
                tail_left.eq(tail_left - 1),
                tail_wait.eq(Mux(tail_wait == 0, stride - 1, tail_wait - 1)),
            ]
        with m.If(real):
            m.d.sync += wait.eq(wait_next)
            with m.If(at.last_x):
                m.d.sync += [
                    wait.eq(head),
                    tag.eq(Mux(tag == tags_used - 1, 0, tag + 1)),
                    tail_tag.eq(tag),
                    tail_left.eq(Mux(tail > 0, tail, 0)),
                    tail_wait.eq(wait_next),
                ]
        for k in range(kw):
            shown = known[k] & (tags[k] == window_tag)
            m.d.comb += Cat(self.o.payload[k]).eq(Mux(shown, Cat(held[k]), 0))
        return m
