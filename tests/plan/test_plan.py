"""Plans as data: written, read back, edited, refused."""

import json
from dataclasses import replace
from fractions import Fraction

import pytest

from corgibuilder.diagnostics import CompileError
from corgibuilder.plan import Pins, Plan, Target, check_target, describe, make_plan, pipeline_of
from corgibuilder.plan.components import Purpose
from corgibuilder.plan.folding import RequantiserKind, WindowSource
from corgibuilder.plan.pins import LayerPins
from corgibuilder.plan.plan import memories

from ..toys import SAME, chain, conv, small, steps

NETWORK = small()
ARRAYS = Pins({name: LayerPins(engine="mac_array") for name in ("n0", "n2")})
PLAN = make_plan(NETWORK, Target(fps=Fraction(25, 3), clock_hz=5000, image=(10, 8)), ARRAYS)


def edited(index, **changes):
    """The plan with other decisions for one stage and the edges at it, lanes and ``fifo``."""
    fifo = changes.pop("fifo", None)
    stages = list(PLAN.stages)
    stages[index] = replace(stages[index], folding=replace(stages[index].folding, **changes))
    plan = replace(PLAN, stages=tuple(stages))
    if fifo is not None:
        plan = replace(plan, edges=(*plan.edges[:index], replace(plan.edges[index], fifo=fifo)))
        plan = replace(plan, edges=(*plan.edges, *PLAN.edges[index + 1 :]))
    return with_lanes(plan, stages[index].name, stages[index].folding.lanes)


