"""Decisions that a user fixes: they are in the plan, and what cannot be built is refused."""

import json
import os
import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from corgibuilder.diagnostics import CompileError
from corgibuilder.ir import (
    Add,
    Clamp,
    Input,
    Pad,
    Pads,
    Pool,
    PoolKind,
    QInt,
    Shape,
    Upsample,
    Window,
)
from corgibuilder.passes import prepared
from corgibuilder.plan import (
    Pins,
    Plan,
    Target,
    choice,
    describe,
    make_plan,
    pipeline_of,
    read_pins,
)
from corgibuilder.plan.choice import choose
from corgibuilder.plan.pins import LayerPins
from corgibuilder.plan.simulation import pipeline_timing

from ..kinds import CHANNELS, EXAMPLES
from ..toys import HALVES, POINT, RANGE, SAME, STRIDED, chain, conv, network, small, steps

TARGET = Target(fps=Fraction(1), clock_hz=3000)
SUM = Add(factors=(1, 1))
TWO_PIXELS = Target(fps=Fraction(1), clock_hz=24)


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
        ("n0", {"engine": "adder_graph"}),
        ("n2", {"engine": "adder_graph", "adder_levels": 1, "source": "row_banks"}),
        ("n4", {"engine": "adder_graph", "lanes": 1}),
        ("n0", {"engine": "mac_array", "adder_levels": 1, "weight_register": True}),
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
        ("[layers.nothing]\ninputs = 1", "CB431", 'no stage is called "nothing"'),
        ("[layers.n0]\nsource = 'direct'", "CB432", "source is 'direct'"),
        ("[layers.n0]\noutputs = 7", "CB432", "outputs is 7"),
        ("[layers.n0]\nengine = 'built_in'", "CB432", "engine is 'built_in'"),
        (
            "[layers.n0]\nengine = 'adder_graph'\nadder_levels = 0",
            "CB432",
            "adder_levels is 0",
        ),
        (
            "[layers.n0]\nengine = 'adder_graph'\nsource = 'row_banks'\ninputs = 3",
            "CB432",
            "engine is 'adder_graph', for 3 inputs and 6 outputs",
        ),
        (
            "[layers.n7]\nengine = 'adder_graph'",
            "CB432",
            "engine is 'adder_graph', and the source is 'direct', tap by tap",
        ),
        ("[layers.n0]\nfifo = [1, 2]", "CB432", "fifo has 2 numbers"),
        ("[layers.n0]\noutputs = 0", "CB430", "outputs"),
        ("[layers.n0]\ninputs = 1979-05-27", "CB430", "inputs"),
        ("[layers.n0]\ninputs = 0", "CB430", "inputs"),
        ("[layers.n0]\npixels = 3", "CB432", "pixels is 3"),
        ("[layers.n0]\nrequantiser = 'none'", "CB432", "in the pins requantiser is 'none'"),
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


def refusal(network, target, pins):
    with pytest.raises(CompileError) as caught:
        make_plan(network, target, pins)
    return str(caught.value)


def test_a_pin_that_is_in_the_way_is_named_with_what_is_possible(tmp_path):
    file = tmp_path / "slow.toml"
    file.write_text("[layers.n0]\ninputs = 1\noutputs = 6\n[layers.n2]\noutputs = 1\n")
    message = refusal(small(), Target(fps=Fraction(1), clock_hz=1000), read_pins(file))
    assert message == (
        "error[CB403]: 1 frames/s at 1,000 Hz leave 1,000 cycles for a frame, and with inputs = 1"
        " this layer takes 2,160\n"
        f"  --> {file}: layers.n0\n"
        "  help: give inputs = 3, with which it takes 720; or ask for 0.462962 frames/s or fewer,"
        " or for a clock of 0.00216 MHz or more"
    )
    file.write_text("[layers.n0]\ninputs = 3\noutputs = 6\n[layers.n2]\noutputs = 1\n")
    made = make_plan(small(), Target(fps=Fraction(1), clock_hz=1000), read_pins(file))
    assert made.cycles_per_frame <= 1000


def test_pins_that_are_in_the_way_together_are_named_together():
    pins = Pins({"n0": LayerPins(inputs=1, outputs=1)})
    message = refusal(small(), Target(fps=Fraction(1), clock_hz=300), pins)
    assert "with inputs = 1 and outputs = 1 this layer takes 12,960\n" in message
    given = re.search(r"give inputs = (\d+) and outputs = (\d+), with which it takes", message)
    pins = Pins({"n0": LayerPins(inputs=int(given[1]), outputs=int(given[2]))})
    assert make_plan(small(), Target(fps=Fraction(1), clock_hz=300), pins).cycles_per_frame <= 300


