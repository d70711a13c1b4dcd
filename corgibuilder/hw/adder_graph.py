"""The adder graph: the engine of layers whose weights are all at work in every cycle."""

from amaranth.hdl import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from corgibuilder.plan.adder_graph import AdderGraph, cycles_of
from corgibuilder.plan.components import AdderGraphConfig

from .streams import decoded, shape_of, word


class AdderGraphEngine(wiring.Component):
    """Multiplies each word by a constant matrix, with adders only.

    One word per cycle; latency ``config.latency`` cycles. Registers load words only.

    Parameters
    ----------
    config
        See :class:`~corgibuilder.plan.components.AdderGraphConfig`.

    Members
    -------
    i : :py:`In(stream.Signature(ArrayLayout(x, lanes)))`
        The lanes of each group of outputs.
    o : :py:`Out(stream.Signature(ArrayLayout(acc, outputs)))`
    """

    def __init__(self, config: AdderGraphConfig):
        self.config = config
        super().__init__({
            "i": In(stream.Signature(word(shape_of(config.x), len(config.inputs)))),
            "o": Out(stream.Signature(word(shape_of(config.acc), len(config.weights)))),
        })

    def elaborate(self, platform):
        m = Module()
        loads = self._handshake(m)
        x = self._values(m)
        lanes = len(x) // self.config.groups
        totals = []
        for g, graph in enumerate(self.config.graphs):
            values = _Values(m, graph, x[g * lanes : (g + 1) * lanes], loads, name=f"g{g}_")
            totals += values.summed(self.config.adder_levels)
        for o, value in enumerate(totals):
            total = Signal(shape_of(self.config.acc), name=f"total_{o}", reset_less=True)
            with m.If(loads[-1]):
                m.d.sync += total.eq(value)
            m.d.comb += self.o.payload[o].eq(total)
        return m

    def _handshake(self, m) -> list:
        """For each register of the pipeline whether it loads a word."""
        advance = Signal()
        m.d.comb += [advance.eq(~self.o.valid | self.o.ready), self.i.ready.eq(advance)]
        coming, loads = self.i.valid, []
        for cycle in range(self.config.latency):
            load = Signal(name=f"load_{cycle}")
            m.d.comb += load.eq(advance & coming)
            loads.append(load)
            last = cycle == self.config.latency - 1
            there = self.o.valid if last else Signal(name=f"valid_{cycle}")
            with m.If(advance):
                m.d.sync += there.eq(coming)
            coming = there
        return loads

    def _values(self, m) -> list:
        """The values of a word, each as wide as its range."""
        values = []
        for k, x in enumerate(self.config.inputs):
            value = Signal(shape_of(x), name=f"x_{k}")
            code = self.i.payload[k]
            m.d.comb += value.eq(decoded(m, code, self.config.x, name=f"decoded_{k}"))
            values.append(value)
        return values


class _Values:
    """The values of one graph, in the cycles in which they are needed."""

    def __init__(self, m: Module, graph: AdderGraph, inputs: list, loads: list, *, name: str):
        self.m, self.graph, self.loads, self.name = m, graph, loads, name
        self.there = [{0: x} for x in inputs]  #: by value and cycle

    def summed(self, levels: int) -> list:
        """The outputs, in the last cycle."""
        graph, last = self.graph, len(self.loads) - 1
        cycles = cycles_of(graph, levels, len(self.loads))
        for number, found in enumerate(graph.sums):
            cycle = cycles[len(graph.inputs) + number]
            a, b = self._shifted(found.a, cycle), self._shifted(found.b, cycle)
            total = Signal(shape_of(found.range), name=f"{self.name}sum_{number}")
            self.m.d.comb += total.eq(a - b if found.difference else a + b)
            self.there.append({cycle: total})
        return [0 if term is None else self._shifted(term, last) for term in graph.outputs]

    def _shifted(self, term, cycle):
        return self._at(term.value, cycle) << term.shift

    def _at(self, value: int, cycle: int) -> Signal:
        """A value in a cycle: as it is computed, or from a register."""
        there = self.there[value]
        for later in range(max(there) + 1, cycle + 1):
            before = there[later - 1]
            there[later] = Signal.like(before, name=f"{before.name}_{later}", reset_less=True)
            with self.m.If(self.loads[later - 1]):
                self.m.d.sync += there[later].eq(before)
        return there[cycle]
