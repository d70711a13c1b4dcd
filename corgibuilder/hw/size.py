"""Width and height of the map that passes through a stage.

In a design of fixed size they are constants. In a resizable one a word with both precedes every
frame, on a stream of its own beside the data. Whoever needs it leaves the word on offer while the
frame passes and takes it with the frame's last word, so that frames follow without a gap; a
:class:`~corgibuilder.hw.streams.Buffer` in front holds the sizes of two frames.
"""

from amaranth.hdl import Const, Module
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import Out

from corgibuilder.ir import Shape, Window

SIZE = data.StructLayout({"width": 16, "height": 16})


def output_size(window: Window, width, height):
    """Width and height expressions of the output map; see :meth:`~corgibuilder.ir.Window.output_size`."""
    pads, (sy, sx), (kh, kw) = window.pads, window.stride, window.kernel
    columns = (width + (pads.left + pads.right - kw))[:17] // sx + 1
    rows = (height + (pads.top + pads.bottom - kh))[:17] // sy + 1
    return columns, rows


class FixedSize(wiring.Component):
    """Offers the same size for ever.

    Members
    -------
    o : :py:`Out(stream.Signature(SIZE))`
    """

    def __init__(self, shape: Shape):
        self.shape = shape
        super().__init__({"o": Out(stream.Signature(SIZE))})

    def elaborate(self, platform):
        m = Module()
        m.d.comb += [
            self.o.valid.eq(Const(1)),
            self.o.payload.width.eq(self.shape.width),
            self.o.payload.height.eq(self.shape.height),
        ]
        return m