def test_a_pin_is_not_blamed_for_what_is_too_slow_without_it():
    pins = Pins({"n6": LayerPins(outputs=7)})
    message = refusal(small(), Target(fps=Fraction(1), clock_hz=7), pins)
    assert "this layer takes 20 with what is pinned\n  --> toy.onnx: n6\n" in message


def test_a_width_that_is_pinned_does_not_keep_the_search_from_ending():
    pins = Pins({"n0": LayerPins(pixels=1, source="row_banks")})
    message = refusal(chain((3, 4, 12), conv(3, 6, SAME)), TWO_PIXELS, pins)
    assert "with pixels = 1 this layer takes" in message


def test_a_line_buffer_that_is_pinned_is_reckoned_with():
    """The stage behind it is as much faster as it has to be."""
    halved = conv(6, 6, HALVES, groups=6)
    network = chain((4, 8, 10), conv(4, 6, SAME), steps(6), halved, steps(6, 7), conv(6, 4, POINT))
    pins = Pins({"n2": LayerPins(capacity=12)})
    made = make_plan(network, Target(fps=Fraction(1), clock_hz=160), pins)
    assert made.stages[1].folding.capacity == 12
    assert made.cycles_per_frame <= 160


def test_a_pin_with_which_the_simulation_is_too_slow_is_named():
    network = chain((4, 8, 10), conv(4, 6, SAME), steps(6), conv(6, 6, STRIDED, groups=6))
    target = Target(fps=Fraction(1), clock_hz=120)
    assert refusal(network, target, Pins({"n2": LayerPins(capacity=23)}, "p.toml")) == (
        "error[CB403]: 1 frames/s at 120 Hz leave 120 cycles for a frame, and with capacity = 23"
        " the fastest pipeline that was found takes 140\n"
        "  --> p.toml: layers.n2\n"
        "  help: give capacity = 0; or ask for 0.857142 frames/s or fewer, or for a clock of"
        " 0.00014 MHz or more"
    )
    assert make_plan(network, target, Pins({"n2": LayerPins(capacity=0)})).cycles_per_frame <= 120


def test_pins_one_by_one_are_looked_at_only_of_a_layer_that_is_in_the_way(monkeypatch):
    network = chain((4, 8, 10), conv(4, 6, SAME), steps(6), conv(6, 6, STRIDED, groups=6))
    target, tried = Target(fps=Fraction(1), clock_hz=120), []
    pins = {"n0": LayerPins(source="row_banks", engine="mac_array", pixels=1)}
    pins["n2"] = LayerPins(capacity=23, engine="mac_array", groups_per_word=1)
    whole = choice._fast_enough

    def counted(net, layers, target, pins, goal):
        tried.append(tuple(len(pins.of(layer).given) for layer in layers))
        return whole(net, layers, target, pins, goal)

    monkeypatch.setattr(choice, "_fast_enough", counted)
    assert "with capacity = 23 the fastest" in refusal(network, target, Pins(pins))
    assert tried == [(3, 3), (0, 3), (3, 0), (3, 2)]


def test_a_source_for_maps_of_one_size_only():
    whole = chain((2, 4, 4), conv(2, 3, Window(kernel=(4, 4))))
    pins = Pins({"n0": LayerPins(source="direct")}, "p.toml")
    assert refusal(whole, Target(fps=Fraction(1), clock_hz=1000), pins) == (
        'error[CB432]: in the pins source = "direct" needs a map of one size, and that of this'
        " layer may be smaller than planned\n"
        "  --> p.toml: layers.n0\n"
        '  help: give source = "tap_serial"'
    )
    assert make_plan(
        replace(whole, fixed=("n0",)), Target(fps=Fraction(1), clock_hz=1000), pins
    ).stages


def test_a_capacity_that_only_maps_of_one_size_can_have():
    """Only where the whole map is the window is there no line buffer."""
    whole = chain((256, 8, 8), conv(256, 2, Window(kernel=(8, 8))))
    target, pins = Target(fps=Fraction(1), clock_hz=10**5), {"n0": LayerPins(capacity=0)}
    assert refusal(whole, target, Pins(pins, "p.toml")) == (
        "error[CB432]: in the pins capacity = 0 needs a map of one size, and that of this layer may"
        " be smaller than planned\n"
        "  --> p.toml: layers.n0\n"
        "  help: give capacity = 64"
    )
    assert make_plan(whole, target, Pins({"n0": LayerPins(capacity=64)})).stages
    assert make_plan(replace(whole, fixed=("n0",)), target, Pins(pins)).stages


