"""A window source with a checker around it: wrong if any operand is not the right pixel.

Each pixel carries where it lies: number of the frame, row, column and word. So a value tells which
pixel it is, and a pixel that was overwritten, or is that of the frame before, is seen. Nothing in a
window source depends on values: what holds for these holds for all.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from amaranth.hdl import Array, Cat, Const, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from corgibuilder.hw.size import SIZE
from corgibuilder.hw.streams import Buffer, Fork, counter
from corgibuilder.ir import QInt, Window

PIXEL = QInt(0, 0xFFFF)  #: what carries where it lies
Tap = tuple[int, int, int]  #: row and column in the kernel, and word of the pixel


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a window source gives for each window: the taps in each of its words.

    ``summed`` says that a word is the sum of its taps. ``parts`` are the words of a pixel.
    """

    words: tuple[tuple[Tap, ...], ...]
    parts: int = 1
    summed: bool = False


class Checked(wiring.Component):
    """A window source whose inputs and outputs come and go as they like, and its checker.

    Parameters
    ----------
    source
        The window source: its streams ``i`` and ``o`` and size inputs called ``size_ports``.
    window
        Kernel, stride and padding.
    sizes
        Rows and columns of the frames that follow each other, two or more; after the last comes
        the first again.
    order
        What the window source should give.
    late_sizes
        Whether sizes come when they like as well, and not as early as possible.

    Members
    -------
    offer, accept : :py:`In(1)`
        Whether the next word is offered, from now on until it is taken; whether one is accepted.
    offer_size : :py:`In(1)`
        The same as ``offer`` for a size; only with ``late_sizes``.
    wrong : :py:`Out(1)`
        A word that should not be there is offered, or one was withdrawn.
    moved : :py:`Out(1)`
        A word came.
    """

    def __init__(
        self,
        source: wiring.Component,
        window: Window,
        sizes: Sequence[tuple[int, int]],
        order: Order,
        *,
        size_ports: Sequence[str],
        late_sizes: bool = False,
    ):
        assert len(sizes) > 1, "a pixel of the frame before has to look different"
        self.source = source
        self.window = window
        self.sizes = sizes
        self.order = order
        self.size_ports = size_ports
        self.late_sizes = late_sizes
        free = ("offer", "accept", *(("offer_size",) if late_sizes else ()))
        super().__init__({
            **dict.fromkeys(free, In(1)),
            **dict.fromkeys(("wrong", "moved"), Out(1)),
        })

    def elaborate(self, platform):
        m = Module()
        m.submodules.source = self.source
        self._sizes(m)
        self._pixels(m, self.source.i)
        self._check(m, self.source.o)
        return m

    def _offer(self, m, port, wish, *, name):
        """Offer words to ``port``, each from the cycle of the wish on; returns its taking."""
        held, taken = Signal(name=f"{name}_held"), Signal(name=f"{name}_taken")
        m.d.comb += [port.valid.eq(held | wish), taken.eq(port.valid & port.ready)]
        m.d.sync += held.eq(port.valid & ~taken)
        return taken

    def _frame(self, m, done, *, name):
        """Number of a frame, which goes on with ``done``, and its height and width."""
        frame, _ = counter(m, len(self.sizes), done, name=f"{name}_frame")
        height, width = (Array([Const(s[k], 4) for s in self.sizes])[frame] for k in (0, 1))
        return frame, height, width

    def _sizes(self, m):
        m.submodules.sizes = fork = Fork(SIZE, len(self.size_ports))
        wish = self.offer_size if self.late_sizes else Const(1)
        taken = self._offer(m, fork.i, wish, name="size")
        _, height, width = self._frame(m, taken, name="size")
        m.d.comb += [fork.i.payload.width.eq(width), fork.i.payload.height.eq(height)]
        for k, port in enumerate(self.size_ports):
            m.submodules[f"size_{k}"] = queue = Buffer(SIZE)
            wiring.connect(m, getattr(fork, f"o{k}"), queue.i)
            wiring.connect(m, queue.o, getattr(self.source, port))

    def _pixels(self, m, port):
        taken, ends = self._offer(m, port, self.offer, name="pixel"), Signal()
        frame, height, width = self._frame(m, ends, name="pixel")
        part, part_last = counter(m, self.order.parts, taken, name="part")
        x, y = Signal(4, name="pixel_x"), Signal(4, name="pixel_y")
        m.d.comb += Cat(port.payload).eq(named(frame, y, x, part))
        with m.If(taken & part_last):
            m.d.sync += x.eq(x + 1)
            with m.If(x == width - 1):
                m.d.sync += [x.eq(0), y.eq(y + 1)]
                with m.If(y == height - 1):
                    m.d.sync += y.eq(0)
                    m.d.comb += ends.eq(1)

    def _check(self, m, port):
        """Walk over the windows beside the source."""
        taken, ends, waiting = Signal(name="word_taken"), Signal(name="frame_over"), Signal()
        place = self._frame(m, ends, name="word")
        row, column = Signal(4), Signal(4)
        outputs = [self.window.output_size(*size) for size in self.sizes]
        rows, columns = (Array([Const(o[k], 4) for o in outputs])[place[0]] for k in (0, 1))
        step, step_last = counter(m, len(self.order.words), taken, name="step")
        expected = [self._word(m, taps, row, column, place) for taps in self.order.words]
        differs = port.payload.as_value() != Array(expected)[step]
        m.d.comb += [
            port.ready.eq(self.accept),
            taken.eq(port.valid & port.ready),
            self.moved.eq(taken),
            self.wrong.eq(Mux(port.valid, differs, waiting)),
        ]
        m.d.sync += waiting.eq(port.valid & ~port.ready)
        with m.If(taken & step_last):
            m.d.sync += column.eq(column + 1)
            with m.If(column == columns - 1):
                m.d.sync += [column.eq(0), row.eq(row + 1)]
                with m.If(row == rows - 1):
                    m.d.sync += row.eq(0)
                    m.d.comb += ends.eq(1)

    def _word(self, m, taps, row, column, place):
        """The word of these taps for the window in ``row`` and ``column``."""
        frame, height, width = place
        (sy, sx), pads = self.window.stride, self.window.pads
        values = []
        for ty, tx, part in taps:
            # With the padding counted, so that none is negative.
            y, x = Signal(6, name=f"tap_y_{ty}"), Signal(6, name=f"tap_x_{tx}")
            m.d.comb += [y.eq(row * sy + ty), x.eq(column * sx + tx)]
            inside = (y >= pads.top) & (y < pads.top + height)
            inside &= (x >= pads.left) & (x < pads.left + width)
            pixel = named(frame, (y - pads.top)[:4], (x - pads.left)[:4], Const(part, 4))
            values.append(Mux(inside, pixel, 0))
        bits = PIXEL.width * len(taps)
        word = Signal(bits, name="expected")
        m.d.comb += word.eq(sum(values) if self.order.summed else Cat(values))
        return word


def named(frame, y, x, part):
    """Value of a pixel's word, never 0."""
    fields = ((frame, 3), (y, 4), (x, 4), (part, 4))
    return Cat(Const(1, 1), *(Cat(value, Const(0, bits))[:bits] for value, bits in fields))
