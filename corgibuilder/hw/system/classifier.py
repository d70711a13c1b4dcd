"""The last layer of a network as a part of its own, with weights that can be changed."""

from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from corgibuilder.hw.gearbox import Gearbox
from corgibuilder.hw.queue import Queue
from corgibuilder.hw.size import SIZE
from corgibuilder.hw.streams import Buffer, shape_of, word
from corgibuilder.plan.system.classifier import LOGIT, WORD_BITS, ClassifierPlan
from corgibuilder.plan.system.tap import Tap

from .average import Average
from .dense import Dense
from .sums import ChannelSums
from .tap import tap_layout


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
    i : :py:`In(stream.Signature(tap_layout(tap)))`
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
            "i": In(stream.Signature(tap_layout(tap))),
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
        m.submodules.sums = sums = ChannelSums(plan, tap)
        m.submodules.queue = queue = Queue(sums.o.payload.shape(), max(tap.words, 2))
        m.submodules.positions = positions = Buffer(sums.positions.payload.shape())
        m.submodules.gearbox = gearbox = Gearbox(
            shape_of(plan.sum),
            channels=plan.channels,
            in_lanes=tap.lanes,
            out_lanes=plan.multipliers,
        )
        m.submodules.average = average = Average(plan)
        m.submodules.dense = dense = Dense(plan)
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