def with_lanes(plan, producer, lanes):
    """The plan with so many lanes on all edges from ``producer``."""
    edges = [
        replace(e, lanes=lanes, pixels=max(lanes // e.channels, 1)) if e.producer == producer else e
        for e in plan.edges
    ]
    return replace(plan, edges=tuple(edges))


def with_input_lanes(lanes):
    return with_lanes(replace(PLAN, input_lanes={"x": lanes}), "x", lanes)


@pytest.mark.parametrize(
    ("fps", "clock_hz", "budget"),
    [
        (30, 20_000_000, 666_666),
        (Fraction("29.97"), 59_000_000, 1_968_635),
        (Fraction(1, 3), 7, 21),
        (7, 7, 1),
        (100, 7, 1),
    ],
)
def test_budget_is_whole_cycles_and_at_least_one(fps, clock_hz, budget):
    assert Target(fps=Fraction(fps), clock_hz=clock_hz).budget == budget


@pytest.mark.parametrize(("fps", "clock_hz"), [(0, 1), (-1, 1), (1, 0)])
def test_a_target_of_nothing_is_refused(fps, clock_hz):
    with pytest.raises(CompileError) as caught:
        Target(fps=Fraction(fps), clock_hz=clock_hz)
    assert str(caught.value) == (
        f"error[CB404]: {fps} frames/s at {clock_hz} Hz is not a target\n"
        "  --> target\n"
        "  help: give a frame rate and a clock above 0"
    )


def test_text_holds_everything():
    assert Plan.from_json(PLAN.to_json()) == PLAN
    noted = replace(PLAN, notes=("one", "two"))
    assert Plan.from_json(noted.to_json()) == noted
    assert json.loads(PLAN.to_json())["target"] == {
        "fps": "25/3",
        "clock_hz": 5000,
        "image": [10, 8],
    }
    without = replace(PLAN, target=replace(PLAN.target, image=None))
    assert Plan.from_json(without.to_json()) == without


def test_a_plan_read_back_gives_the_same_pipeline():
    again = describe(pipeline_of(NETWORK, Plan.from_json(PLAN.to_json())), PLAN.target)
    assert again == PLAN


def test_sums_are_those_of_the_stages():
    assert PLAN.frames_per_second == 5000 / PLAN.cycles_per_frame
    for name in ("area", "multipliers", "buffer_bits", "buffer_bound", "queue_bits"):
        assert getattr(PLAN, name) == sum(getattr(stage, name) for stage in PLAN.stages)
    for name in ("weight_rom_bits", "requantiser_rom_bits", "rom_bits"):
        assert getattr(PLAN, name) == sum(getattr(stage, name) for stage in PLAN.stages) > 0
    assert PLAN.rom_bits == PLAN.weight_rom_bits + PLAN.requantiser_rom_bits
    assert PLAN.multipliers_bound == sum(stage.multipliers_bound for stage in PLAN.stages)


def test_names_of_layers_for_people():
    assert [stage.layer for stage in PLAN.stages] == [
        "conv 3x3",
        "depthwise 3x3",
        "conv 1x1",
        "max pool 2x2",
        "conv 2x2",
    ]


def test_an_edited_folding_is_built_and_its_figures_follow():
    plan = edited(
        2, source=WindowSource.TAP_SERIAL, inputs=5, outputs=6, lanes=2, capacity=9, fifo=4
    )
    pipeline = pipeline_of(NETWORK, plan)
    assert pipeline.stages[2].folded.folding == plan.stages[2].folding
    assert pipeline.stages[2].fifos == (4,)
    stage = describe(pipeline, plan.target).stages[2]
    assert (stage.multipliers, stage.cycles_per_frame) == (30, 20 * 2 * 2)
    assert stage.rom_bits > 0
    assert stage.buffer_bits == 9 * 6 * 2
    assert stage.queue_bits == 4 * 5 * 2


def test_an_edited_width_of_the_input_is_built():
    pipeline = pipeline_of(NETWORK, with_input_lanes(1))
    assert pipeline.frame_cycles >= 3 * 80
    assert pipeline.stages[0].lanes == (1,)


FOLDING = "stages[0].folding"
QUANTITY = "and should be a fraction or decimal number as a text"
UP_TO_LARGEST = f"and should be a number from 0 to {1 << 62}"
UP_TO_CLOCK = f"and should be a number from 1 to {10**11}"
UP_TO_SIDE = "and should be a number from 1 to 65535"

NOT_PLANS = {
    "[": "Expecting value: line 1 column 2 (char 1)",
    "[]": "it is a list of 0, and should be a group",
    "{}": "it has no 'format'",
    '{"format": 1}': "its format is 1, and not 6",
    "[" * 10**5: "it is nested too deeply",
    '{"fps": NaN}': "NaN is not a number",
    '{"fps": 1' + "0" * 5000 + "}": "Exceeds the limit (4300 digits) for integer string conversion:"
    " value has 5001 digits; use sys.set_int_max_str_digits() to increase the limit",
}


@pytest.mark.parametrize("text", NOT_PLANS)
def test_text_that_is_no_plan_is_refused(text):
    with pytest.raises(CompileError) as caught:
        Plan.from_json(text)
    assert str(caught.value).splitlines()[:2] == [
        f"error[CB411]: this is not a plan: {NOT_PLANS[text]}",
        "  --> plan",
    ]


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        (("network",), None, "network is null, and should be a text"),
        (("cycles_per_frame",), "many", 'cycles_per_frame is "many", and should be an integer'),
        (("latency_frame",), -1, f"latency_frame is -1, {UP_TO_LARGEST}"),
        (("notes",), "none", 'notes is "none", and should be a list'),
        (("edges",), {}, "edges is a group of 0, and should be a list"),
        (("edges", 0), [], "edges[0] is a list of 0, and should be a group"),
        (("edges", 0, "lanes"), "3", 'edges[0].lanes is "3", and should be an integer'),
        (("edges", 0, "fifo"), -1, "edges[0].fifo is -1, and should be a number from 0 to"),
        (("edges", 0, "port"), "i", 'edges[0].port is "i", and should be an integer'),
        (("edges", 0, "lowest"), None, "edges[0].lowest is null, and should be an integer"),
        (
            ("edges", 0, "producer"),
            "n2",
            'what "n2" gives has 3 lanes on the edge to "n0", and 1 on that to "n4"',
        ),
        (("edges", 1, "producer"), "x", 'what "x" gives has 3 lanes on the edge to "n0", and 1'),
        (("edges", 5, "producer"), "n6", 'no edge begins at stage "n7"'),
        (("stages",), {}, "stages is a group of 0, and should be a list"),
        (("stages", 1), None, "stages[1] is null, and should be a group"),
        (("target", "clock_hz"), 1.5, "target.clock_hz is 1.5, and should be an integer"),
        (("target", "clock_hz"), 10**13, f"target.clock_hz is {10**13}, {UP_TO_CLOCK}"),
        (("target", "image"), [10], "target.image is a list of 1, and should be a list of 2"),
        (("target", "image"), [10, 65536], f"target.image[1] is 65536, {UP_TO_SIDE}"),
        (("target", "headroom"), 0, f"target.headroom is 0, {UP_TO_SIDE}"),
        (("target", "fps"), "1/0", f'target.fps is "1/0", {QUANTITY}'),
        (("target", "fps"), "1e999999999", f'target.fps is "1e999999999", {QUANTITY}'),
        (("target", "latency"), "soon", f'target.latency is "soon", {QUANTITY}'),
        (("stages", 0, "multipliers"), "6", 'stages[0].multipliers is "6", and should be an int'),
        (("stages", 0, "multipliers_bound"), [], "stages[0].multipliers_bound is a list of 0, and"),
        (("stages", 0, "folding", "inputs"), True, f"{FOLDING}.inputs is true, and should be an"),
        (("stages", 0, "folding", "capacity"), 1e12, f"{FOLDING}.capacity is 1000000000000.0, and"),
        (("stages", 0, "folding", "capacity"), 10**30, f"{FOLDING}.capacity is {10**30}, and"),
        (("stages", 0, "folding", "pixels"), 17, f"{FOLDING}.pixels is 17, and should be a number"),
        (("stages", 0, "folding", "single_port"), 1, f"{FOLDING}.single_port is 1, and should be"),
        (
            ("stages", 0, "folding", "source"),
            "pipe",
            f'{FOLDING}.source is "pipe", and should be one of direct, tap_serial, column_',
        ),
        (("stages", 0, "name"), "n2", 'stage "n2" is there 2 times'),
    ],
)
def test_a_wrong_value_is_refused(path, value, problem):
    data = json.loads(PLAN.to_json())
    place = data
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(CompileError) as caught:
        Plan.from_json(json.dumps(data))
    assert caught.value.code == "CB411"
    assert caught.value.problem.startswith(f"this is not a plan: {problem}")


