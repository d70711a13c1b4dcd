"""Virtual channels: the taps of the pipeline share one link."""

from collections.abc import Sequence

from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from corgibuilder.hw.queue import Queue
from corgibuilder.hw.size import SIZE
from corgibuilder.hw.streams import Fork
from corgibuilder.plan.system.tap import Tap

from .channel import Channel, ending
from .crossing import Crossing
from .multiplexer import Multiplexer, link_word
from .tap import tap_layout


class Channels(wiring.Component):
    """Brings the words of all taps to a link in the clock domain ``link``, in turn, none lost.

    Every tap has a queue of its own; a full one holds up the pipeline. The link's word has the
    tap's number as ``channel``, ``last`` on the last word of a frame, and the tap's word as
    ``data``, in the low bits and zeros above. Words of different taps mix, those of one tap keep
    their order. A tap that is not enabled never holds up the pipeline.

    Everything but ``o`` is in ``sync``.

    Parameters
    ----------
    taps
        What comes, channel 0 first.
    depths
        Words that each tap's queue holds, 2 or more.
    link_depth
        Words that wait at the crossing to the link: 4 or more, a power of two.

    Members
    -------
    i0, i1, ... : :py:`In(stream.Signature(tap_layout(tap)))`
    size : :py:`In(stream.Signature(SIZE))`
        Size of each frame that enters the pipeline: ``size`` of the video input.
    enable : :py:`In(len(taps))`
        A bit for each tap, sampled when a frame's first word comes out of that tap.
    o : :py:`Out(stream.Signature(link_word([tap_layout(tap) for tap in taps])))`, domain ``link``
    """

    def __init__(self, taps: Sequence[Tap], *, depths: Sequence[int], link_depth: int):
        self.taps = tuple(taps)
        self.depths = tuple(depths)
        self.link_depth = link_depth
        self.layouts = [tap_layout(tap) for tap in self.taps]
        super().__init__({
            **{f"i{k}": In(stream.Signature(x)) for k, x in enumerate(self.layouts)},
            "size": In(stream.Signature(SIZE)),
            "enable": In(len(self.taps)),
            "o": Out(stream.Signature(link_word(self.layouts))),
        })

    def elaborate(self, platform):
        m = Module()
        m.submodules.sizes = sizes = Fork(SIZE, len(self.taps))
        m.submodules.multiplexer = multiplexer = Multiplexer(self.layouts)
        m.submodules.crossing = crossing = Crossing(
            link_word(self.layouts), depth=self.link_depth, source="sync", sink="link"
        )
        wiring.connect(m, wiring.flipped(self.size), sizes.i)
        for k, (tap, depth) in enumerate(zip(self.taps, self.depths, strict=True)):
            m.submodules[f"channel_{k}"] = channel = Channel(tap)
            m.submodules[f"queue_{k}"] = queue = Queue(ending(tap_layout(tap)), depth)
            wiring.connect(m, wiring.flipped(getattr(self, f"i{k}")), channel.i)
            wiring.connect(m, getattr(sizes, f"o{k}"), channel.size)
            wiring.connect(m, channel.o, queue.i)
            wiring.connect(m, queue.o, getattr(multiplexer, f"i{k}"))
            m.d.comb += channel.enable.eq(self.enable[k])
        wiring.connect(m, multiplexer.o, crossing.i)
        wiring.connect(m, crossing.o, wiring.flipped(self.o))
        return m
