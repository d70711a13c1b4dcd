"""What plans are made by: costs and delays of a technology, or of the generic one."""

import re
from dataclasses import replace
from fractions import Fraction

import pytest

from corgibuilder import api
from corgibuilder.diagnostics import CompileError
from corgibuilder.examples import DIGITS_NETWORK
from corgibuilder.plan import Plan, Target, describe, make_plan, pipeline_of
from corgibuilder.plan.area import generic_areas
from corgibuilder.plan.delays import generic_delays
from corgibuilder.plan.folding import Engine
from corgibuilder.plan.technology_model import TechnologyModel
from corgibuilder.technology import GENERIC, read_technology, technology_file

TARGET = Target(fps=Fraction(3000), clock_hz=59_000_000)


def with_costs(folder, **costs):
    """The file of a technology that is like the generic one but for some costs."""
    said = technology_file(GENERIC).read_text()
    for name, cost in costs.items():
        said, changed = re.subn(rf"(?m)^{name} = .*$", f"{name} = {cost}", said)
        assert changed == 1
    path = folder / "mine.toml"
    path.write_text(said)
    return str(path)


def test_without_a_name_it_is_the_generic_one():
    assert TechnologyModel.of(None) == TechnologyModel(generic_areas(), generic_delays())
    assert replace(TechnologyModel.of(GENERIC), notes=()) == TechnologyModel.of(None)


def test_what_a_technology_says_is_taken():
    ecp5, model = read_technology("ecp5"), TechnologyModel.of("ecp5")
    assert (model.areas.costs, model.delays.delays) == (ecp5.costs, ecp5.delays)
    assert model.notes == (f"areas are in {ecp5.costs.unit} of ecp5, with products in logic",)


def test_what_it_does_not_say_is_as_in_the_generic_one():
    model = TechnologyModel.of("ihp_sg13g2")
    assert (model.areas, model.delays) == (generic_areas(), generic_delays())
    assert ["NAND2" in note for note in model.notes] == [True, False]
    assert all("ihp_sg13g2 does not say" in note for note in model.notes)


def test_costs_decide_between_engines(tmp_path):
    network = api.read(DIGITS_NETWORK)

    def engines(**costs):
        plan = make_plan(network, replace(TARGET, technology=with_costs(tmp_path, **costs)))
        return {s.folding.engine for s in plan.stages} - {Engine.BUILT_IN}

    assert engines(adders=1000, products=0.001) == {Engine.MAC_ARRAY}
    assert Engine.ADDER_GRAPH in engines(adders=0.001, registers=0.001, products=1000)


def test_a_plan_is_built_without_the_file_of_its_technology(tmp_path):
    """Its decisions are complete; only figures need the technology again."""
    network = api.read(DIGITS_NETWORK)
    path = with_costs(tmp_path, constants=1000, products=0.001)
    plan = make_plan(network, replace(TARGET, technology=path))
    assert plan.target.technology == path
    read = Plan.from_json(plan.to_json())
    assert describe(pipeline_of(network, read), read.target) == plan
    (tmp_path / "mine.toml").unlink()
    pipeline = pipeline_of(network, read)
    assert [s.folded.folding for s in pipeline.stages] == [s.folding for s in plan.stages]
    with pytest.raises(CompileError, match="CB406"):
        describe(pipeline, read.target)


def test_the_file_of_a_technology_is_known_in_any_folder(tmp_path, monkeypatch):
    network, path = api.read(DIGITS_NETWORK), with_costs(tmp_path)
    monkeypatch.chdir(tmp_path)
    asked = {"fps": 3000, "clock_hz": 59_000_000}
    assert api.plan(network, **asked, technology="mine.toml").target.technology == path
    assert api.plan(network, **asked, technology="ecp5").target.technology == "ecp5"
