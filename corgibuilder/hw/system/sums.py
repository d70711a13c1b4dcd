"""Sums of all pixels of a map."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from corgibuilder.hw.raster import raster
from corgibuilder.hw.size import SIZE
from corgibuilder.hw.streams import counter, decoded, shape_of, word
from corgibuilder.plan.system.classifier import ClassifierPlan
from corgibuilder.plan.system.tap import Tap

from .tap import MapSizes, tap_layout


class ChannelSums(wiring.Component):
    """Gives for each frame one pixel: for every channel the sum of ``x - x.lo`` over the map.

    One word in per cycle, none out before the map's last pixel; latency 2 cycles. A sum is
    unsigned.

    Parameters
    ----------
    plan
        The classifier that they are for.
    tap
        The stream that comes.

    Members
    -------
    i : :py:`In(stream.Signature(tap_layout(tap)))`
    size : :py:`In(stream.Signature(SIZE))`
        Size of the input frame, a word before each frame.
    o : :py:`Out(stream.Signature(ArrayLayout(sum, lanes)))`
    positions : :py:`Out(stream.Signature(range(max_positions + 1)))`
        Pixels of the map, a word before the sums of each frame.
    """

    def __init__(self, plan: ClassifierPlan, tap: Tap):
        self.plan = plan
        self.tap = tap
        super().__init__({
            "i": In(stream.Signature(tap_layout(tap))),
            "size": In(stream.Signature(SIZE)),
            "o": Out(stream.Signature(word(shape_of(plan.sum), tap.lanes))),
            "positions": Out(stream.Signature(range(plan.max_positions + 1))),
        })

    def elaborate(self, platform):
        m = Module()
        m.submodules.sizes = sizes = MapSizes(self.tap)
        wiring.connect(m, wiring.flipped(self.size), sizes.i)
        size = sizes.o.payload

        # Take a word and look up the sums so far.
        take, advance = Signal(), Signal()
        place, last_word = counter(m, self.tap.words, take, name="word")
        at = raster(m, size.width, size.height, take & last_word)
        number = Signal(self.positions.payload.shape())  # of this pixel, from 1
        passed = Signal.like(number, reset_less=True)
        m.d.comb += [
            self.i.ready.eq(advance & sizes.o.valid),
            take.eq(self.i.valid & self.i.ready),
            sizes.o.ready.eq(take & last_word & at.last),
            number.eq(Mux(at.first, 1, passed + 1)),
        ]
        with m.If(take & last_word):
            m.d.sync += passed.eq(number)

        # Add. The sums of the last pixel leave, the others go back.
        pending, fresh, final, told = Signal(), Signal(), Signal(), Signal()
        added, address = Signal.like(self.i.payload, reset_less=True), Signal.like(place)
        first_word, keep = Signal(), Signal()
        m.d.comb += [
            first_word.eq(address == 0),
            keep.eq(pending & ~final),
            self.positions.valid.eq(pending & final & first_word & ~told),
            self.o.valid.eq(pending & final & (~first_word | told | self.positions.ready)),
            advance.eq(~pending | ~final | (self.o.valid & self.o.ready)),
        ]
        with m.If(self.positions.valid & self.positions.ready):
            m.d.sync += told.eq(1)
        with m.If(advance):
            m.d.sync += [
                pending.eq(take),
                told.eq(0),
                added.eq(self.i.payload),
                address.eq(place),
                fresh.eq(at.first),
                final.eq(at.last),
                self.positions.payload.eq(number),
            ]
        before = self._sums_so_far(m, take, place, keep, address)
        x = self.plan.x
        for lane in range(self.tap.lanes):
            value = Signal(shape_of(self.plan.sum), name=f"value_{lane}")
            total = Signal(shape_of(self.plan.sum), name=f"total_{lane}")
            each = decoded(m, added[lane], x, name=f"decoded_{lane}")
            m.d.comb += [
                value.eq(each - x.lo),
                total.eq(Mux(fresh, 0, before[lane]) + value),
                self.o.payload[lane].eq(total),
            ]
        return m

    def _sums_so_far(self, m, take, place, keep, address):
        """What was kept for the word taken last."""
        layout = self.o.payload.shape()
        if self.tap.words == 1:
            held = Signal(layout, reset_less=True)
            with m.If(keep):
                m.d.sync += held.eq(self.o.payload)
            return held
        m.submodules.memory = memory = Memory(shape=layout.size, depth=self.tap.words, init=[])
        read, write = memory.read_port(), memory.write_port()
        found = Signal(layout)
        m.d.comb += [
            read.addr.eq(place),
            read.en.eq(take),
            Cat(found).eq(read.data),
            write.addr.eq(address),
            write.data.eq(Cat(self.o.payload)),
            write.en.eq(keep),
        ]
        return found
