"""The list of memories is what the hardware asks for when it is elaborated."""

import re
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from amaranth.hdl import Fragment

from corgibuilder.emit.verilog import MemoryShells, emit
from corgibuilder.hw.stage import Stage as StageComponent
from corgibuilder.ir import Argmax, Pool, PoolKind, QInt, Threshold, Window
from corgibuilder.plan import Target, describe, make_plan, pipeline_of
from corgibuilder.plan.folded import Folded
from corgibuilder.plan.folding import Feed, feeds
from corgibuilder.plan.memories import Memory, Purpose, memories
from corgibuilder.plan.pipeline import Link, form_of
from corgibuilder.plan.requantisers import (
    CascadeForm,
    ScaleForm,
    ShiftForm,
    TableForm,
    ThresholdForm,
)
from corgibuilder.plan.stages import group_stages

from ..net.edits import random_folding, random_plan
from ..toys import HALVES, POINT, SAME, STRIDED, chain, conv, small, steps
from .odd_networks import any_network


def even_steps(channels):
    """Steps at even distances that are no power of two."""
    rows = np.arange(1, 16) * 7 + np.arange(channels)[:, None] - 50
    return Threshold(steps=rows, base=0)


def cascaded(channels):
    """A rounding to multiples of 64, then another factor for each channel."""
    grid = np.arange(-9, 30)
    at = (grid << 6) - 32 + (grid & 1)
    reached = (grid * np.linspace(150, 230, channels).astype(int)[:, None]) >> 8
    rows = [[at[np.searchsorted(row, level)] for level in range(1, 16)] for row in reached]
    return Threshold(steps=np.array(rows), base=0)


MOST_CYCLES = 10**5  #: of a frame
#: Steps for values 0..3, on which one step never reached needs a bit more.
WHOLE_RANGE = Threshold(steps=np.sort(np.random.default_rng(0).integers(1, 5, (40, 3))), base=0)

VALID = Window(kernel=(2, 3))
SIGNS = Threshold(steps=np.zeros((5, 2), np.int64), base=-1)


def signs(conv):
    """The same layer with weights of -1 and 1."""
    return replace(conv, weights=np.where(conv.weights < 0, -1, 1))


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
    "cascade": chain((9, 4, 5), conv(9, 24, POINT), cascaded(24), x=QInt(-128, 127)),
    "line": chain((5, 1, 1), conv(5, 8, POINT), steps(8, 1)),
    "bipolar": chain(
        (7, 8, 10),
        signs(conv(7, 5, SAME)),
        SIGNS,
        Pool(kind=PoolKind.MAX, window=SAME),
        signs(conv(5, 5, VALID, groups=5)),
        SIGNS,
        Pool(kind=PoolKind.SUM, window=HALVES),
        SIGNS,
        signs(conv(5, 6, POINT)),
        x=QInt(-1, 1, step=2),
    ),
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


def links(name, resizable, tries=3):
    network, rng = NETWORKS[name], np.random.default_rng(1)
    for stage in group_stages(network):
        for feed in feeds(stage, resizable=resizable):
            for _ in range(tries):
                folding = random_folding(
                    rng, stage, MOST_CYCLES, resizable=resizable, wide=False, only=feed
                )
                folded = Folded(stage, folding)
                lanes = int(rng.integers(1, stage.x.shape.channels + 1))
                yield Link(folded, form_of(stage), lanes)


@pytest.mark.parametrize("resizable", [False, True], ids=["fixed", "resizable"])
@pytest.mark.parametrize("name", NETWORKS)
def test_every_memory_is_listed_with_its_size(name, resizable):
    for link in links(name, resizable):
        assert listed([link]) == asked(link, resizable), link.folded.folding


def listed(links):
    """Depth, width, ports, and whether it is a ROM, of every memory that the plan lists."""
    every = [memory for link in links for memory in memories(link)]
    return sorted((m.depth, m.width, m.ports, m.constant) for m in every)


@pytest.mark.parametrize("seed", range(40))
def test_every_memory_of_a_random_plan_is_listed(seed):
    rng = np.random.default_rng([seed, 1])
    network = any_network(rng)
    pipeline = pipeline_of(network, random_plan(rng, network, TARGET, MOST_CYCLES))
    for link in pipeline.links:
        assert listed([link]) == asked(link, pipeline.resizable), link.folded.folding


PORTS = {"corgi_rom": 1, "corgi_single_port_ram": 1, "corgi_ram": 2}
INSTANCE = re.compile(r"(corgi_\w+) #\((.*?)\n  \) ", re.DOTALL)


def emitted(link, resizable):
    """The same of every memory in the Verilog of a stage."""

    def component():
        return StageComponent(link.folded, link.form, lanes=link.lanes, resizable=resizable)

    found = INSTANCE.findall(emit(link.stage.module, component).text)
    for shell, text in found:
        sizes = {name: int(value) for name, value in re.findall(r"\.(\w+)\(32'd(\d+)\)", text)}
        yield sizes["DEPTH"], sizes["WIDTH"], PORTS[shell], shell == "corgi_rom"


IN_TURN = chain((2, 4, 8), conv(2, 3, SAME), steps(3, 40), fixed=("x",))
TARGET = Target(fps=1, clock_hz=10_000)


def test_the_verilog_has_the_memories_of_the_plan():
    """Of plans as they are made, and of a wide layer whose outputs are worked on one by one."""
    plan = make_plan(IN_TURN, TARGET)
    folding = replace(plan.stages[0].folding, feed=Feed.COLUMNS, pixels=2, inputs=9, outputs=1)
    folding = replace(folding, lanes=1, capacity=20)
    in_turn = replace(plan, stages=(replace(plan.stages[0], folding=folding),))
    plans = [(IN_TURN, in_turn), *((n, make_plan(n, TARGET)) for n in NETWORKS.values())]
    for network, made in plans:
        pipeline = pipeline_of(network, made)
        found = [e for link in pipeline.links for e in emitted(link, pipeline.resizable)]
        assert sorted(found) == listed(pipeline.links)
        roms = sum(depth * width for depth, width, _, constant in found if constant)
        assert roms == describe(pipeline, made.target).rom_bits
    (link,) = pipeline_of(IN_TURN, in_turn).links
    assert (6, 36, 1, True) in listed([link])


def test_all_there_is_to_test_was_tested():
    tested = [link for name in NETWORKS for link in links(name, False)]
    every = [memory for link in tested for memory in memories(link)]
    assert {link.folded.folding.feed for link in tested} == set(Feed)
    forms = {ShiftForm, ScaleForm, CascadeForm, ThresholdForm, TableForm, type(None)}
    assert {type(link.form) for link in tested} == forms
    assert {memory.purpose for memory in every} == set(Purpose)
    assert {memory.ports for memory in every if memory.constant} == {1}


def test_names_of_a_stage_are_its_own():
    for name in NETWORKS:
        for link in links(name, True, tries=2):
            names = [memory.name for memory in memories(link)]
            assert len(set(names)) == len(names)


def test_bits_are_words_times_width():
    memory = Memory(name="queue", purpose=Purpose.QUEUE, depth=9, width=20, ports=2)
    assert (memory.bits, memory.constant) == (180, False)
    assert replace(memory, purpose=Purpose.WEIGHTS, ports=1).constant
