"""Index of the largest channel."""

from amaranth.hdl import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from corgibuilder.plan.components import ArgmaxConfig

from .streams import counter, shape_of, word


class ArgmaxEngine(wiring.Component):
    """Gives for every pixel the index of its largest channel; of equals the lowest.

    One channel per cycle, latency 1 cycle. ``config`` is a
    :class:`~corgibuilder.plan.components.ArgmaxConfig`.

    Members
    -------
    i : :py:`In(stream.Signature(ArrayLayout(x, 1)))`
    o : :py:`Out(stream.Signature(ArrayLayout(index, 1)))`
    """

    def __init__(self, config: ArgmaxConfig):
        self.config = config
        super().__init__({
            "i": In(stream.Signature(word(shape_of(config.x), 1))),
            "o": Out(stream.Signature(word(shape_of(config.out), 1))),
        })

    def elaborate(self, platform):
        m = Module()
        advance = Signal()
        m.d.comb += [advance.eq(~self.o.valid | self.o.ready), self.i.ready.eq(advance)]
        channel, last = counter(m, self.config.channels, self.i.valid & advance, name="channel")
        best = Signal(shape_of(self.config.x), reset_less=True)
        index = Signal(shape_of(self.config.out), reset_less=True)
        with m.If(advance):
            m.d.sync += self.o.valid.eq(self.i.valid & last)
            with m.If(self.i.valid & ((channel == 0) | (self.i.payload[0] > best))):
                m.d.sync += [best.eq(self.i.payload[0]), index.eq(channel)]
        m.d.comb += self.o.payload[0].eq(index)
        return m
