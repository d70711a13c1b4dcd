"""Predicted delays, and the registers that follow from a clock."""

import re
from dataclasses import replace
from fractions import Fraction

import pytest

from corgibuilder import api
from corgibuilder.examples import DIGITS_NETWORK
from corgibuilder.ir import QInt
from corgibuilder.plan import Pins, Plan, Target, make_plan
from corgibuilder.plan.components import ArrayPipeline
from corgibuilder.plan.delays import DelayModel, Path, generic_delays, longest
from corgibuilder.plan.folding import Engine
from corgibuilder.plan.pins import LayerPins
from corgibuilder.technology import GENERIC, Delays, read_technology, technology_file

MODEL = DelayModel(
    Delays(register=1, level=10, adder=100, carry=1, multiplier=200, memory=1000, block_depth=64)
)
BYTE, SUMS = QInt(0, 255), QInt(0, 1023)


def test_operations_add_up():
    assert MODEL.adders(2, 8) == 208
    assert MODEL.adders(0, 8) == 0
    assert [MODEL.tree(terms, 8) for terms in (1, 2, 3, 4, 16)] == [0, 108, 118, 128, 168]
    assert MODEL.product(4, 3) == 200  # a hard multiplier, as logic would be faster
    assert MODEL.product(100, 20) > 200
    assert [MODEL.memory(depth) for depth in (0, 63, 64)] == [1, 1, 1000]
    assert [MODEL.lookup(depth) for depth in (16, 17, 63, 64)] == [10, 20, 30, 10]


def test_no_path_takes_no_time():
    assert longest([]).ns == 0
    assert longest([Path("a", 1), Path("b", 3), Path("c", 2)]) == Path("b", 3)


@pytest.mark.parametrize(
    ("registers", "paths"),
    [
        ({}, {"weights and products and their sum": 1000 + 200 + 130, "accumulator": 121}),
        (
            {"weight_register": True},
            {"weights": 1000, "products and their sum": 1 + 200 + 130, "accumulator": 121},
        ),
        (
            {"adder_levels": 1},
            {"weights and products": 1200, "sum of products": 111, "accumulator": 121},
        ),
    ],
)
def test_registers_cut_the_paths_of_an_array(registers, paths):
    pipeline = ArrayPipeline(inputs=4, **registers)
    assert dict(pipeline.paths(MODEL, BYTE, BYTE, SUMS, 64)) == paths


def digits(mhz: int, pins: Pins | None = None) -> Plan:
    """A plan for the same cycles at any clock."""
    target = Target(fps=Fraction(mhz * 10**6, 18_432), clock_hz=mhz * 10**6)
    return make_plan(api.read(DIGITS_NETWORK), target, *([] if pins is None else [pins]))


def registers(plan: Plan) -> list[int]:
    """Of each array, those that it has beyond those of every array."""
    return [
        ArrayPipeline(
            inputs=stage.folding.inputs,
            weight_register=stage.folding.weight_register,
            adder_levels=stage.folding.adder_levels,
        ).latency
        - 3
        for stage in plan.stages
        if stage.folding.engine is Engine.MAC_ARRAY
    ]


def test_a_faster_clock_has_more_registers_and_the_same_cycles():
    plans = [digits(mhz) for mhz in (30, 59, 125)]
    counts = [registers(plan) for plan in plans]
    assert not any(counts[0])
    assert sum(counts[0]) < sum(counts[1]) < sum(counts[2])
    assert {plan.cycles_per_frame for plan in plans} == {18_432}


@pytest.mark.parametrize("mhz", [30, 59])
def test_the_clock_is_kept_as_predicted(mhz):
    plan = digits(mhz)
    assert plan.slowest.fmax_mhz == min(stage.fmax_mhz for stage in plan.stages) >= mhz
    assert plan.slowest.critical_path


@pytest.mark.parametrize(("mhz", "noted"), [(59, 0), (125, 1)])
def test_a_clock_that_is_too_fast_is_noted(mhz, noted):
    plan = digits(mhz)
    assert len(plan.notes) == noted
    for note in plan.notes:
        assert note.startswith(f"{mhz} MHz are")
        assert f"in {plan.slowest.name} keeps up to {plan.slowest.fmax_mhz} MHz" in note


def test_pinned_registers_stay():
    layers = {"conv4": LayerPins(weight_register=False, adder_levels=2)}
    folding = next(s.folding for s in digits(125, Pins(layers)).stages if s.name == "conv4")
    assert (folding.weight_register, folding.adder_levels) == (False, 2)


def test_the_technology_decides(tmp_path):
    target = Target(fps=Fraction(1), clock_hz=59_000_000)
    network = api.read(DIGITS_NETWORK)
    said = technology_file(GENERIC).read_text()
    said, changed = re.subn(r"(?m)^(multiplier|memory) = .*$", r"\1 = 1000", said)
    assert changed == 2
    (tmp_path / "slow.toml").write_text(said)
    slow = replace(target, technology=str(tmp_path / "slow.toml"))
    assert not any(registers(make_plan(network, target)))
    plan = make_plan(network, slow)
    assert any(registers(plan))
    assert plan.slowest.fmax_mhz <= 1


def test_the_generic_technology_is_no_faster_than_an_fpga():
    assert generic_delays().delays == read_technology("ecp5").delays
