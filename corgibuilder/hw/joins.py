"""Components with several streams in and one out: sums, concatenations, and chosen lanes."""

from collections.abc import Sequence

from amaranth.hdl import Array, Cat, Const, Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from corgibuilder.ir import QInt
from corgibuilder.plan.components import AdderConfig, ConcatConfig, RouterConfig

from .streams import input_ports, recoded, shape_of, word
from .sums_of_products import balanced_sum


def _inputs(ranges: tuple[QInt, ...], lanes: Sequence[int]) -> dict:
    return {
        name: In(stream.Signature(word(shape_of(x), count)))
        for name, x, count in zip(input_ports(len(ranges)), ranges, lanes, strict=True)
    }


def _together(m, component, count: int, advance):
    """One word from every input at a time, while ``advance``: whether they come."""
    inputs = [getattr(component, name) for name in input_ports(count)]
    if count == 1:
        m.d.comb += inputs[0].ready.eq(advance)
        return inputs[0].valid & advance
    take = Signal()
    m.d.comb += take.eq(Cat(i.valid for i in inputs).all() & advance)
    m.d.comb += [i.ready.eq(take) for i in inputs]
    return take


class Adder(wiring.Component):
    """Adds one word of every input, lane by lane, each times a factor.

    One word per cycle; latency ``config.latency`` cycles. A word is taken from all inputs at once.

    Parameters
    ----------
    config
        See :class:`~corgibuilder.plan.components.AdderConfig`.

    Members
    -------
    i, or i0, i1, ... of several inputs : :py:`In(stream.Signature(ArrayLayout(x, lanes)))`
    o : :py:`Out(stream.Signature(ArrayLayout(out, lanes)))`
    """

    def __init__(self, config: AdderConfig):
        self.config = config
        super().__init__({
            **_inputs(config.inputs, [config.lanes] * len(config.inputs)),
            "o": Out(stream.Signature(word(shape_of(config.out), config.lanes))),
        })

    def elaborate(self, platform):
        m = Module()
        config = self.config
        advance = Signal()
        m.d.comb += advance.eq(~self.o.valid | self.o.ready)
        valid = _together(m, self, len(config.inputs), advance)
        if config.latency == 2:
            multiplied = Signal()
            with m.If(advance):
                m.d.sync += multiplied.eq(valid)
            valid = multiplied
        with m.If(advance):
            m.d.sync += self.o.valid.eq(valid)
        for lane in range(config.lanes):
            terms = [self._product(m, k, lane, advance) for k in range(len(config.inputs))]
            total = Signal(shape_of(config.out), name=f"total_{lane}", reset_less=True)
            with m.If(advance):
                m.d.sync += total.eq(balanced_sum([*terms, Const(config.code_offset)]))
            m.d.comb += self.o.payload[lane].eq(total)
        return m

    def _product(self, m, port: int, lane: int, advance):
        """The code of one input times its factor, in a register where that is no wire."""
        config = self.config
        x, factor = config.inputs[port], config.code_factors[port]
        code = getattr(self, input_ports(len(config.inputs))[port]).payload[lane]
        if config.latency == 1:
            return code * factor
        ends = [factor * (end - x.offset) // x.step for end in (x.lo, x.hi)]
        held = QInt(min(ends), max(ends))
        product = Signal(shape_of(held), name=f"product_{port}_{lane}", reset_less=True)
        with m.If(advance):
            m.d.sync += product.eq(code * factor)
        return product


def _held(m, component, values: list, valid, advance):
    """Offer a word of ``values`` from the next cycle on, if it is ``valid``."""
    with m.If(advance):
        m.d.sync += component.o.valid.eq(valid)
    for lane, value in enumerate(values):
        held = Signal(shape_of(component.config.out), name=f"held_{lane}", reset_less=True)
        with m.If(advance):
            m.d.sync += held.eq(value)
        m.d.comb += component.o.payload[lane].eq(held)


class Concatenator(wiring.Component):
    """Joins the channels of each pixel, in the order of the inputs.

    One word per cycle, latency 1 cycle. The inputs take turns, each for the words of a pixel.

    Parameters
    ----------
    config
        See :class:`~corgibuilder.plan.components.ConcatConfig`.

    Members
    -------
    i, or i0, i1, ... of several inputs : :py:`In(stream.Signature(ArrayLayout(x, lanes)))`
    o : :py:`Out(stream.Signature(ArrayLayout(out, lanes)))`
    """

    def __init__(self, config: ConcatConfig):
        self.config = config
        super().__init__({
            **_inputs(config.inputs, [config.lanes] * len(config.inputs)),
            "o": Out(stream.Signature(word(shape_of(config.out), config.lanes))),
        })

    def elaborate(self, platform):
        m = Module()
        config, ports = self.config, input_ports(len(self.config.inputs))
        advance = Signal()
        m.d.comb += advance.eq(~self.o.valid | self.o.ready)
        words = [
            [
                recoded(m, code, x, config.out, name=f"given_{port}_{lane}")
                for lane, code in enumerate(getattr(self, ports[port]).payload)
            ]
            for port, x in enumerate(config.inputs)
        ]
        turn, take = self._turns(m, advance)
        _held(m, self, [Array(lanes)[turn] for lanes in zip(*words, strict=True)], take, advance)
        return m

    def _turns(self, m, advance):
        """The number of the input whose turn it is, and whether it gives a word."""
        config, count = self.config, len(self.config.inputs)
        turn, place = Signal(range(count)), Signal(range(max(config.channels)))
        inputs = [getattr(self, name) for name in input_ports(count)]
        take = Signal()
        with m.Switch(turn):
            for k, i in enumerate(inputs):
                with m.Case(k):
                    m.d.comb += [i.ready.eq(advance), take.eq(i.valid & advance)]
                    with m.If(take):
                        m.d.sync += place.eq(place + 1)
                        with m.If(place == config.channels[k] // config.lanes - 1):
                            m.d.sync += [place.eq(0), turn.eq((k + 1) % count)]
        return turn, take


class Router(wiring.Component):
    """Gives some lanes of one word of every input, in any order.

    One word per cycle, latency 1 cycle. A word is taken from all inputs at once.

    Parameters
    ----------
    config
        See :class:`~corgibuilder.plan.components.RouterConfig`.

    Members
    -------
    i, or i0, i1, ... of several inputs : :py:`In(stream.Signature(ArrayLayout(x, lanes[k])))`
    o : :py:`Out(stream.Signature(ArrayLayout(out, len(sources))))`
    """

    def __init__(self, config: RouterConfig):
        self.config = config
        super().__init__({
            **_inputs(config.inputs, config.lanes),
            "o": Out(stream.Signature(word(shape_of(config.out), len(config.sources)))),
        })

    def elaborate(self, platform):
        m = Module()
        advance = Signal()
        m.d.comb += advance.eq(~self.o.valid | self.o.ready)
        config, ports = self.config, input_ports(len(self.config.inputs))
        lanes = [(port, lane) for port, count in enumerate(config.lanes) for lane in range(count)]
        values = []
        for number, source in enumerate(config.sources):
            port, lane = lanes[source]
            code = getattr(self, ports[port]).payload[lane]
            values.append(recoded(m, code, config.inputs[port], config.out, name=f"given_{number}"))
        take = _together(m, self, len(config.inputs), advance)
        _held(m, self, values, take, advance)
        return m
