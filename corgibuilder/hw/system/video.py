"""Pixels of a camera, which cannot be stopped, become whole frames for the pipeline."""

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.wiring import In, Out

from corgibuilder.hw.size import SIZE
from corgibuilder.plan.system.register_map import FRAMING_FAULTS

from .crossing import Crossing
from .framing import Framing, marked


class VideoInput(wiring.Component):
    """Takes a pixel whenever the camera has one and gives whole frames of ``width x height``.

    The camera's side is in the clock domain ``pixel``, everything else in ``sync``. Frames are
    repaired as in :class:`~corgibuilder.hw.system.framing.Framing`. A pixel that finds the FIFO
    full is an overflow: the rest of its frame is lost and becomes zero, and the next frame is lost
    as well if it comes before the pipeline has taken the zeros and the FIFO cannot hold it.

    A fault is known only from what comes after it: a frame whose end is missing is completed when
    the next ``frame_start`` comes, and never if none does.

    Parameters
    ----------
    layout
        Layout of a word of the pipeline, which is a whole pixel.
    depth
        Pixels that can wait for the pipeline: 4 or more, a power of two.

    Members
    -------
    valid : :py:`In(1)`, domain ``pixel``
        There is a pixel in this cycle; the other three mean something only then.
    frame_start, line_start : :py:`In(1)`, domain ``pixel``
        It is the first one of a frame, of a line. A frame's start is also that of a line.
    pixel : :py:`In(layout)`, domain ``pixel``
    width, height : :py:`In(16)`
        Size of a frame, 1 or more, sampled when a frame starts.
    o : :py:`Out(stream.Signature(layout))`
    size : :py:`Out(stream.Signature(SIZE))`
        Size of every frame; the frame's first word waits until it is taken.
    frame_width, frame_height : :py:`Out(16)`
        Size of the frame in ``o``, steady from before its first word is offered until after its
        last is taken: what the network wants as ``width`` and ``height``.
    frame_done : :py:`Out(1)`
        High for the cycle in which a frame's last word is taken.
    short_line, long_line, short_frame, long_frame, overflow : :py:`Out(1)`
        High for one cycle per fault.
    """

    def __init__(self, layout: data.Layout, *, depth: int):
        self.layout = layout
        self.depth = depth
        super().__init__({
            "valid": In(1),
            "frame_start": In(1),
            "line_start": In(1),
            "pixel": In(layout),
            "width": In(16),
            "height": In(16),
            "o": Out(stream.Signature(layout)),
            "size": Out(stream.Signature(SIZE)),
            "frame_width": Out(16),
            "frame_height": Out(16),
            "frame_done": Out(1),
            **dict.fromkeys(FRAMING_FAULTS, Out(1)),
        })

    def elaborate(self, platform):
        m = Module()
        m.submodules.crossing = crossing = Crossing(
            marked(self.layout), depth=self.depth, source="pixel", sink="sync"
        )
        m.submodules.framing = framing = Framing(self.layout)

        # The camera's side: after a loss nothing enters but a mark of it, then whole frames.
        lost, skipping = Signal(), Signal()
        wanted, stored = Signal(), Signal()
        m.d.comb += [
            wanted.eq(self.valid & (self.frame_start | ~skipping)),
            stored.eq(wanted & ~lost & crossing.i.ready),
            crossing.i.valid.eq(wanted | lost),
            crossing.i.payload.lost.eq(lost),
            crossing.i.payload.frame_start.eq(self.frame_start & ~lost),
            crossing.i.payload.line_start.eq(self.line_start),
            Cat(crossing.i.payload.pixel).eq(Cat(self.pixel)),
        ]
        with m.If(crossing.i.ready):
            m.d.pixel += lost.eq(0)
        with m.If(stored):
            m.d.pixel += skipping.eq(0)
        with m.Elif(wanted):
            m.d.pixel += [lost.eq(1), skipping.eq(1)]

        # The pipeline's side.
        m.submodules.full = FFSynchronizer(lost, framing.full)
        wiring.connect(m, crossing.o, framing.i)
        wiring.connect(m, framing.o, wiring.flipped(self.o))
        wiring.connect(m, framing.size, wiring.flipped(self.size))
        m.d.comb += [framing.width.eq(self.width), framing.height.eq(self.height)]
        for name in ("frame_width", "frame_height", "frame_done", *FRAMING_FAULTS):
            m.d.comb += getattr(self, name).eq(getattr(framing, name))
        return m
