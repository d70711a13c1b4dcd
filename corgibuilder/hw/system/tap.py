"""A tap in hardware: the layout of its words, and the sizes of its maps."""

from amaranth.hdl import Module, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from corgibuilder.hw.queue import Queue
from corgibuilder.hw.size import SIZE
from corgibuilder.hw.streams import shape_of, word
from corgibuilder.plan.system.tap import FRAMES, Reduction, Tap


def tap_layout(tap: Tap) -> data.ArrayLayout:
    """Layout of a word."""
    return word(shape_of(tap.range), tap.lanes)


def reduced(reduction: Reduction, n: Value) -> Value:
    """Width, or height, of the map for an input of width, or height, ``n``."""
    return (n + reduction.offset)[:17] // reduction.stride + 1


class MapSizes(wiring.Component):
    """Gives the size of a tap's map for that of each input frame; some of them can wait.

    Members
    -------
    i : :py:`In(stream.Signature(SIZE))`
    o : :py:`Out(stream.Signature(SIZE))`
    """

    def __init__(self, tap: Tap):
        self.tap = tap
        super().__init__({"i": In(stream.Signature(SIZE)), "o": Out(stream.Signature(SIZE))})

    def elaborate(self, platform):
        m = Module()
        m.submodules.queue = queue = Queue(SIZE, FRAMES)
        wiring.connect(m, queue.o, wiring.flipped(self.o))
        m.d.comb += [
            queue.i.payload.width.eq(reduced(self.tap.columns, self.i.payload.width)),
            queue.i.payload.height.eq(reduced(self.tap.rows, self.i.payload.height)),
            queue.i.valid.eq(self.i.valid),
            self.i.ready.eq(queue.i.ready),
        ]
        return m
