"""Technologies are characterised."""

from dataclasses import replace

import pytest

from corgibuilder.characterise import measure
from corgibuilder.characterise.cache import Cache
from corgibuilder.characterise.characterise import characterise
from corgibuilder.characterise.measure import measured_areas
from corgibuilder.characterise.samples import Sample, all_samples
from corgibuilder.characterise.unit import GATES, unit_of
from corgibuilder.diagnostics import CompileError
from corgibuilder.ir import Pads, QInt, Shape
from corgibuilder.plan.components import BorderConfig, BufferConfig, RouterConfig
from corgibuilder.plan.resources import NAMES
from corgibuilder.technology import CellNames, read_technology
from tests.synth.cells import liberty

BYTE = QInt(0, 255)
FLIP_FLOP, ENABLE, INVERTER = 16 / 4, 12 / 4, 2 / 4  # of CMOS gates as Yosys counts them
GENERIC = read_technology("generic")


def router(values):
    return RouterConfig(inputs=(BYTE,), out=BYTE, lanes=(values,), sources=tuple(range(values)))


def border():
    shape, pads = Shape(2, 6, 8), Pads(top=1, left=1, bottom=1, right=1)
    config = BorderConfig(x=BYTE, out=BYTE, shape=shape, lanes=2, pads=pads, value=0)
    return [
        Sample(kind="border", config=config, shape=shape, resizable=resizable)
        for resizable in (False, True)
    ]


FEW = [
    *(Sample(kind="router", config=router(values)) for values in (2, 8)),
    Sample(kind="buffer", config=BufferConfig(x=BYTE, lanes=3)),
    *border(),
]


def measured(samples, cache=None, seen=None):
    return measured_areas(
        samples,
        GENERIC,
        GATES,
        liberty=None,
        cache=cache or Cache(None),
        progress=lambda *what: None if seen is None else seen.append(what),
    )


def test_areas_are_those_of_gates():
    """A router is registers with an enable, and a few gates that say when."""
    seen = []
    two, eight, *_, fixed, resizable = measured(FEW, seen=seen)
    assert eight - two == 6 * 8 * (FLIP_FLOP + ENABLE)
    assert 0 < two - 2 * 8 * (FLIP_FLOP + ENABLE) < 20 * INVERTER + FLIP_FLOP + ENABLE
    assert 0 < fixed < resizable
    fractions = [fraction for _, fraction in seen]
    assert fractions == sorted(fractions) and fractions[-1] == 1.0
    assert len(seen) == 2 * len(FEW)


def test_what_is_known_is_not_synthesised_again(tmp_path, monkeypatch):
    cache = Cache(tmp_path)
    first = measured(FEW[:2], cache)

    def nothing_left(modules, *_):
        assert not modules
        yield from ()

    monkeypatch.setattr(measure, "_synthesised", nothing_left)
    assert measured(FEW[1::-1], cache) == first[::-1]  # whatever their number


def test_costs_of_logic_are_new_and_those_of_memories_stay():
    found = characterise(GENERIC, FEW, cache=Cache(None))
    assert found.old == GENERIC.costs
    assert found.new.unit == "NAND2"
    assert found.new.registers == pytest.approx(FLIP_FLOP + ENABLE, rel=0.05)
    assert all(getattr(found.new, name) > 0 for name in NAMES)
    kept = {name: getattr(found.new, name) for name in NAMES}
    assert replace(GENERIC.costs, **kept) == found.new
    assert [(e.kind, e.samples) for e in found.new_errors] == [
        *(("router", 2), ("buffer", 1), ("border", 2), ("all", 5))
    ]
    assert all(abs(e.worst) >= e.mean >= 0 for e in (*found.new_errors, *found.old_errors))


@pytest.mark.parametrize("name", ["ecp5", "ice40", pytest.param("xilinx7", marks=pytest.mark.slow)])
def test_an_fpga_has_costs_in_a_unit_of_its_own(name):
    technology = replace(read_technology(name), costs=GENERIC.costs)
    found = characterise(technology, FEW[:3], cache=Cache(None))
    assert found.new.unit == "LUTs and FFs"
    assert found.old is None and found.old_errors == ()  # gates are no look-up tables
    assert found.new.registers == pytest.approx(1, abs=0.3)
    assert found.new.ram_bits / found.new.registers == pytest.approx(
        GENERIC.costs.ram_bits / GENERIC.costs.registers, rel=0.01
    )
    assert found.new.ram_ports == GENERIC.costs.ram_ports


def test_areas_of_standard_cells(tmp_path):
    cells = tmp_path / "cells.lib"
    cells.write_text(liberty())
    found = characterise(GENERIC, FEW[:2], liberty=cells, cache=Cache(None))
    assert found.new.unit == unit_of(GENERIC, cells).name == "um2"
    assert found.new.registers == pytest.approx(10.5 + 3 * 2 + 1, rel=0.1)


def test_cells_that_nobody_counts_are_refused():
    technology = replace(read_technology("ice40"), cells=CellNames(luts=("OTHER",)))
    with pytest.raises(CompileError) as caught:
        characterise(technology, FEW[:1], cache=Cache(None))
    assert str(caught.value) == (
        "error[CB710]: router has no cell that counts\n"
        "  --> ice40\n"
        "  help: name the cells of its netlists in [cells]"
    )


@pytest.mark.slow
def test_generic_costs_are_those_that_the_command_finds():
    found = characterise(GENERIC, all_samples(), cache=Cache(None))
    for name in NAMES:
        assert getattr(found.new, name) == pytest.approx(getattr(GENERIC.costs, name), rel=0.05)
    assert found.new_errors[-1].mean < 0.15
