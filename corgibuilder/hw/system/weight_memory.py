"""The memory of a classifier: written word by word over the registers, read in order."""

from amaranth.hdl import Array, Cat, Module, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from corgibuilder.hw.streams import counter, word, words_per_pixel

WEIGHT_BITS = 8
WORD_BITS = 32
WORD_WEIGHTS = WORD_BITS // WEIGHT_BITS


def row_words(channels: int, multipliers: int) -> int:
    """Words of 32 bits that hold the weights of a class; what is left of them is not used."""
    block = max(multipliers, WORD_WEIGHTS)
    return words_per_pixel(channels, block) * block // WORD_WEIGHTS


def memory_words(channels: int, classes: int, multipliers: int) -> int:
    """Words of 32 bits that hold all weights and biases."""
    return classes * (row_words(channels, multipliers) + 1)


class WeightMemory(wiring.Component):
    """Gives the weights of one step after another, those of a class after those of the one before.

    Latency 1 cycle; what it gave stays while ``next`` is low.

    The memory has words of 32 bits: four weights each, the lowest channel in the low bits,
    :func:`row_words` of them for each class, class after class; then a bias for each class. A word
    that is written in the cycle in which it is read comes with any value.

    Parameters
    ----------
    channels, classes
        Weights of a class, and how many classes.
    multipliers
        Weights of a step: a power of two.

    Members
    -------
    next : :py:`In(1)`
        Give the next step's weights, those of the first one after the last.
    weights : :py:`Out(ArrayLayout(signed(8), multipliers))`
    bias : :py:`Out(signed(32))`
        That of the class.
    last_step, last_class : :py:`Out(1)`
        In the cycle of ``next``: this is the last step of the class, and this the last class.
    address : :py:`In(range(memory_words))`
    data : :py:`In(32)`
    write : :py:`In(1)`
    """

    def __init__(self, *, channels: int, classes: int, multipliers: int):
        self.channels = channels
        self.classes = classes
        self.multipliers = multipliers
        super().__init__({
            "next": In(1),
            "weights": Out(word(signed(WEIGHT_BITS), multipliers)),
            "bias": Out(signed(WORD_BITS)),
            "last_step": Out(1),
            "last_class": Out(1),
            "address": In(range(memory_words(channels, classes, multipliers))),
            "data": In(WORD_BITS),
            "write": In(1),
        })

    def elaborate(self, platform):
        m = Module()
        steps = words_per_pixel(self.channels, self.multipliers)
        _, last_step = counter(m, steps, self.next, name="step")
        number, last_class = counter(m, self.classes, self.next & last_step, name="class")
        m.d.comb += [self.last_step.eq(last_step), self.last_class.eq(last_class)]
        rows = self.classes * row_words(self.channels, self.multipliers)

        bias = m.submodules.bias = Memory(shape=signed(WORD_BITS), depth=self.classes, init=[])
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
        parts = max(WORD_WEIGHTS // self.multipliers, 1)
        banks = max(self.multipliers // WORD_WEIGHTS, 1)
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
        bits = self.multipliers * WEIGHT_BITS
        choices = Array(words[k * bits : (k + 1) * bits] for k in range(parts))
        m.d.comb += Cat(self.weights).eq(choices[chosen])
        return m
