"""Rows and pixels of a map, each given several times."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from corgibuilder.plan.components import RowRepeaterConfig

from .raster import raster
from .size import SIZE, sides
from .streams import counter, shape_of, word


class RowRepeater(wiring.Component):
    """Gives every row ``config.rows`` times, and every pixel in it ``config.columns`` times.

    With ``config.split`` each time another part of the channels. One word per cycle. A row is read
    while it is written, and overwritten while it is given for the last time. Latency 2 cycles.

    Parameters
    ----------
    config
        See :class:`~corgibuilder.plan.components.RowRepeaterConfig`.

    Members
    -------
    i, o : :py:`stream.Signature(ArrayLayout(x, lanes))`
    write_size, read_size : :py:`In(stream.Signature(SIZE))`
        Size of the map that enters; taken with the frame's last word.
    """

    def __init__(self, config: RowRepeaterConfig):
        self.config = config
        layout = word(shape_of(config.x), config.lanes)
        super().__init__({
            "i": In(stream.Signature(layout)),
            "o": Out(stream.Signature(layout)),
            "write_size": In(stream.Signature(SIZE)),
            "read_size": In(stream.Signature(SIZE)),
        })

    def elaborate(self, platform):
        m = Module()
        config = self.config
        width = config.shape.width
        m.submodules.row = row = Memory(
            shape=self.i.payload.shape().size, depth=max(width * config.words, 2), init=[]
        )
        write, read = row.write_port(), row.read_port()
        held, fresh = Signal(range(width + 1)), Signal(range(width + 1))
        written, given, freed = Signal(), Signal(), Signal()
        # Both sides agree on where a pixel lies as long as they are within a row of one width.
        limit = Signal.like(held)
        written_width, _ = sides(self.write_size.payload, config.shape)
        given_width, _ = sides(self.read_size.payload, config.shape)
        m.d.comb += limit.eq(Mux(written_width < given_width, written_width, given_width))
        m.d.sync += [
            held.eq(held + written - freed),
            fresh.eq(fresh + written - given),
        ]
        self._write(m, write, held < limit, written)
        self._read(m, read, fresh != 0, given, freed)
        return m

    def _write(self, m, port, room, written):
        size, words = self.write_size, self.config.words
        take = Signal(name="write_take")
        place, last_place = counter(m, words, take, name="write_word")
        width, height = sides(size.payload, self.config.shape)
        at = raster(m, width, height, written, name="write")
        base = Signal.like(port.addr, name="write_base")
        m.d.comb += [
            self.i.ready.eq(room & size.valid & self.read_size.valid),
            take.eq(self.i.valid & self.i.ready),
            port.en.eq(take),
            port.addr.eq(base + place),
            port.data.eq(Cat(self.i.payload)),
            written.eq(take & last_place),
            size.ready.eq(written & at.last),
        ]
        with m.If(written):
            m.d.sync += base.eq(Mux(at.last_x, 0, base + words))

    def _read(self, m, port, there, given, freed):
        """``given`` with a pixel's last word of the first time, ``freed`` with that of the last."""
        config, size = self.config, self.read_size
        free, step = Signal(name="read_free"), Signal(name="read_step")
        place, last_place = counter(m, config.given_words, step, name="read_word")
        _, last_time = counter(m, config.columns, step & last_place, name="pixel")
        width, height = sides(size.payload, config.shape)
        pixel_done, row_done, row_freed = Signal(), Signal(), Signal()
        _, last_x = counter(m, width, pixel_done, name="read_x")
        time, last_row = counter(m, config.rows, row_done, name="row_time")
        _, last_y = counter(m, height, row_freed, name="read_y")
        base, part = Signal.like(port.addr, name="read_base"), Signal.like(port.addr, name="part")
        m.d.comb += [
            free.eq(~self.o.valid | self.o.ready),
            step.eq(free & size.valid & (there | (time != 0))),
            pixel_done.eq(step & last_place & last_time),
            row_done.eq(pixel_done & last_x),
            row_freed.eq(row_done & last_row),
            given.eq(pixel_done & (time == 0)),
            freed.eq(pixel_done & last_row),
            size.ready.eq(row_freed & last_y),
            port.en.eq(step),
            port.addr.eq(base + part + place),
            Cat(self.o.payload).eq(port.data),
        ]
        with m.If(free):
            m.d.sync += self.o.valid.eq(step)
        with m.If(pixel_done):
            m.d.sync += base.eq(Mux(last_x, 0, base + config.words))
        if config.split:
            with m.If(row_done):
                m.d.sync += part.eq(Mux(last_row, 0, part + config.given_words))
