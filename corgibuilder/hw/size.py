"""Width and height of the map that passes through a stage.

In a design of fixed size they are constants. In a resizable one a word with both precedes every
frame, on a stream of its own beside the data. Whoever needs it leaves the word on offer while the
frame passes and takes it with the frame's last word, so that frames follow without a gap; in front
a :class:`SizeQueue` holds those of all frames that are under way in the stage.
"""

from itertools import pairwise

from amaranth.hdl import Const, Module, Mux, Signal, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from corgibuilder.ir import Shape, Window
from corgibuilder.plan.kinds import SizeRule
from corgibuilder.plan.limits import SIZE_BITS

SIZE = data.StructLayout({"width": SIZE_BITS, "height": SIZE_BITS})
POSITION = unsigned(SIZE_BITS)  #: width or height of a map


def sides(size, largest: Shape) -> tuple:
    """Width and height of a map, in as many bits as the ``largest`` that will ever pass needs."""
    return size.width[: largest.width.bit_length()], size.height[: largest.height.bit_length()]


def first_taps(window: Window, largest: Shape) -> tuple[range, range]:
    """Rows and columns in which windows start, negative in the padding; two of them at least."""
    (kh, kw), pads = window.kernel, window.pads
    last_row = max(largest.height + pads.bottom - kh, 1 - pads.top)
    last_column = max(largest.width + pads.right - kw, 1 - pads.left)
    return range(-pads.top, last_row + 1), range(-pads.left, last_column + 1)


def output_rows(window: Window, height):
    """Rows of windows on a map; see :meth:`~corgibuilder.ir.Window.output_size`."""
    pads = window.pads.top + window.pads.bottom
    return reduced(height, pads - window.kernel[0], window.stride[0])


def output_columns(window: Window, width):
    """Windows in a row; see :meth:`~corgibuilder.ir.Window.output_size`."""
    pads = window.pads.left + window.pads.right
    return reduced(width, pads - window.kernel[1], window.stride[1])


def output_size(rule: SizeRule, size) -> tuple:
    """Width and height of the output of a stage whose input has ``size``."""
    width, height = size.width, size.height
    if rule.window is not None:
        width, height = output_columns(rule.window, width), output_rows(rule.window, height)
    rows, columns = rule.factors
    return (width + rule.added[1]) * columns, (height + rule.added[0]) * rows


def reduced(size, offset: int, stride: int):
    """Windows along a side of a map: ``(size + offset) // stride + 1``, which is 1 or more."""
    return (size + offset)[: SIZE_BITS + 1] // stride + 1


def columns_read(window: Window, width):
    """Columns of the map that some window needs."""
    reach = (output_columns(window, width) - 1) * window.stride[1] + (
        window.kernel[1] - window.pads.left
    )
    return Mux(reach < width, reach, width)


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


def size_ports(component) -> list:
    """The inputs of a component that need the size of the map."""
    names = component.signature.members
    return [getattr(component, name) for name in names if name.endswith("size")]


def fix_sizes(m: Module, ports: list, shape: Shape) -> None:
    """Give each of the :func:`size_ports` the same size for ever."""
    for k, port in enumerate(ports):
        m.submodules[f"size_{k}"] = fixed = FixedSize(shape)
        wiring.connect(m, fixed.o, port)


class SizeQueue(wiring.Component):
    """Holds ``depth`` sizes, 2 or more. Latency 1 cycle, one size per cycle, as a buffer.

    Members
    -------
    i : :py:`In(stream.Signature(SIZE))`
    o : :py:`Out(stream.Signature(SIZE))`
    """

    def __init__(self, depth: int):
        self.depth = depth
        super().__init__({"i": In(stream.Signature(SIZE)), "o": Out(stream.Signature(SIZE))})

    def elaborate(self, platform):
        m = Module()
        held = [Signal(SIZE, name=f"held_{k}", reset_less=True) for k in range(self.depth)]
        count, kept = Signal(range(self.depth + 1)), Signal(range(self.depth + 1))
        comes = Signal()
        m.d.comb += [
            self.i.ready.eq(count != self.depth),
            self.o.valid.eq(count != 0),
            self.o.payload.eq(held[0]),
            comes.eq(self.i.valid & self.i.ready),
            kept.eq(count - (self.o.valid & self.o.ready)),
        ]
        m.d.sync += count.eq(kept + comes)
        with m.If(self.o.ready):
            m.d.sync += [place.eq(behind) for place, behind in pairwise(held)]
        for k, place in enumerate(held):
            with m.If(comes & (kept == k)):
                m.d.sync += place.eq(self.i.payload)
        return m
