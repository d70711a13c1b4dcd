"""The last layer of a network as a part of its own, with weights that can be changed."""

from dataclasses import dataclass

from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from corgibuilder.hw.gearbox import Gearbox
from corgibuilder.hw.queue import Queue
from corgibuilder.hw.size import SIZE
from corgibuilder.hw.streams import Buffer, shape_of, word, words_per_pixel
from corgibuilder.ir import QInt

from .average import Average, average_cycles, average_range
from .dense import LOGIT, Dense, dense_cycles
from .sums import ChannelSums
from .tap import Tap
from .weight_memory import WORD_BITS, memory_words


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassifierPlan:
    """What a classifier is built for.

    Parameters
    ----------
    x
        Range of the values that are classified.
    channels
        Values of a pixel.
    max_positions
        Pixels of the largest map.
    classes
        Logits.
    multipliers
        Products in a cycle: a power of two.
    """

    x: QInt
    channels: int
    max_positions: int
    classes: int
    multipliers: int

    @property
    def words(self) -> int:
        """Words of 32 bits in the memory for weights and biases."""
        return memory_words(self.channels, self.classes, self.multipliers)

    @property
    def frame_cycles(self) -> int:
        """Cycles from one frame's logits to the next one's, at most.

        Averages, with a divider for each multiplier, and products do not overlap.
        """
        words = words_per_pixel(self.channels, self.multipliers)
        averaging = words * average_cycles(self.x)
        return averaging + dense_cycles(self.channels, self.classes, self.multipliers)


def fewest_multipliers(
    x: QInt, *, channels: int, max_positions: int, classes: int, budget: int
) -> ClassifierPlan:
    """The classifier with the fewest multipliers that classifies a frame every ``budget`` cycles.

    Where even all channels at once are too slow, those are what it has.
    """
    multipliers = 1
    while True:
        plan = ClassifierPlan(
            x=x,
            channels=channels,
            max_positions=max_positions,
            classes=classes,
            multipliers=multipliers,
        )
        if plan.frame_cycles <= budget or 2 * multipliers > channels:
            return plan
        multipliers *= 2


class Classifier(wiring.Component):
    """Gives the logits of every frame: global average, then a 1x1 convolution.

    For channels ``c``, positions ``p`` and classes ``o``, all in integers::

        average[c] = floor((16 * sum(x[c, p]) + positions / 2) / positions)
        logit[o]   = bias[o] + sum(weight[o, c] * average[c])      kept within 32 bits

    The average has 4 fraction bits and is rounded half up; weights are signed and of 8 bits, biases
    signed and of 32 bits. They lie in memory as
    :class:`~corgibuilder.hw.system.weight_memory.WeightMemory` says and are unknown after a reset.

    The sums of a frame are taken in, a word per cycle, while those before it are classified; of
    these one can wait.

    Parameters
    ----------
    plan
        What it is built for.
    tap
        The stream that comes.

    Members
    -------
    i : :py:`In(stream.Signature(tap.layout))`
    size : :py:`In(stream.Signature(SIZE))`
        Size of the input frame, a word before each frame.
    o : :py:`Out(stream.Signature(ArrayLayout(signed(32), 1)))`
        A pixel of ``classes`` channels for each frame.
    busy : :py:`Out(1)`
        Logits of a frame are being computed.
    address, data, write
        Those of :class:`~corgibuilder.hw.system.weight_memory.WeightMemory`.
    """

    def __init__(self, plan: ClassifierPlan, tap: Tap):
        self.plan = plan
        self.tap = tap
        super().__init__({
            "i": In(stream.Signature(tap.layout)),
            "size": In(stream.Signature(SIZE)),
            "o": Out(stream.Signature(word(shape_of(LOGIT), 1))),
            "busy": Out(1),
            "address": In(range(plan.words)),
            "data": In(WORD_BITS),
            "write": In(1),
        })

    def elaborate(self, platform):
        m = Module()
        plan, tap = self.plan, self.tap
        m.submodules.sums = sums = ChannelSums(plan.x, tap, max_positions=plan.max_positions)
        m.submodules.queue = queue = Queue(sums.o.payload.shape(), max(tap.words, 2))
        m.submodules.positions = positions = Buffer(sums.positions.payload.shape())
        m.submodules.gearbox = gearbox = Gearbox(
            shape_of(sums.sum),
            channels=plan.channels,
            in_lanes=tap.layout.length,
            out_lanes=plan.multipliers,
        )
        m.submodules.average = average = Average(
            plan.x,
            sums.sum,
            max_positions=plan.max_positions,
            channels=plan.channels,
            lanes=plan.multipliers,
        )
        m.submodules.dense = dense = Dense(
            average_range(plan.x),
            channels=plan.channels,
            classes=plan.classes,
            multipliers=plan.multipliers,
        )
        wiring.connect(m, wiring.flipped(self.i), sums.i)
        wiring.connect(m, wiring.flipped(self.size), sums.size)
        wiring.connect(m, sums.o, queue.i)
        wiring.connect(m, sums.positions, positions.i)
        wiring.connect(m, queue.o, gearbox.i)
        wiring.connect(m, gearbox.o, average.i)
        wiring.connect(m, positions.o, average.positions)
        wiring.connect(m, average.o, dense.i)
        wiring.connect(m, dense.o, wiring.flipped(self.o))
        m.d.comb += [
            self.busy.eq(dense.busy),
            dense.address.eq(self.address),
            dense.data.eq(self.data),
            dense.write.eq(self.write),
        ]
        return m
