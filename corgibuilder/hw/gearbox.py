"""Change the number of lanes of a stream without mixing pixels up."""

from amaranth.hdl import Cat, Module, Mux, Shape, ShapeLike, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from corgibuilder.plan.folding import words_per_pixel

from .streams import counter, word


class Gearbox(wiring.Component):
    """Regroups the channels of each pixel from ``in_lanes`` to ``out_lanes`` values a word.

    Values keep their order. The last word of a pixel holds what is left, its upper lanes are zero.
    Latency 1 cycle; full rate on the narrower side.

    Parameters
    ----------
    shape
        Shape of one value.
    channels
        Values of one pixel.
    in_lanes, out_lanes
        Values per word on either side, each at most ``channels``.

    Members
    -------
    i : :py:`In(stream.Signature(ArrayLayout(shape, in_lanes)))`
    o : :py:`Out(stream.Signature(ArrayLayout(shape, out_lanes)))`
    """

    def __init__(self, shape: ShapeLike, *, channels: int, in_lanes: int, out_lanes: int):
        assert in_lanes <= channels and out_lanes <= channels
        self.shape = shape
        self.channels = channels
        self.in_lanes = in_lanes
        self.out_lanes = out_lanes
        super().__init__({
            "i": In(stream.Signature(word(shape, in_lanes))),
            "o": Out(stream.Signature(word(shape, out_lanes))),
        })

    def elaborate(self, platform):
        m = Module()
        bits = Shape.cast(self.shape).width
        capacity = self.in_lanes + self.out_lanes
        tail = self._sizes(self.out_lanes)[-1]
        take = self.i.valid & self.i.ready
        give = self.o.valid & self.o.ready

        # How many values the current word on each side really carries.
        def carried(lanes, moved, name):
            sizes = self._sizes(lanes)
            _, last = counter(m, len(sizes), moved, name=f"{name}_word")
            return last, Mux(last, sizes[-1], lanes)

        _, coming = carried(self.in_lanes, take, "in")
        last_out, going = carried(self.out_lanes, give, "out")

        # Values wait in order from the bottom of `store`; `level` says how many.
        store = Signal(capacity * bits, reset_less=True)
        level = Signal(range(capacity + 1))
        kept = Signal.like(level)
        shifted = Signal(capacity * bits)
        m.d.comb += [
            self.o.valid.eq(level >= going),
            Cat(self.o.payload).eq(Mux(last_out, store[: tail * bits], store)),
            kept.eq(Mux(give, level - going, level)),
            shifted.eq(store),
            self.i.ready.eq(kept + coming <= capacity),
        ]
        with m.If(give & last_out):
            m.d.comb += shifted.eq(store >> (tail * bits))
        with m.Elif(give):
            m.d.comb += shifted.eq(store >> (self.out_lanes * bits))
        m.d.sync += [level.eq(kept), store.eq(shifted)]
        with m.If(take):
            m.d.sync += level.eq(kept + coming)
            with m.Switch(kept):
                for free in self._levels():
                    with m.Case(free):
                        held = shifted[: free * bits]
                        m.d.sync += store.eq(Cat(held, Cat(self.i.payload)))
        return m

    def _levels(self):
        """Every fill level at which a word can arrive."""
        capacity = self.in_lanes + self.out_lanes
        ins, outs = (self._sizes(lanes) for lanes in (self.in_lanes, self.out_lanes))
        found, todo = set(), [(0, 0, 0)]
        while todo:
            state = todo.pop()
            if state in found:
                continue
            found.add(state)
            level, i, o = state
            if level + ins[i] <= capacity:
                todo.append((level + ins[i], (i + 1) % len(ins), o))
            if level >= outs[o]:
                todo.append((level - outs[o], i, (o + 1) % len(outs)))
        return sorted({level for level, i, _ in found if level + ins[i] <= capacity})

    def _sizes(self, lanes):
        words = words_per_pixel(self.channels, lanes)
        return [lanes] * (words - 1) + [self.channels - lanes * (words - 1)]
