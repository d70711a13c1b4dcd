"""Several streams take turns on one."""

from collections.abc import Sequence

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from .channel import ending


def link_word(layouts: Sequence[data.Layout]) -> data.StructLayout:
    """Layout of a word that carries one of any of ``layouts``, in the low bits, zeros above.

    ``channel`` is the place in ``layouts``.
    """
    return data.StructLayout({
        "channel": range(max(len(layouts), 2)),
        "last": 1,
        "data": max(layout.size for layout in layouts),
    })


class Multiplexer(wiring.Component):
    """Passes on a word of each stream that has one in turn, with the number of the stream.

    Latency 1 cycle, one word per cycle.

    Parameters
    ----------
    layouts
        Layout of each stream's data.

    Members
    -------
    i0, i1, ... : :py:`In(stream.Signature(ending(layout)))`
    o : :py:`Out(stream.Signature(link_word(layouts)))`
    """

    def __init__(self, layouts: Sequence[data.Layout]):
        self.layouts = tuple(layouts)
        super().__init__({
            **{f"i{k}": In(stream.Signature(ending(x))) for k, x in enumerate(self.layouts)},
            "o": Out(stream.Signature(link_word(self.layouts))),
        })

    def elaborate(self, platform):
        m = Module()
        streams = [getattr(self, f"i{k}") for k in range(len(self.layouts))]
        free, turn = Signal(), Signal(range(len(streams)))  # turn: who is asked first
        word = Signal(link_word(self.layouts), reset_less=True)
        m.d.comb += [free.eq(~self.o.valid | self.o.ready), Cat(self.o.payload).eq(Cat(word))]
        with m.If(free):
            m.d.sync += self.o.valid.eq(0)
            with m.Switch(turn):
                for first in range(len(streams)):
                    with m.Case(first):
                        order = [(first + k) % len(streams) for k in range(len(streams))]
                        self._first_of(m, streams, order, word, turn)
        return m

    def _first_of(self, m, streams, order, word, turn):
        """Pass on the word of the first stream in ``order`` that has one."""
        condition = m.If
        for k in order:
            with condition(streams[k].valid):
                m.d.comb += streams[k].ready.eq(1)
                m.d.sync += [
                    self.o.valid.eq(1),
                    word.channel.eq(k),
                    word.last.eq(streams[k].payload.last),
                    word.data.eq(Cat(streams[k].payload.data)),
                    turn.eq((k + 1) % len(streams)),
                ]
            condition = m.Elif
