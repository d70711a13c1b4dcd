"""The list of memories is what the hardware asks for when it is elaborated."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from amaranth.hdl import Fragment

from corgibuilder.emit.verilog import MemoryShells
from corgibuilder.hw.stage import Stage as StageComponent
from corgibuilder.ir import Argmax, Conv, Pool, PoolKind, Threshold
from corgibuilder.plan.folded import Folded
from corgibuilder.plan.folding import Feed, Folding, feeds, least_capacity
from corgibuilder.plan.forms import ScaleForm, ShiftForm, StepsForm
from corgibuilder.plan.memories import Memory, Purpose, memories
from corgibuilder.plan.pipeline import Link, form_of
from corgibuilder.plan.plan import most_inputs
from corgibuilder.plan.stages import group_stages

from ..toys import HALVES, POINT, SAME, STRIDED, chain, conv, small, steps


def even_steps(channels):
    """Steps at even distances that are no power of two."""
    rows = np.arange(1, 16) * 7 + np.arange(channels)[:, None] - 50
    return Threshold(steps=rows, base=0)


#: Steps for values 0..3, on which one step never reached needs a bit more.
WHOLE_RANGE = Threshold(steps=np.sort(np.random.default_rng(0).integers(1, 5, (40, 3))), base=0)

NETWORKS = {
    "small": small(),
    "pools": chain(
        (9, 8, 10),
        Pool(kind=PoolKind.MAX, window=replace(SAME, stride=(2, 2))),
        Pool(kind=PoolKind.SUM, window=HALVES),
        steps(9, 6),
        conv(9, 9, POINT, groups=9),
        even_steps(9),
        conv(9, 33, POINT),
        Argmax(),
        fixed=("n5",),
    ),
    "steps": chain((40, 6, 7), WHOLE_RANGE, conv(40, 20, STRIDED, groups=10), even_steps(20)),
    "line": chain((5, 1, 1), conv(5, 8, POINT), steps(8, 1)),
}


@dataclass
class Asked:
    """Amaranth platform that notes down what memories it is asked for."""

    memories: list = field(default_factory=list)

    def get_memory(self, memory):
        (read,) = memory.read_ports
        ports = 1 + len(memory.write_ports)
        self.memories.append((memory.depth, len(read.data), ports, not memory.write_ports))
        return MemoryShells("image").get_memory(memory)

    def single_port(self, memory):
        self.memories.append((memory.depth, memory.width, 1, False))
        return MemoryShells("image").single_port(memory)


def asked(link, resizable):
    platform = Asked()
    component = StageComponent(link.folded, link.form, lanes=link.lanes, resizable=resizable)
    Fragment.get(component, platform)
    return sorted(platform.memories)


def some_folding(stage, feed, rng):
    """Any folding that can be built."""
    channels = stage.acc.shape.channels
    whole = isinstance(stage.engine, Conv) and not stage.engine.depthwise and feed is Feed.STREAM
    outputs = channels if whole else -(-channels // int(rng.integers(1, channels + 1)))
    if isinstance(stage.engine, Argmax):
        outputs = 1
    folding = Folding(feed=feed, inputs=1, outputs=outputs, lanes=outputs)
    inputs = int(rng.integers(1, most_inputs(stage, folding) + 1))
    lanes = outputs
    if isinstance(stage.engine, Conv):
        lanes = int(rng.choice([n for n in range(1, outputs + 1) if outputs % n == 0]))
    capacity = 0
    if feed in (Feed.LINES, Feed.COLUMNS):
        capacity = least_capacity(stage, feed) + int(rng.integers(5))
    fifo = int(rng.integers(5))
    return replace(folding, inputs=inputs, lanes=lanes, capacity=capacity, fifo=fifo)


def links(name, resizable, tries=3):
    network, rng = NETWORKS[name], np.random.default_rng(1)
    for stage in group_stages(network):
        for feed in feeds(stage, resizable=resizable):
            for _ in range(tries):
                folded = Folded(stage, some_folding(stage, feed, rng))
                lanes = int(rng.integers(1, stage.x.shape.channels + 1))
                yield Link(folded, form_of(stage), lanes)


@pytest.mark.parametrize("resizable", [False, True], ids=["fixed", "resizable"])
@pytest.mark.parametrize("name", NETWORKS)
def test_every_memory_is_listed_with_its_size(name, resizable):
    for link in links(name, resizable):
        listed = sorted((m.depth, m.width, m.ports, m.constant) for m in memories(link))
        assert listed == asked(link, resizable), link.folded.folding


def test_all_there_is_to_test_was_tested():
    tested = [link for name in NETWORKS for link in links(name, False)]
    listed = [memory for link in tested for memory in memories(link)]
    assert {link.folded.folding.feed for link in tested} == set(Feed)
    assert {type(link.form) for link in tested} == {ShiftForm, ScaleForm, StepsForm, type(None)}
    assert {memory.purpose for memory in listed} == set(Purpose)
    assert {memory.ports for memory in listed if memory.constant} == {1}


def test_names_of_a_stage_are_its_own():
    for name in NETWORKS:
        for link in links(name, True, tries=2):
            names = [memory.name for memory in memories(link)]
            assert len(set(names)) == len(names)


def test_bits_are_words_times_width():
    memory = Memory(name="queue", purpose=Purpose.QUEUE, depth=9, width=20, ports=2)
    assert (memory.bits, memory.constant) == (180, False)
    assert replace(memory, purpose=Purpose.WEIGHTS, ports=1).constant
