"""A tap in hardware: the layout of its words, and the sizes of its maps."""

from amaranth.hdl import Module
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from corgibuilder.hw.queue import Queue
from corgibuilder.hw.size import SIZE, reduced
from corgibuilder.hw.streams import shape_of, word
from corgibuilder.plan.system.tap import FRAMES, Tap


def tap_layout(tap: Tap) -> data.ArrayLayout:
    """Layout of a word."""
    return word(shape_of(tap.range), tap.lanes)


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
        columns, rows, frame = self.tap.columns, self.tap.rows, self.i.payload
        m.d.comb += [
            queue.i.payload.width.eq(reduced(frame.width, columns.offset, columns.stride)),
            queue.i.payload.height.eq(reduced(frame.height, rows.offset, rows.stride)),
            queue.i.valid.eq(self.i.valid),
            self.i.ready.eq(queue.i.ready),
        ]
        return m
