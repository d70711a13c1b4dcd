"""The memory of a classifier: written word by word over the registers, read in order."""

from amaranth.hdl import Array, Cat, Module, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from corgibuilder.hw.streams import counter, word
from corgibuilder.plan.system.classifier import (
    WEIGHT_BITS,
    WORD_BITS,
    WORD_WEIGHTS,
    ClassifierPlan,
)


class WeightMemory(wiring.Component):
    """Gives the weights of one step after another, those of a class after those of the one before.

    Latency 1 cycle; what it gave stays while ``next`` is low.

    The memory has words of 32 bits: four weights each, the lowest channel in the low bits,
    ``plan.row_words`` of them for each class, class after class; then a bias for each class. A word
    that is written in the cycle in which it is read comes with any value.

    Parameters
    ----------
    plan
        The classifier that they are for.

    Members
    -------
    next : :py:`In(1)`
        Give the next step's weights, those of the first one after the last.
    weights : :py:`Out(ArrayLayout(signed(8), multipliers))`
    bias : :py:`Out(signed(32))`
        That of the class.
    last_step, last_class : :py:`Out(1)`
        In the cycle of ``next``: this is the last step of the class, and this the last class.
    address : :py:`In(range(plan.words))`
    data : :py:`In(32)`
    write : :py:`In(1)`
    """

    def __init__(self, plan: ClassifierPlan):
        self.plan = plan
        super().__init__({
            "next": In(1),
            "weights": Out(word(signed(WEIGHT_BITS), plan.multipliers)),
            "bias": Out(signed(WORD_BITS)),
            "last_step": Out(1),
            "last_class": Out(1),
            "address": In(range(plan.words)),
            "data": In(WORD_BITS),
            "write": In(1),
        })

    def elaborate(self, platform):
        m = Module()
        plan = self.plan
        _, last_step = counter(m, plan.steps, self.next, name="step")
        number, last_class = counter(m, plan.classes, self.next & last_step, name="class")
        m.d.comb += [self.last_step.eq(last_step), self.last_class.eq(last_class)]
        rows = plan.classes * plan.row_words

        bias = m.submodules.bias = Memory(shape=signed(WORD_BITS), depth=plan.classes, init=[])
        read, write = bias.read_port(), bias.write_port()
        m.d.comb += [
            read.addr.eq(number),
            read.en.eq(self.next),
            self.bias.eq(read.data),
            write.addr.eq(self.address - rows),
            write.data.eq(self.data),
            write.en.eq(self.write & (self.address >= rows)),
        ]

        # Parts of a word in turn, or whole words side by side.
        parts = max(WORD_WEIGHTS // plan.multipliers, 1)
        banks = max(plan.multipliers // WORD_WEIGHTS, 1)
        depth = rows // banks
        part, last_part = counter(m, parts, self.next & ~last_step, name="part")
        place = Signal(range(depth), name="place")
        chosen = Signal.like(part)
        with m.If(self.next):
            m.d.sync += chosen.eq(part)
            with m.If(last_step):
                m.d.sync += part.eq(0)
            with m.If(last_step & last_class):
                m.d.sync += place.eq(0)
            with m.Elif(last_step | last_part):
                m.d.sync += place.eq(place + 1)
        found = []
        for bank in range(banks):
            memory = m.submodules[f"bank_{bank}"] = Memory(shape=WORD_BITS, depth=depth, init=[])
            read, write = memory.read_port(), memory.write_port()
            m.d.comb += [
                read.addr.eq(place),
                read.en.eq(self.next),
                write.addr.eq(self.address // banks),
                write.data.eq(self.data),
                write.en.eq(self.write & (self.address < rows) & (self.address % banks == bank)),
            ]
            found.append(read.data)
        words = Cat(found)
        bits = plan.multipliers * WEIGHT_BITS
        choices = Array(words[k * bits : (k + 1) * bits] for k in range(parts))
        m.d.comb += Cat(self.weights).eq(choices[chosen])
        return m