def places(data):
    """Every group of fields in a plan's data, with what it is called."""
    first = data["stages"][0]
    yield from ((data, "it"), (data["target"], "target"), (first, "stages[0]"))
    yield from ((first["folding"], "stages[0].folding"), (data["edges"][0], "edges[0]"))


def test_missing_and_unknown_fields_are_named():
    data = json.loads(PLAN.to_json())
    for where, called in places(data):
        for name in list(where):
            value = where.pop(name)
            with pytest.raises(CompileError) as caught:
                Plan.from_json(json.dumps(data))
            assert caught.value.problem == f"this is not a plan: {called} has no '{name}'"
            where[name] = value
        where["note"] = 1
        with pytest.raises(CompileError) as caught:
            Plan.from_json(json.dumps(data))
        assert caught.value.problem.startswith(f'this is not a plan: {called} has "note", which')
        del where["note"]
    assert Plan.from_json(json.dumps(data)) == PLAN


def test_edited_figures_have_no_effect():
    data = json.loads(PLAN.to_json())
    data |= {"cycles_per_frame": 1, "latency_first": 2, "notes": ["fast"]}
    data["stages"][0] |= {"multipliers": 1, "requantiser": "none", "macs": 0}
    edited = Plan.from_json(json.dumps(data))
    assert edited.cycles_per_frame == edited.stages[0].multipliers == 1
    assert describe(pipeline_of(NETWORK, edited), edited.target) == PLAN


def refusal(plan, network=NETWORK):
    with pytest.raises(CompileError) as caught:
        pipeline_of(network, plan)
    return str(caught.value)


def test_a_plan_for_another_network_is_refused():
    other = chain((3, 8, 10), conv(3, 6, SAME), steps(6))
    assert refusal(PLAN, other) == (
        "error[CB412]: the plan has 5 stages and the network 1\n"
        "  --> toy\n"
        "  help: build with the network file that the plan was made for"
    )
    assert refusal(replace(PLAN, network="net")) == (
        "error[CB415]: the plan is for network 'net', and this is 'toy'\n"
        "  --> toy\n"
        "  help: build with the network file that the plan was made for"
    )
    renamed = replace(PLAN.stages[0], name="stem")
    assert refusal(replace(PLAN, stages=(renamed, *PLAN.stages[1:]))).startswith(
        "error[CB412]: the plan has 5 stages and the network 5, of which 'n0' is not planned\n"
    )


