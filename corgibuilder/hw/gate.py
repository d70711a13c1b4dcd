"""Where the registers for width and height meet the stream of pixels."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from .raster import raster
from .size import POSITION, SIZE
from .streams import counter


class FrameGate(wiring.Component):
    """Samples the size registers with the first word of every frame and sends the size ahead.

    Latency 0; the words themselves pass unchanged. The registers have to hold the frame's size
    while its first word is on offer, and may change at any other time.

    Parameters
    ----------
    layout
        Layout of a word.
    words
        Words of a pixel.

    Members
    -------
    i : :py:`In(stream.Signature(layout))`
    o : :py:`Out(stream.Signature(layout))`
    size : :py:`Out(stream.Signature(SIZE))`
    width, height : :py:`In(POSITION)`
        Size of the map, 1 or more.
    """

    def __init__(self, layout: data.Layout, *, words: int):
        self.words = words
        super().__init__({
            "i": In(stream.Signature(layout)),
            "o": Out(stream.Signature(layout)),
            "size": Out(stream.Signature(SIZE)),
            "width": In(POSITION),
            "height": In(POSITION),
        })

    def elaborate(self, platform):
        m = Module()
        take, begin = Signal(), Signal(init=1)
        sent = Signal()  # the size is gone, the frame's first word is not
        _, last_word = counter(m, self.words, take, name="word")
        held = Signal(SIZE, reset_less=True)
        current = Signal(SIZE)
        at = raster(m, current.width, current.height, take & last_word)
        m.d.comb += [
            Cat(self.o.payload).eq(Cat(self.i.payload)),
            self.size.payload.width.eq(self.width),
            self.size.payload.height.eq(self.height),
            self.size.valid.eq(self.i.valid & begin & ~sent),
            self.o.valid.eq(self.i.valid & (~begin | sent | self.size.ready)),
            self.i.ready.eq(self.o.ready & (~begin | sent | self.size.ready)),
            take.eq(self.i.valid & self.i.ready),
            Cat(current).eq(Mux(begin, Cat(self.width, self.height), Cat(held))),
        ]
        with m.If(self.size.valid & self.size.ready):
            m.d.sync += sent.eq(1)
        with m.If(take):
            m.d.sync += [sent.eq(0), begin.eq(0), Cat(held).eq(Cat(current))]
            with m.If(last_word & at.last):
                m.d.sync += begin.eq(1)
        return m
