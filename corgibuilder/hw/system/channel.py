"""The frames of one tap, marked where they end, or none of them."""

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from corgibuilder.hw.raster import raster
from corgibuilder.hw.size import SIZE
from corgibuilder.hw.streams import counter
from corgibuilder.plan.system.tap import Tap

from .tap import MapSizes, tap_layout


def ending(layout: data.Layout) -> data.StructLayout:
    """Layout of a word with the mark that it is its frame's last."""
    return data.StructLayout({"last": 1, "data": layout})


class Channel(wiring.Component):
    """Marks the last word of every frame if enabled, otherwise drops the frame.

    Latency 0, one word per cycle, one cycle between frames.

    Parameters
    ----------
    tap
        What comes.

    Members
    -------
    i : :py:`In(stream.Signature(tap_layout(tap)))`
    size : :py:`In(stream.Signature(SIZE))`
        Size of the input frame, a word before each frame.
    enable : :py:`In(1)`
        Sampled when a frame's first word is offered; decides about the whole frame.
    o : :py:`Out(stream.Signature(ending(tap_layout(tap))))`
    """

    def __init__(self, tap: Tap):
        self.tap = tap
        super().__init__({
            "i": In(stream.Signature(tap_layout(tap))),
            "size": In(stream.Signature(SIZE)),
            "enable": In(1),
            "o": Out(stream.Signature(ending(tap_layout(tap)))),
        })

    def elaborate(self, platform):
        m = Module()
        m.submodules.sizes = sizes = MapSizes(self.tap)
        wiring.connect(m, wiring.flipped(self.size), sizes.i)
        inside, enabled = Signal(), Signal()
        take, last = Signal(), Signal()
        size = sizes.o.payload
        _, last_word = counter(m, self.tap.words, take, name="word")
        at = raster(m, size.width, size.height, take & last_word)
        m.d.comb += [
            last.eq(last_word & at.last),
            Cat(self.o.payload.data).eq(Cat(self.i.payload)),
            self.o.payload.last.eq(last),
            self.o.valid.eq(inside & enabled & self.i.valid),
            self.i.ready.eq(inside & (self.o.ready | ~enabled)),
            take.eq(self.i.valid & self.i.ready),
            sizes.o.ready.eq(take & last),
        ]
        with m.If(~inside):
            m.d.sync += [inside.eq(self.i.valid & sizes.o.valid), enabled.eq(self.enable)]
        with m.Elif(take):
            m.d.sync += inside.eq(~last)
        return m