DIRECT, TAPS = WindowSource.DIRECT, WindowSource.TAP_SERIAL
COLUMNS, BANKS = WindowSource.COLUMN_BUFFER, WindowSource.ROW_BANKS
IN_GROUPS = {"source": TAPS, "outputs": 2, "lanes": 1, "capacity": 60}


@pytest.mark.parametrize("groups", [1, 3])
def test_groups_in_a_word_and_ports_are_decided(groups):
    for single_port in (False, True):
        plan = edited(1, **IN_GROUPS, groups_per_word=groups, single_port=single_port)
        (stage,) = [s for s in pipeline_of(NETWORK, plan).stages if s.layer.name == "n2"]
        assert stage.folded.lanes == 2 * groups
        lines = [m for m in memories(stage) if m.purpose is Purpose.LINES]
        assert {m.ports for m in lines} == {1 if single_port else 2}


@pytest.mark.parametrize(
    ("index", "changes", "problem", "remedy"),
    [
        (
            0,
            {"source": DIRECT},
            "source is 'direct'",
            "take one of: tap_serial, column_buffer, row_banks",
        ),
        (3, {"source": TAPS}, "source is 'tap_serial'", "take one of: in_place"),
        (0, {"outputs": 0}, "outputs is 0", "take 1 to 6"),
        (0, {"outputs": 7}, "outputs is 7", "take 1 to 6"),
        (
            2,
            {"source": DIRECT, "outputs": 6},
            "outputs is 6",
            "a stage whose operands come direct takes 7",
        ),
        (0, {"source": BANKS, "inputs": 28}, "inputs is 28", "take 1 to 27"),
        (0, {"source": TAPS, "inputs": 4}, "inputs is 4", "take 1 to 3"),
        (1, {"source": BANKS, "inputs": 10}, "inputs is 10", "take 1 to 9"),
        (1, {"source": TAPS, "inputs": 2}, "inputs is 2", "take 1 to 1"),
        (3, {"inputs": 2}, "inputs is 2", "take 1 to 1"),
        (0, {"inputs": 0}, "inputs is 0", "take 1 to"),
        (0, {"outputs": 6, "lanes": 4}, "lanes is 4", "take a divisor of outputs, 6"),
        (0, {"lanes": 0}, "lanes is 0", "take a divisor of outputs"),
        (3, {"outputs": 4, "lanes": 2}, "lanes is 2", "take 4 as for outputs"),
        (
            0,
            {"source": TAPS, "inputs": 1, "capacity": 22},
            "capacity is 22",
            "take 23 to 242 pixels",
        ),
        (0, {"source": COLUMNS, "inputs": 1, "capacity": 243}, "capacity is 243", "take 23 to"),
        (0, {"capacity": 28}, "capacity is 28", "take 0, as there is no line buffer"),
        (3, {"capacity": 1}, "capacity is 1", "take 0, as there is no line buffer"),
        (3, {"single_port": True}, "single_port is true", "take false, as there is no line buffer"),
        (3, {"groups_per_word": 2}, "groups_per_word is 2", "take 1"),
        (1, {"groups_per_word": 3}, "groups_per_word is 3", "take 1"),
        (2, {"groups_per_word": 7}, "groups_per_word is 7", "take 1"),
        (1, IN_GROUPS | {"groups_per_word": 2}, "groups_per_word is 2", "take a divisor of 3"),
        (1, IN_GROUPS | {"groups_per_word": 0}, "groups_per_word is 0", "take a divisor of 3"),
        (0, {"fifo": -1}, "fifo is -1", "take 0 to 4096 words"),
        (0, {"fifo": 10**12}, "fifo is 1000000000000", "take 0 to 4096 words"),
    ],
)
def test_what_cannot_be_built_is_refused(index, changes, problem, remedy):
    message = refusal(edited(index, **changes))
    layer = PLAN.stages[index].name
    assert message.startswith(
        f"error[CB413]: in the plan {problem}\n  --> toy.onnx: {layer}\n  help: {remedy}"
    )


def test_a_requantiser_that_is_not_equal_to_the_layer_is_refused():
    message = refusal(edited(0, requantiser=RequantiserKind.NONE))
    assert message.startswith("error[CB433]: the requantiser is 'none', and there is no such one")
    assert "take one of: " in message


