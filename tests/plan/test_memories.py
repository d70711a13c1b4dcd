"""The list of memories is what the hardware asks for when it is elaborated."""

import re
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from amaranth.hdl import Fragment

from corgibuilder.emit.verilog import MemoryWrappers, emit
from corgibuilder.hw.stage import Stage
from corgibuilder.ir import Argmax, Pool, PoolKind, QInt, Threshold, Window
from corgibuilder.plan import Target, describe, make_plan, pipeline_of
from corgibuilder.plan.components import Memory, Purpose
from corgibuilder.plan.folding import WindowSource
from corgibuilder.plan.forms import form_of
from corgibuilder.plan.kinds import folded, kind_of
from corgibuilder.plan.layers import group_layers
from corgibuilder.plan.plan import memories
from corgibuilder.plan.planned_stage import PlannedStage
from corgibuilder.plan.requantisers import (
    CascadeForm,
    ScaleForm,
    ShiftForm,
    TableForm,
    ThresholdForm,
)

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
        return MemoryWrappers("image").get_memory(memory)

    def single_port(self, memory):
        self.memories.append((memory.depth, memory.width, 1, False))
        return MemoryWrappers("image").single_port(memory)


def asked(stage, resizable):
    platform = Asked()
    Fragment.get(Stage(stage, sizes_held=2 * resizable), platform)
    return sorted(platform.memories)


def planned_stages(name, resizable, tries=3):
    network, rng = NETWORKS[name], np.random.default_rng(1)
    for layer in group_layers(network):
        for source in kind_of(layer).sources(layer, resizable=resizable):
            for _ in range(tries):
                folding = random_folding(
                    rng, layer, MOST_CYCLES, resizable=resizable, wide=False, only=source
                )
                lanes = int(rng.integers(1, layer.x.shape.channels + 1))
                fifo = int(rng.choice([0, 0, 1, 2, 7]))
                yield PlannedStage(
                    folded(layer, folding), form_of(layer, lanes=folding.lanes), (lanes,), (fifo,)
                )


@pytest.mark.parametrize("resizable", [False, True], ids=["fixed", "resizable"])
@pytest.mark.parametrize("name", NETWORKS)
def test_every_memory_is_listed_with_its_size(name, resizable):
    for stage in planned_stages(name, resizable):
        assert listed([stage]) == asked(stage, resizable), stage.folded.folding


def listed(stages):
    """Depth, width, ports, and whether it is a ROM, of every memory that the plan lists."""
    every = [memory for stage in stages for memory in memories(stage)]
    return sorted((m.depth, m.width, m.ports, m.constant) for m in every)


@pytest.mark.parametrize("seed", range(40))
def test_every_memory_of_a_random_plan_is_listed(seed):
    rng = np.random.default_rng([seed, 1])
    network = any_network(rng)
    pipeline = pipeline_of(network, random_plan(rng, network, TARGET, MOST_CYCLES))
    for stage in pipeline.stages:
        assert listed([stage]) == asked(stage, pipeline.resizable), stage.folded.folding


PORTS = {"corgi_rom": 1, "corgi_single_port_ram": 1, "corgi_ram": 2}
INSTANCE = re.compile(r"(corgi_\w+) #\((.*?)\n  \) ", re.DOTALL)


def emitted(stage, resizable):
    """The same of every memory in the Verilog of a stage."""

    def component():
        return Stage(stage, sizes_held=2 * resizable)

    found = INSTANCE.findall(emit(stage.layer.module, component).text)
    for wrapper, text in found:
        sizes = {name: int(value) for name, value in re.findall(r"\.(\w+)\(32'd(\d+)\)", text)}
        yield sizes["DEPTH"], sizes["WIDTH"], PORTS[wrapper], wrapper == "corgi_rom"


IN_TURN = chain((2, 4, 8), conv(2, 3, SAME), steps(3, 40), fixed=("x",))
TARGET = Target(fps=1, clock_hz=10_000)


def test_the_verilog_has_the_memories_of_the_plan():
    """Of plans as they are made, and of a wide layer whose outputs are worked on one by one."""
    plan = make_plan(IN_TURN, TARGET)
    folding = replace(
        plan.stages[0].folding, source=WindowSource.COLUMN_BUFFER, pixels=2, inputs=9, outputs=1
    )
    folding = replace(folding, lanes=1, capacity=20)
    in_turn = replace(plan, stages=(replace(plan.stages[0], folding=folding),))
    plans = [(IN_TURN, in_turn), *((n, make_plan(n, TARGET)) for n in NETWORKS.values())]
    for network, made in plans:
        pipeline = pipeline_of(network, made)
        found = [e for stage in pipeline.stages for e in emitted(stage, pipeline.resizable)]
        assert sorted(found) == listed(pipeline.stages)
        roms = sum(depth * width for depth, width, _, constant in found if constant)
        assert roms == describe(pipeline, made.target).rom_bits
    (stage,) = pipeline_of(IN_TURN, in_turn).stages
    assert (6, 36, 1, True) in listed([stage])


def test_all_there_is_to_test_was_tested():
    tested = [stage for name in NETWORKS for stage in planned_stages(name, False)]
    every = [memory for stage in tested for memory in memories(stage)]
    assert {stage.folded.folding.source for stage in tested} == set(WindowSource)
    forms = {ShiftForm, ScaleForm, CascadeForm, ThresholdForm, TableForm, type(None)}
    assert {type(stage.form) for stage in tested} == forms
    assert {memory.purpose for memory in every} == set(Purpose)
    assert {memory.ports for memory in every if memory.constant} == {1}


def test_names_of_a_stage_are_its_own():
    for name in NETWORKS:
        for stage in planned_stages(name, True, tries=2):
            names = [memory.name for memory in memories(stage)]
            assert len(set(names)) == len(names)


def test_bits_are_words_times_width():
    memory = Memory(name="queue", purpose=Purpose.QUEUE, depth=9, width=20, ports=2)
    assert (memory.bits, memory.constant) == (180, False)
    assert replace(memory, purpose=Purpose.WEIGHTS, ports=1).constant
