"""From wide words of accumulators to the few lanes that the average rate needs."""

from amaranth.hdl import Cat, Module, Mux, Shape, ShapeLike, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from .streams import counter, word


class Serialiser(wiring.Component):
    """Gives each word of ``in_lanes`` values as words of ``out_lanes``.

    Only the ``channels`` values of a pixel are given: the last wide word of a pixel may be short.
    One word out per cycle without a gap; latency 1 cycle.

    Parameters
    ----------
    shape
        Shape of one value.
    channels
        Values of one pixel.
    in_lanes, out_lanes
        Values of a word on either side; ``out_lanes`` divides ``in_lanes``.

    Members
    -------
    i : :py:`In(stream.Signature(ArrayLayout(shape, in_lanes)))`
    o : :py:`Out(stream.Signature(ArrayLayout(shape, out_lanes)))`
    """

    def __init__(self, shape: ShapeLike, *, channels: int, in_lanes: int, out_lanes: int):
        assert in_lanes % out_lanes == 0
        self.shape = shape
        self.channels = channels
        self.in_lanes = in_lanes
        self.out_lanes = out_lanes
        super().__init__({
            "i": In(stream.Signature(word(shape, in_lanes))),
            "o": Out(stream.Signature(word(shape, out_lanes))),
        })

    def elaborate(self, platform):
        m = Module()
        bits = Shape.cast(self.shape).width * self.out_lanes
        groups = -(-self.channels // self.in_lanes)
        full = self.in_lanes // self.out_lanes
        short = -(-(self.channels - (groups - 1) * self.in_lanes) // self.out_lanes)
        held = Signal(self.i.payload.shape().size, reset_less=True)
        left = Signal(range(full + 1))
        take, give = Signal(), Signal()
        _, group_last = counter(m, groups, take, name="group")
        m.d.comb += [
            self.o.valid.eq(left != 0),
            Cat(self.o.payload).eq(held[:bits]),
            give.eq(self.o.valid & self.o.ready),
            self.i.ready.eq((left == 0) | ((left == 1) & self.o.ready)),
            take.eq(self.i.valid & self.i.ready),
        ]
        with m.If(give):
            m.d.sync += [held.eq(held >> bits), left.eq(left - 1)]
        with m.If(take):
            m.d.sync += [held.eq(Cat(self.i.payload)), left.eq(Mux(group_last, short, full))]
        return m
