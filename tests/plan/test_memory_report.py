"""Sums of what the memories of a pipeline take."""

from fractions import Fraction

import pytest

from corgibuilder.plan import Target, memory_report
from corgibuilder.plan.choice import choose
from corgibuilder.plan.components import Memory, Purpose
from corgibuilder.plan.macros import cut
from corgibuilder.plan.memory_report import totals
from corgibuilder.plan.plan import memories
from corgibuilder.technology import CellNames, Flow, Macro, Technology

from ..toys import small

PIPELINE = choose(small(), Target(fps=Fraction(25, 3), clock_hz=5000))


def report(rom=None, register=10.0):
    macros = (
        Macro(name="one", words=16, bits=4, ports=1, area=300.0),
        Macro(name="two", words=16, bits=4, ports=2, area=500.0),
    )
    offered = Technology(
        name="toy",
        flow=Flow.GENERIC,
        cells=CellNames(),
        register_bit_area=register,
        rom_bit_area=rom,
        macros=macros,
    )
    return memory_report(PIPELINE, offered)


def test_sums_are_those_of_the_stages():
    found = report()
    for name in ("macros", "bits_in_macros", "bits_wasted", "bits_in_registers", "bits_in_roms"):
        assert getattr(found.totals, name) == sum(getattr(s.totals, name) for s in found.stages)
    assert found.totals.area == sum(stage.totals.area for stage in found.stages)


def test_every_bit_is_somewhere():
    found = report()
    listed = [memory for stage in PIPELINE.stages for memory in memories(stage)]
    assert [c.memory for stage in found.stages for c in stage.cuts] == listed
    sums = found.totals
    rams = sum(m.bits for m in listed if not m.constant)
    assert sums.bits_in_macros + sums.bits_in_registers == rams
    assert sums.bits_in_roms == sum(m.bits for m in listed if m.constant) > 0
    assert sums.bits_in_macros + sums.bits_wasted == sums.macros * 16 * 4
    assert sums.rams_of_one_port + sums.rams_of_two_ports == sum(not m.constant for m in listed)


def test_macros_are_counted_by_their_own_ports():
    sums = report().totals
    assert sums.macros_of_two_ports > 0
    area = 300.0 * sums.macros_of_one_port + 500.0 * sums.macros_of_two_ports
    assert sums.macro_area == area
    assert sums.area == sums.macro_area + sums.register_area


def test_a_memory_of_one_port_in_a_macro_of_two():
    macro = Macro(name="two", words=16, bits=4, ports=2, area=500.0)
    offered = Technology(
        name="",
        flow=Flow.GENERIC,
        cells=CellNames(),
        register_bit_area=1e6,
        rom_bit_area=None,
        macros=(macro,),
    )
    memory = Memory(name="ram", purpose=Purpose.LINES, depth=16, width=8, ports=1)
    found = totals([cut(memory, offered)], offered)
    assert (found.rams_of_one_port, found.rams_of_two_ports) == (1, 0)
    assert (found.macros_of_one_port, found.macros_of_two_ports) == (0, 2)


def test_all_in_registers_where_they_are_small():
    sums = report(register=0.01).totals
    assert (sums.macros, sums.macro_area, sums.bits_wasted) == (0, 0, 0)
    assert sums.register_area == pytest.approx(0.01 * sums.bits_in_registers)


def test_roms_have_an_area_only_where_the_technology_has_one():
    assert report().totals.rom_area is None
    with_roms = report(rom=2.0).totals
    assert with_roms.rom_area == 2.0 * with_roms.bits_in_roms
    assert with_roms.area == report().totals.area + with_roms.rom_area