def test_pins_of_one_stage_with_pixels_of_another():
    layers = [("x", Input(shape=Shape(4, 8, 8), range=RANGE), ""), ("a", conv(4, 4, SAME), "x")]
    net = network([*layers, ("s", SUM, ("a", "x"))], ["s"])
    pins = {"s": LayerPins(outputs=2), "a": LayerPins(pixels=2)}
    made = make_plan(net, Target(fps=Fraction(1), clock_hz=2000), Pins(pins))
    assert [stage.folding.pixels for stage in made.stages] == [2, 1]
    assert made.stages[1].folding.outputs == 2
    message = refusal(net, Target(fps=Fraction(1), clock_hz=60), Pins(pins))
    assert "with outputs = 2 this layer takes 128\n" in message
    assert "give outputs = 8 and pixels = 2, with which it takes 32;" in message
    pins["s"] = LayerPins(outputs=8, pixels=2)
    assert make_plan(net, Target(fps=Fraction(1), clock_hz=60), Pins(pins)).stages


SAME_LANES = {
    "clamp": Clamp(range=QInt(0, 1)),
    "add": SUM,
    "pad": Pad(pads=Pads(top=1), value=0),
    "upsample": Upsample(factors=(2, 1)),
    "tiles": Pool(kind=PoolKind.MAX, window=HALVES),
    "windows": Pool(kind=PoolKind.MAX, window=STRIDED),
}


@pytest.mark.parametrize("field", ["outputs", "lanes"])
@pytest.mark.parametrize("op", SAME_LANES.values(), ids=SAME_LANES)
def test_outputs_follow_from_lanes_and_lanes_from_outputs(op, field):
    layers = [("x", Input(shape=Shape(8, 4, 4), range=RANGE), "")]
    net = network([*layers, ("y", op, ("x",) * (2 if op is SUM else 1))], ["y"])
    (stage,) = make_plan(net, TARGET, Pins({"y": LayerPins(**{field: 3})})).stages
    assert stage.folding.outputs == stage.folding.lanes == 3


def test_outputs_and_lanes_that_do_not_go_together():
    net = chain((8, 4, 4), Clamp(range=QInt(0, 1)))
    assert refusal(net, TARGET, Pins({"n0": LayerPins(outputs=4, lanes=2)})) == (
        "error[CB432]: in the pins lanes is 2\n  --> pins: layers.n0\n  help: take 4 as for outputs"
    )


@pytest.mark.parametrize("budget", [12, 100, 2000])
@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
@pytest.mark.parametrize("entering", ["x", "narrow"])
def test_all_that_was_planned_can_be_pinned(entering, example, budget):
    layers = [("x", Input(shape=Shape(CHANNELS, 4, 6), range=RANGE), "")]
    layers += [("narrow", conv(CHANNELS, CHANNELS, POINT), "x")]
    net = network([*layers, ("y", example.op, (entering,) * example.inputs)], ["y"])
    target, pipeline = fastest(prepared(net), budget)
    for pins in (LayerPins.of_stage, lambda stage: LayerPins.of(stage.folded.folding)):
        made = {stage.layer.name: pins(stage) for stage in pipeline.stages}
        again = choose(pipeline.network, target, Pins(made))
        assert describe(again, target).stages == describe(pipeline, target).stages


def fastest(net, budget):
    """The first target of so many cycles per frame, twice as many, and so on; and its pipeline."""
    while True:
        target = Target(fps=Fraction(1), clock_hz=budget)
        try:
            return target, choose(net, target)
        except CompileError as refused:
            assert refused.code == "CB403"
            budget *= 2


def test_words_that_leave_too_slowly_are_those_of_the_stage_that_gives_them():
    net = chain((4, 8, 8), conv(4, 8, SAME), conv(8, 8, POINT))
    target = Target(fps=Fraction(1), clock_hz=128)
    message = refusal(net, target, Pins({"n0": LayerPins(lanes=1)}))
    assert "with lanes = 1 this layer takes 512\n  --> pins: layers.n0\n" in message
    assert "help: give lanes = 4, with which it takes 128; or" in message
    assert make_plan(net, target, Pins({"n0": LayerPins(lanes=4)})).cycles_per_frame <= 128


def test_huge_names_are_shortened():
    with pytest.raises(CompileError, match="CB431") as caught:
        make_plan(small(), TARGET, Pins({"a" * 10**5: LayerPins(inputs=1)}))
    assert len(str(caught.value)) < 400


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(CompileError, match="CB430"):
        read_pins(tmp_path / "nothing.toml")


def test_what_is_no_file_is_not_read(tmp_path):
    """A pipe without a writer would be waited for."""
    os.mkfifo(tmp_path / "pins.toml")
    for path in (tmp_path / "pins.toml", tmp_path, Path("/dev/zero")):
        with pytest.raises(
            CompileError, match=r"these are not pins: this is (a folder|not a regular)"
        ):
            read_pins(path)
