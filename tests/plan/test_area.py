"""Predicted areas: their parts, and against synthesis."""

from dataclasses import replace
from fractions import Fraction

import pytest

from corgibuilder import api
from corgibuilder.examples import DIGITS_NETWORK
from corgibuilder.plan import Target, make_plan
from corgibuilder.plan.area import AreaModel, generic_areas
from corgibuilder.plan.components import Memory, Purpose
from corgibuilder.plan.components.memory import rom
from corgibuilder.plan.plan import pipeline_of
from corgibuilder.plan.resources import Resources
from corgibuilder.synth import synth
from corgibuilder.technology import read_technology

from ..published import CNN28, DWSEP32, RESNET8
from ..toys import small

AREAS = generic_areas()
DOUBLED = AreaModel(replace(AREAS.costs, adders=2 * AREAS.costs.adders))


def ram(depth, width, ports=1):
    return Memory(name="m", purpose=Purpose.LINES, depth=depth, width=width, ports=ports)


def test_logic_is_weighed_bit_by_bit():
    assert AREAS.logic(Resources()) == 0
    some = Resources(adders=3, registers=2)
    assert AREAS.logic(some) == 3 * AREAS.costs.adders + 2 * AREAS.costs.registers
    assert DOUBLED.logic(some) - AREAS.logic(some) == 3 * AREAS.costs.adders


def test_a_small_memory_is_flip_flops_and_a_second_port_costs():
    assert AREAS.memory(ram(2, 8)) == 16 * AREAS.costs.registers
    large = AREAS.memory(ram(1024, 8))
    assert large == AREAS.costs.ram_bits * 8192 + AREAS.costs.ram_columns * 8
    assert AREAS.memory(ram(1024, 8, ports=2)) == AREAS.costs.ram_ports * large
    assert AREAS.memory(ram(512, 16)) > large  # as many bits in wider words
    assert AREAS.memory(rom("w", Purpose.WEIGHTS, depth=4, width=3)) == 12 * AREAS.costs.rom_bits


@pytest.mark.parametrize("budget", [80, 300, 1000, 5000])
def test_the_estimate_is_near_what_the_components_add_up_to(budget):
    target = Target(fps=Fraction(1), clock_hz=budget)
    pipeline = pipeline_of(small(), make_plan(small(), target))
    for stage in pipeline.stages:
        exact = AREAS.of(stage.all_components, resizable=pipeline.resizable)
        assert stage.area(AREAS, resizable=pipeline.resizable) == pytest.approx(exact, rel=0.25)


def test_sizes_of_maps_that_come_with_each_frame_take_room():
    target = Target(fps=Fraction(1), clock_hz=1000)
    for stage in pipeline_of(small(), make_plan(small(), target)).stages:
        parts = stage.all_components
        resized, fixed = (AREAS.of(parts, resizable=each) for each in (True, False))
        more = stage.area(AREAS, resizable=True) - stage.area(AREAS, resizable=False)
        places = stage.sizes_held(stage.folded.frame_cycles)
        assert more - (resized - fixed) >= places * 32 * AREAS.costs.registers  # for the next stage


def compare(network, path, plan, folder):
    """Areas without memories, which stay whole: 15 % in total and 25 % for each large stage."""
    api.build(path, plan, folder / "build")
    pipeline = pipeline_of(network, plan)
    report = synth(folder / "build", read_technology("generic"))
    totals = [0.0, 0.0]
    for stage, found in zip(pipeline.stages, report.stages, strict=True):
        memories = (each for part in stage.all_components for each in part.memories())
        predicted = stage.area(AREAS, resizable=pipeline.resizable)
        predicted -= sum(map(AREAS.memory, memories))
        gates = found.transistors / 4
        assert abs(predicted - gates) <= max(0.25 * gates, 200), (found.layer, predicted, gates)
        totals[0] += predicted
        totals[1] += gates
    assert totals[0] == pytest.approx(totals[1], rel=0.15)


def test_the_example_is_as_large_as_predicted(tmp_path):
    network = api.read(DIGITS_NETWORK)
    plan = api.plan(network, fps=3000, clock_hz=59_000_000)
    compare(network, DIGITS_NETWORK, plan, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("published", [CNN28, DWSEP32, RESNET8], ids=lambda p: p.name)
def test_published_networks_are_as_large_as_predicted(published, tmp_path):
    network = published.or_skip().network()
    compare(network, published.path, published.plan(), tmp_path)
