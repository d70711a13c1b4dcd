"""The frames of one tap, marked where they end, or none of them."""

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from corgibuilder.hw.queue import Queue
from corgibuilder.hw.size import SIZE
from corgibuilder.hw.streams import counter

from .tap import Tap

FRAMES = 8  #: whose sizes can wait: frames that have entered the pipeline and not yet left it here


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
    i : :py:`In(stream.Signature(tap.layout))`
    size : :py:`In(stream.Signature(SIZE))`
        Size of the input frame, a word before each frame.
    enable : :py:`In(1)`
        Sampled when a frame's first word is offered; decides about the whole frame.
    o : :py:`Out(stream.Signature(ending(tap.layout)))`
    """

    def __init__(self, tap: Tap):
        self.tap = tap
        super().__init__({
            "i": In(stream.Signature(tap.layout)),
            "size": In(stream.Signature(SIZE)),
            "enable": In(1),
            "o": Out(stream.Signature(ending(tap.layout))),
        })

    def elaborate(self, platform):
        m = Module()
        m.submodules.sizes = sizes = Queue(SIZE, FRAMES)
        inside, enabled = Signal(), Signal()
        take, last = Signal(), Signal()
        x, y = Signal(16), Signal(16)
        _, last_word = counter(m, self.tap.words, take, name="word")
        last_column, last_row = Signal(), Signal()
        size = sizes.o.payload
        m.d.comb += [
            sizes.i.payload.width.eq(self.tap.columns.of(self.size.payload.width)),
            sizes.i.payload.height.eq(self.tap.rows.of(self.size.payload.height)),
            sizes.i.valid.eq(self.size.valid),
            self.size.ready.eq(sizes.i.ready),
            last_column.eq(last_word & (x == size.width - 1)),
            last_row.eq(y == size.height - 1),
            last.eq(last_column & last_row),
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
            with m.If(last_word):
                m.d.sync += x.eq(x + 1)
            with m.If(last_column):
                m.d.sync += [x.eq(0), y.eq(y + 1)]
                with m.If(last_row):
                    m.d.sync += y.eq(0)
        return m