@pytest.mark.parametrize("lanes", [0, 4, 9])
def test_input_words_of_no_whole_pixels_are_refused(lanes):
    assert refusal(with_input_lanes(lanes)) == (
        f"error[CB413]: in the plan the input has {lanes} lanes\n  --> toy.onnx: x\n"
        "  help: take 1 to 3, or 3 times a divisor of the width, 10"
    )


@pytest.mark.parametrize(
    "asked",
    [{"fps": Fraction(1, 10**30)}, {"clock_hz": 10**12}, {"latency": Fraction(10**6)}],
    ids=str,
)
def test_targets_that_nobody_means_are_refused(asked):
    with pytest.raises(CompileError, match="CB404"):
        Target(**{"fps": Fraction(30), "clock_hz": 10**6} | asked)


EDGE = {"channels": 4, "height": 9, "width": 1, "lowest": 1, "highest": 4, "step": 2, "lanes": 2}


@pytest.mark.parametrize("name", EDGE)
def test_an_edge_that_is_not_that_of_the_network_is_refused(name):
    first = PLAN.edges[0]
    edges = (replace(first, **{name: EDGE[name]}), *PLAN.edges[1:])
    assert refusal(replace(PLAN, edges=edges)) == (
        f"error[CB418]: the plan says that {name} is {EDGE[name]} from 'x' to 'n0', and by the"
        f" network and the stages it is {getattr(first, name)}\n"
        "  --> toy: n0\n"
        "  help: give the same on both sides"
    )


def test_an_output_has_no_queue():
    last = replace(PLAN.edges[-1], fifo=3)
    assert last.port is None
    message = refusal(replace(PLAN, edges=(*PLAN.edges[:-1], last)))
    assert message.startswith("error[CB418]: the plan says that fifo is 3 from ")
    assert message.endswith("  help: take 0")


def test_edges_that_are_missing_or_too_many_are_refused():
    remedy = "\n  --> toy\n  help: build with the network file that the plan was made for"
    missing = replace(PLAN, edges=(*PLAN.edges[:2], *PLAN.edges[3:]))
    unsaid = f"error[CB412]: the plan does not say how 'n2' to 'n4' is joined{remedy}"
    assert refusal(missing) == unsaid
    more = replace(PLAN.edges[0], consumer="n2", port=1)
    joined = f"error[CB412]: the plan joins 'x' to 'n2', and the network does not{remedy}"
    assert refusal(replace(PLAN, edges=(*PLAN.edges, more))) == joined


def test_edges_that_are_there_twice_are_refused():
    assert refusal(replace(PLAN, edges=(*PLAN.edges, PLAN.edges[0]))) == (
        "error[CB412]: the plan has 'x' to 'n0' more than once, at input 0\n"
        "  --> toy: n0\n"
        "  help: leave one of them"
    )
    assert "the plan has 'n7' to 'n7' more than once\n" in refusal(
        replace(PLAN, edges=(*PLAN.edges, PLAN.edges[-1]))
    )


def test_edges_from_an_input_that_is_not_there_are_refused():
    data = json.loads(PLAN.to_json())
    data["edges"].append(data["edges"][0] | {"producer": "y"})
    assert refusal(Plan.from_json(json.dumps(data))).startswith(
        "error[CB412]: the plan's inputs are x, y, and the network's x\n"
    )


def test_a_plan_without_inputs_is_none():
    data = json.loads(PLAN.to_json())
    data["edges"] = [edge for edge in data["edges"] if edge["producer"] != "x"]
    with pytest.raises(CompileError) as caught:
        Plan.from_json(json.dumps(data))
    assert caught.value.problem == "this is not a plan: no edge begins at an input"


def test_stages_that_are_late_for_the_target_of_their_plan():
    pipeline = pipeline_of(NETWORK, PLAN)
    check_target(pipeline, PLAN)
    met = Fraction(PLAN.latency_first, 5000)
    check_target(pipeline, replace(PLAN, target=replace(PLAN.target, latency=met)))
    late = replace(PLAN.target, latency=Fraction(PLAN.latency_first - 1, 5000))
    with pytest.raises(CompileError) as caught:
        check_target(pipeline, replace(PLAN, target=late))
    assert caught.value.code == "CB420"
    assert f"and its stages take {PLAN.latency_first}" in caught.value.problem
    assert caught.value.help == (
        f"ask for {PLAN.latency_first / 5:g} ms or more, or for a faster clock; or plan anew"
    )
