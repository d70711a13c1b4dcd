"""A border of one value around a map."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from corgibuilder.plan.components import BorderConfig

from .raster import raster
from .size import SIZE, sides
from .streams import counter, recoded, shape_of, word


class Border(wiring.Component):
    """Gives a map with rows and columns of one value around it.

    One word per cycle, latency 1 cycle. The border's first word comes with the frame's first word.

    Parameters
    ----------
    config
        See :class:`~corgibuilder.plan.components.BorderConfig`.

    Members
    -------
    i : :py:`In(stream.Signature(ArrayLayout(x, lanes)))`
    o : :py:`Out(stream.Signature(ArrayLayout(out, lanes)))`
    size : :py:`In(stream.Signature(SIZE))`
        Size of the map that enters; taken with the last word that leaves.
    """

    def __init__(self, config: BorderConfig):
        self.config = config
        super().__init__({
            "i": In(stream.Signature(word(shape_of(config.x), config.lanes))),
            "o": Out(stream.Signature(word(shape_of(config.out), config.lanes))),
            "size": In(stream.Signature(SIZE)),
        })

    def elaborate(self, platform):
        m = Module()
        config, pads, size = self.config, self.config.pads, self.size
        free, give = Signal(), Signal()
        place, last_place = counter(m, config.words, give, name="word")
        width, height = sides(size.payload, config.shape)
        at = raster(
            m,
            width + (pads.left + pads.right),
            height + (pads.top + pads.bottom),
            give & last_place,
        )
        inside, begins = Signal(), Signal()
        m.d.comb += [
            free.eq(~self.o.valid | self.o.ready),
            inside.eq(
                (at.x >= pads.left)
                & (at.x < pads.left + width)
                & (at.y >= pads.top)
                & (at.y < pads.top + height)
            ),
            begins.eq(at.first & (place == 0)),
            give.eq(free & size.valid & (self.i.valid | ~(inside | begins))),
            self.i.ready.eq(free & size.valid & inside),
            size.ready.eq(give & last_place & at.last),
        ]
        border = Const(config.out.code(config.value), shape_of(config.out))
        values = [
            recoded(m, self.i.payload[lane], config.x, config.out, name=f"given_{lane}")
            for lane in range(config.lanes)
        ]
        held = Signal(self.o.payload.shape(), reset_less=True)
        with m.If(free):
            m.d.sync += self.o.valid.eq(give)
            m.d.sync += Cat(held).eq(
                Cat(Mux(inside, value, border)[: len(border)] for value in values)
            )
        m.d.comb += self.o.payload.eq(held)
        return m
