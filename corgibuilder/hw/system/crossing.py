"""A stream from one clock domain to another."""

from amaranth.hdl import Module
from amaranth.lib import data, stream, wiring
from amaranth.lib.fifo import AsyncFIFO
from amaranth.lib.wiring import In, Out

from corgibuilder.hw.streams import through


class Crossing(wiring.Component):
    """Passes words on in order to another clock domain, up to ``depth`` of them waiting.

    Latency 1 cycle of the domain ``source`` and 3 of ``sink``, one word per cycle of the slower
    one. Both domains are reset together, or ``sink`` after ``source``.

    Parameters
    ----------
    layout
        Layout of a word.
    depth
        Words that can wait: 4 or more, a power of two.
    source, sink
        Clock domains of ``i`` and of ``o``.

    Members
    -------
    i : :py:`In(stream.Signature(layout))`
    o : :py:`Out(stream.Signature(layout))`
    """

    def __init__(self, layout: data.Layout, *, depth: int, source: str, sink: str):
        self.layout = layout
        self.depth = depth
        self.source = source
        self.sink = sink
        super().__init__({"i": In(stream.Signature(layout)), "o": Out(stream.Signature(layout))})

    def elaborate(self, platform):
        m = Module()
        m.submodules.fifo = fifo = AsyncFIFO(
            width=self.layout.size,
            depth=self.depth,
            w_domain=self.source,
            r_domain=self.sink,
            exact_depth=True,
        )
        m.d.comb += through(fifo, self.i, self.o)
        return m
