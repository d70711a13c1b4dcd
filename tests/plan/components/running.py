"""A component and what its configuration says of its timing, run on the same words and stalls."""

import re
import warnings

import numpy as np
from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import Out
from amaranth.sim import Simulator

from corgibuilder.hw.size import FixedSize
from corgibuilder.plan.simulation.machine_code import PARAMETERS, STATE, apply


def ports_of(component):
    """Names of the input streams: ``i``, or ``i0``, ``i1``, ..."""
    return [name for name in component.signature.members if re.fullmatch(r"i\d*", name)]


class Sized(wiring.Component):
    """A component whose map always has one size, which is there from cycle 0 or 1 on."""

    def __init__(self, inner, shape, *, size_from=0):
        self.inner, self.shape, self.size_from = inner, shape, size_from
        members = inner.signature.members
        super().__init__({name: members[name] for name in (*ports_of(inner), "o")})

    def elaborate(self, platform):
        m = Module()
        m.submodules.inner = self.inner
        sized = Signal()
        m.d.sync += sized.eq(1)
        for name in ports_of(self.inner):
            wiring.connect(m, wiring.flipped(getattr(self, name)), getattr(self.inner, name))
        wiring.connect(m, self.inner.o, wiring.flipped(self.o))
        for name, member in self.inner.signature.members.items():
            if "size" in name and member.flow is not Out:
                m.submodules[name] = fixed = FixedSize(self.shape)
                port = getattr(self.inner, name)
                m.d.comb += [
                    port.payload.eq(fixed.o.payload),
                    port.valid.eq(sized | (self.size_from == 0)),
                ]
        return m


class Simulated:
    """Some parts one behind the other; none pass on what is offered."""

    def __init__(self, parts):
        self.parts = list(parts)
        self.parameters = np.zeros(len(self.parts), PARAMETERS)
        self.state = np.zeros(len(self.parts), STATE)
        for k, part in enumerate(self.parts):
            for name, value in part.parameters.items():
                self.parameters[k][name] = value
            for name, value in part.begins.items():
                self.state[k][name] = value

    def tick(self, offered, taken):
        """Whether a word is on offer, and whether one is accepted, in the next cycle."""
        valid = bool(self.state[-1]["valid"]) if self.parts else offered
        for k in reversed(range(len(self.parts))):
            coming = bool(self.state[k - 1]["valid"]) if k else offered
            rule = int(self.parts[k].rule)
            taken = bool(apply(rule, self.parameters[k], self.state[k], coming, taken))
        return valid, taken


def hardware(component, moves):
    """What a :class:`Sized` component offers and accepts in each cycle of ``moves``.

    A move is whether a word is offered, by all inputs, and whether one is taken. Several inputs
    accept what they would if words were offered: some wait for all of them. A size that is fixed
    was there in the cycle before.
    """
    seen, ports = [], [getattr(component, name) for name in ports_of(component)]

    async def bench(ctx):
        if not component.size_from:
            await ctx.tick()
        for offered, taken in moves:
            for port in ports:
                ctx.set(port.valid, offered or len(ports) > 1)
            ctx.set(component.o.ready, taken)
            accepts = [bool(ctx.get(port.ready)) for port in ports]
            for port in ports:
                ctx.set(port.valid, offered)
            seen.append((bool(ctx.get(component.o.valid)), any(accepts)))
            await ctx.tick()

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        simulator = Simulator(component)
        simulator.add_clock(1e-6)
        simulator.add_testbench(bench)
        simulator.run()
    return seen
