"""Decisions that a user fixes: they are in the plan, and what cannot be built is refused."""

import json
from fractions import Fraction

import pytest

from corgibuilder.diagnostics import CompileError
from corgibuilder.plan import Plan, Target, make_plan, pipeline_of, read_pins
from corgibuilder.plan.simulation import pipeline_timing

from ..toys import small

TARGET = Target(fps=Fraction(1), clock_hz=3000)


def planned(tmp_path, text):
    file = tmp_path / "pins.toml"
    file.write_text(text)
    return make_plan(small(), TARGET, read_pins(file))


@pytest.mark.parametrize(
    "layer,pins",
    [
        ("n0", {"source": "row_banks"}),
        ("n0", {"source": "tap_serial", "inputs": 1, "outputs": 6}),
        ("n0", {"outputs": 3, "lanes": 1, "fifo": [5]}),
        ("n0", {"source": "column_buffer", "capacity": 60, "single_port": True}),
        ("n2", {"groups_per_word": 3, "outputs": 1, "source": "tap_serial"}),
        ("n4", {"requantiser": "threshold", "engine": "mac_array"}),
        ("n4", {"requantiser": "table"}),
    ],
    ids=str,
)
def test_what_is_pinned_is_planned(tmp_path, layer, pins):
    text = f"[layers.{layer}]\n" + "".join(f"{k} = {json.dumps(v)}\n" for k, v in pins.items())
    plan = planned(tmp_path, text)
    stage = next(stage for stage in plan.stages if stage.name == layer)
    for name, value in pins.items():
        if name == "fifo":
            assert [e.fifo for e in plan.edges if e.consumer == layer] == value
            continue
        found = getattr(stage.folding, name)
        assert getattr(found, "value", found) == value
    pipeline = pipeline_of(small(), Plan.from_json(plan.to_json()))
    assert pipeline_timing(pipeline).interval == plan.cycles_per_frame <= 3000


@pytest.mark.parametrize(
    "text,code,problem",
    [
        ("[layers.nothing]\ninputs = 1", "CB431", "no stage is called 'nothing'"),
        ("[layers.n0]\nsource = 'direct'", "CB432", "source is 'direct'"),
        ("[layers.n0]\noutputs = 7", "CB432", "outputs is 7"),
        ("[layers.n0]\nengine = 'built_in'", "CB432", "engine is 'built_in'"),
        ("[layers.n0]\nfifo = [1, 2]", "CB432", "fifo has 2 numbers"),
        ("[layers.n0]\noutputs = 0", "CB430", "outputs"),
        ("[layers.n0]\ninputs = 1979-05-27", "CB430", "inputs"),
        ("[layers.n0]\ninputs = 0", "CB430", "inputs"),
        ("[layers.n0]\npixels = 3", "CB432", "pixels is 3"),
        ("[layers.n0]\nrequantiser = 'none'", "CB433", "requantiser is 'none'"),
        ("[layers.n0]\ncapacity = 3\nsource = 'tap_serial'", "CB432", "capacity is 3"),
        ("[layers.n0]\nfifo = [99999999]", "CB432", "fifo is 99999999"),
        ("[layers.n0]\ninputs = 1\noutputs = 1", "CB403", "3,000 cycles for a frame"),
        ("[layers.n0]\nwidth = 1", "CB430", "width"),
        ("[layers.n0]\ninputs = 'many'", "CB430", "inputs"),
        ("layers = 3", "CB430", "tables"),
        ("[other]", "CB430", "tables"),
        ("[layers.n0", "CB430", "these are not pins"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path, text, code, problem):
    with pytest.raises(CompileError) as caught:
        planned(tmp_path, text)
    assert caught.value.code == code
    assert problem in str(caught.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(CompileError, match="CB430"):
        read_pins(tmp_path / "nothing.toml")
