"""Marked pixels become frames of exactly the right size."""

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from corgibuilder.hw.raster import Raster, raster
from corgibuilder.hw.size import SIZE
from corgibuilder.plan.system.register_map import FRAMING_FAULTS


def marked(layout: data.Layout) -> data.StructLayout:
    """Layout of a pixel with its marks; with ``lost`` there is no pixel and no frame starts."""
    return data.StructLayout({"frame_start": 1, "line_start": 1, "lost": 1, "pixel": layout})


class Framing(wiring.Component):
    """Gives frames of exactly ``width x height`` whatever comes in.

    Latency 0, one word per cycle, two cycles between frames.

    ========================== =================================== ===================
    what comes                 what is made of it                  flag
    ========================== =================================== ===================
    a line ends too early      zeros to its end                    ``short_line``
    pixels after a line's end  dropped                             ``long_line``
    a line is missing          zeros to the frame's end            ``short_frame``
    lines after a frame's end  dropped                             ``long_frame``
    the word ``lost``          zeros to the frame's end            ``overflow``
    no frame yet               dropped
    ========================== =================================== ===================

    A flag is high for one cycle, once for each such line, frame or word. A line cut off by the next
    ``frame_start`` is a short one, and its frame is a short one if it was not the last.

    Parameters
    ----------
    layout
        Layout of a pixel.

    Members
    -------
    i : :py:`In(stream.Signature(marked(layout)))`
        The word ``lost`` is followed by the start of a frame.
    full : :py:`In(1)`
        Pixels are being lost. If a frame's start waits behind zeros, that frame is dropped.
    o : :py:`Out(stream.Signature(layout))`
    size : :py:`Out(stream.Signature(SIZE))`
        Size of every frame; the frame's first word waits until it is taken.
    width, height : :py:`In(16)`
        1 or more, sampled when a frame starts.
    frame_width, frame_height : :py:`Out(16)`
        What was sampled.
    frame_done : :py:`Out(1)`
        High for the cycle in which a frame's last word is taken.
    short_line, long_line, short_frame, long_frame, overflow : :py:`Out(1)`
    """

    def __init__(self, layout: data.Layout):
        super().__init__({
            "i": In(stream.Signature(marked(layout))),
            "full": In(1),
            "o": Out(stream.Signature(layout)),
            "size": Out(stream.Signature(SIZE)),
            "width": In(16),
            "height": In(16),
            "frame_width": Out(16),
            "frame_height": Out(16),
            "frame_done": Out(1),
            **dict.fromkeys(FRAMING_FAULTS, Out(1)),
        })

    def elaborate(self, platform):
        m = Module()
        head = self.i.payload
        advance = Signal()
        at = raster(m, self.frame_width, self.frame_height, advance)
        cut = Signal()  # it has been said that this line is too long
        quiet = Signal(init=1)  # what comes before the next frame is not worth a flag
        m.d.comb += [
            self.size.payload.width.eq(self.frame_width),
            self.size.payload.height.eq(self.frame_height),
            advance.eq(self.o.valid & self.o.ready),
            self.frame_done.eq(advance & at.last),
            self.overflow.eq(self.i.valid & self.i.ready & head.lost),
        ]
        with m.If(advance):
            m.d.sync += cut.eq(0)

        with m.FSM():
            with m.State("between_frames"):
                self._between_frames(m, cut, quiet)
            with m.State("size"):
                m.d.comb += self.size.valid.eq(1)
                m.d.sync += quiet.eq(0)
                with m.If(self.size.ready):
                    m.next = "pixels"
            with m.State("pixels"):
                with m.If(self.i.valid):
                    self._pixels(m, at, cut)
                with m.If(self.frame_done):
                    m.next = "between_frames"
            with m.State("rest_of_line"):
                m.d.comb += self.o.valid.eq(1)
                with m.If(advance & at.last_x):
                    m.next = "pixels"
                with m.If(self.frame_done):
                    m.next = "between_frames"
            with m.State("rest_of_frame"):
                m.d.comb += [self.o.valid.eq(1), self.i.ready.eq(~head.frame_start | self.full)]
                m.d.sync += quiet.eq(1)
                with m.If(self.frame_done):
                    m.next = "between_frames"
        return m

    def _between_frames(self, m, cut, quiet):
        head = self.i.payload
        m.d.comb += self.i.ready.eq(~head.frame_start)
        with m.If(self.i.valid & head.frame_start):
            m.d.sync += [self.frame_width.eq(self.width), self.frame_height.eq(self.height)]
            m.next = "size"
        with m.Elif(self.i.valid & ~head.lost & ~quiet):
            m.d.comb += [
                self.long_frame.eq(head.line_start),
                self.long_line.eq(~head.line_start & ~cut),
            ]
            m.d.sync += [cut.eq(1), quiet.eq(head.line_start)]

    def _pixels(self, m, at: Raster, cut):
        head, in_line = self.i.payload, at.x != 0
        with m.If(head.lost):
            m.d.comb += self.i.ready.eq(1)
            m.next = "rest_of_frame"
        with m.Elif(head.frame_start & (in_line | (at.y != 0))):
            m.d.comb += [
                self.short_line.eq(in_line),
                self.short_frame.eq(~in_line | ~at.last_y),
            ]
            m.next = "rest_of_frame"
        with m.Elif(head.line_start & in_line):
            m.d.comb += self.short_line.eq(1)
            m.next = "rest_of_line"
        with m.Elif(~in_line & ~head.line_start & ~head.frame_start):
            m.d.comb += [self.i.ready.eq(1), self.long_line.eq(~cut)]
            m.d.sync += cut.eq(1)
        with m.Else():
            m.d.comb += [
                Cat(self.o.payload).eq(Cat(head.pixel)),
                self.o.valid.eq(1),
                self.i.ready.eq(self.o.ready),
            ]
