"""A queue of words in a memory."""

from amaranth.hdl import Module
from amaranth.lib import data, stream, wiring
from amaranth.lib.fifo import SyncFIFOBuffered
from amaranth.lib.wiring import In, Out

from .streams import through


class Queue(wiring.Component):
    """Passes words on in order, up to ``depth`` of them waiting. Latency 2 cycles.

    Members
    -------
    i : :py:`In(stream.Signature(layout))`
    o : :py:`Out(stream.Signature(layout))`
    """

    def __init__(self, layout: data.Layout, depth: int):
        self.layout = layout
        self.depth = depth
        super().__init__({"i": In(stream.Signature(layout)), "o": Out(stream.Signature(layout))})

    def elaborate(self, platform):
        m = Module()
        m.submodules.fifo = fifo = SyncFIFOBuffered(width=self.layout.size, depth=self.depth)
        m.d.comb += through(fifo, self.i, self.o)
        return m
