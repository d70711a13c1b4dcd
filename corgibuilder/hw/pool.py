"""Pooling: the largest value, or the sum, of each window."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from corgibuilder.ir import PoolKind, QInt
from corgibuilder.plan.components import PixelPoolConfig, TilePoolConfig, WindowPoolConfig

from .raster import raster
from .size import SIZE, output_columns, output_rows, sides
from .streams import counter, decoded, shape_of, word


def combined(kind: PoolKind, a, b):
    """Sum of two values, or largest of two codes, which are in the order of their values."""
    return a + b if kind is PoolKind.SUM else Mux(a > b, a, b)


def pooled(m: Module, kind: PoolKind, payload, x: QInt) -> list:
    """What is pooled of each lane of a word: values for sums, codes for the largest."""
    lanes = range(payload.shape().length)
    if kind is PoolKind.MAX:
        return [payload[lane] for lane in lanes]
    return [decoded(m, payload[lane], x, name=f"value_{lane}") for lane in lanes]


class WindowPool(wiring.Component):
    """Reduces every ``config.taps`` words to one, lane by lane. One word a cycle, latency 1 cycle.

    ``config`` is a :class:`~corgibuilder.plan.components.WindowPoolConfig`.

    Members
    -------
    i : :py:`In(stream.Signature(ArrayLayout(x, lanes)))`
    o : :py:`Out(stream.Signature(ArrayLayout(out, lanes)))`
    """

    def __init__(self, config: WindowPoolConfig):
        self.config = config
        super().__init__({
            "i": In(stream.Signature(word(shape_of(config.x), config.lanes))),
            "o": Out(stream.Signature(word(shape_of(config.out), config.lanes))),
        })

    def elaborate(self, platform):
        m = Module()
        advance = Signal()
        m.d.comb += [advance.eq(~self.o.valid | self.o.ready), self.i.ready.eq(advance)]
        tap, last = counter(m, self.config.taps, self.i.valid & advance, name="tap")
        with m.If(advance):
            m.d.sync += self.o.valid.eq(self.i.valid & last)
        values = pooled(m, self.config.kind, self.i.payload, self.config.x)
        for lane, value in enumerate(values):
            held = Signal(shape_of(self.config.out), name=f"held_{lane}", reset_less=True)
            with m.If(self.i.valid & advance):
                m.d.sync += held.eq(Mux(tap == 0, value, combined(self.config.kind, held, value)))
            m.d.comb += self.o.payload[lane].eq(held)
        return m


class PixelPool(wiring.Component):
    """Pools every ``config.pixels`` adjacent pixels of a word to one. Latency 0.

    ``config`` is a :class:`~corgibuilder.plan.components.PixelPoolConfig`.

    Members
    -------
    i : :py:`In(stream.Signature(ArrayLayout(x, lanes * pixels)))`
    o : :py:`Out(stream.Signature(ArrayLayout(out, lanes)))`
    """

    def __init__(self, config: PixelPoolConfig):
        assert config.lanes % config.channels == 0
        self.config = config
        super().__init__({
            "i": In(stream.Signature(word(shape_of(config.x), config.lanes * config.pixels))),
            "o": Out(stream.Signature(word(shape_of(config.out), config.lanes))),
        })

    def elaborate(self, platform):
        m = Module()
        m.d.comb += [self.o.valid.eq(self.i.valid), self.i.ready.eq(self.o.ready)]
        values = pooled(m, self.config.kind, self.i.payload, self.config.x)
        for lane in range(self.config.lanes):
            pixel, channel = divmod(lane, self.config.channels)
            first = pixel * self.config.pixels * self.config.channels + channel
            value = values[first]
            for k in range(1, self.config.pixels):
                so_far = Signal(shape_of(self.config.out), name=f"so_far_{lane}_{k}")
                m.d.comb += so_far.eq(
                    combined(self.config.kind, value, values[first + k * self.config.channels])
                )
                value = so_far
            m.d.comb += self.o.payload[lane].eq(value)
        return m


class TilePool(wiring.Component):
    """Pools windows that tile the map, each word being worked in as it comes.

    Holds one row of results, no line of the map. One word in per cycle; a result leaves 2 cycles
    after the last word of its window. Rows and columns left over at the edges are dropped.

    Parameters
    ----------
    config
        See :class:`~corgibuilder.plan.components.TilePoolConfig`.

    Members
    -------
    i : :py:`In(stream.Signature(ArrayLayout(x, lanes)))`
    o : :py:`Out(stream.Signature(ArrayLayout(out, lanes)))`
    size : :py:`In(stream.Signature(SIZE))`
        Size of the map; taken with the frame's last word.
    """

    def __init__(self, config: TilePoolConfig):
        assert config.window.tiles
        self.config = config
        super().__init__({
            "i": In(stream.Signature(word(shape_of(config.x), config.lanes))),
            "o": Out(stream.Signature(word(shape_of(config.out), config.lanes))),
            "size": In(stream.Signature(SIZE)),
        })

    def elaborate(self, platform):
        m = Module()
        window, largest = self.config.window, self.config.shape
        (kh, kw), (width, height) = window.kernel, sides(self.size.payload, largest)
        layout = word(shape_of(self.config.out), self.config.lanes)
        m.submodules.results = results = Memory(shape=layout.size, depth=self.config.depth, init=[])
        write, read = results.write_port(), results.read_port()

        # Where the word lies: in its pixel, in its window, among the windows, on the map.
        advance, take = Signal(), Signal()
        m.d.comb += [
            advance.eq(~self.o.valid | self.o.ready),
            self.i.ready.eq(advance & self.size.valid),
            take.eq(self.i.valid & self.i.ready),
        ]
        part, part_last = counter(m, self.config.words, take, name="part")
        pixel = Signal()
        m.d.comb += pixel.eq(take & part_last)
        at = raster(m, width, height, pixel)
        tap_x, tap_y = Signal(range(max(kw, 2))), Signal(range(max(kh, 2)))
        base = Signal(range(self.config.depth))  # first word of the window's result
        most_rows, most_columns = window.output_size(largest.height, largest.width)
        columns, rows = Signal(range(most_columns + 1)), Signal(range(most_rows + 1))
        inside = Signal()
        column, row = Signal.like(columns), Signal.like(rows)  # of the window
        m.d.comb += [
            columns.eq(output_columns(window, width)),
            rows.eq(output_rows(window, height)),
            inside.eq((column < columns) & (row < rows)),
            self.size.ready.eq(pixel & at.last),
        ]
        with m.If(pixel):
            m.d.sync += tap_x.eq(tap_x + 1)
            with m.If(tap_x == kw - 1):
                m.d.sync += [tap_x.eq(0), column.eq(column + 1)]
                with m.If(column < columns - 1):
                    m.d.sync += base.eq(base + self.config.words)
            with m.If(at.last_x):
                m.d.sync += [tap_x.eq(0), column.eq(0), base.eq(0), tap_y.eq(tap_y + 1)]
                with m.If(tap_y == kh - 1):
                    m.d.sync += [tap_y.eq(0), row.eq(row + 1)]
            with m.If(at.last):
                m.d.sync += [tap_y.eq(0), row.eq(0)]

        # Read the result so far; one cycle later work the word in and write back.
        address = Signal(range(self.config.depth))
        flags = Signal(data.StructLayout({"busy": 1, "first": 1, "last": 1}))
        worked_on = Signal.like(address, reset_less=True)
        value = Signal(self.i.payload.shape(), reset_less=True)
        m.d.comb += [
            address.eq(base + part),
            read.en.eq(advance),
            read.addr.eq(address),
        ]
        with m.If(advance):
            m.d.sync += [
                flags.busy.eq(take & inside),
                flags.first.eq((tap_x == 0) & (tap_y == 0)),
                flags.last.eq((tap_x == kw - 1) & (tap_y == kh - 1)),
                worked_on.eq(address),
                Cat(value).eq(Cat(self.i.payload)),
            ]
        # The memory does not yet show what the cycle before wrote.
        recent = Signal(layout, reset_less=True)
        recent_at, recent_valid = Signal.like(address, reset_less=True), Signal()
        so_far, new = Signal(layout), Signal(layout)
        m.d.comb += [
            Cat(so_far).eq(Mux(recent_valid & (recent_at == worked_on), Cat(recent), read.data)),
            write.en.eq(advance & flags.busy),
            write.addr.eq(worked_on),
            write.data.eq(Cat(new)),
        ]
        for lane, one in enumerate(pooled(m, self.config.kind, value, self.config.x)):
            both = combined(self.config.kind, so_far[lane], one)
            m.d.comb += new[lane].eq(Mux(flags.first, one, both))
        with m.If(advance):
            m.d.sync += [
                recent_valid.eq(flags.busy),
                recent_at.eq(worked_on),
                Cat(recent).eq(Cat(new)),
                self.o.valid.eq(flags.busy & flags.last),
            ]
        m.d.comb += self.o.payload.eq(recent)
        return m
