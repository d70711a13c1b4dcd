"""Groups of convolutions: what a step takes, its weights, and which foldings there are."""

from dataclasses import replace

import numpy as np
import pytest

from corgibuilder.ir import QInt
from corgibuilder.plan import Target, kinds, make_plan
from corgibuilder.plan.components import AdderGraphConfig
from corgibuilder.plan.folding import Engine, Folding, WindowSource
from corgibuilder.plan.kinds.conv_foldings import allowed_outputs, parts_of
from corgibuilder.plan.kinds.conv_operands import window_operands
from corgibuilder.plan.kinds.conv_weights import weight_steps
from corgibuilder.plan.layers import group_layers
from corgibuilder.plan.times import Times
from corgibuilder.plan.traces import Trace

from ...toys import POINT, SAME, chain, conv, steps

DIRECT, TAPS, BANKS = WindowSource.DIRECT, WindowSource.TAP_SERIAL, WindowSource.ROW_BANKS
SHAPE = (12, 4, 5)
GROUPED = conv(12, 18, SAME, groups=3)


def folded(op, source, inputs, outputs, *, lanes=1):
    (layer,) = group_layers(chain(SHAPE, op))
    folding = Folding(
        engine=Engine.MAC_ARRAY, source=source, inputs=inputs, outputs=outputs, lanes=lanes
    )
    return kinds.folded(layer, folding).settled()


@pytest.mark.parametrize(
    ("source", "inputs", "outputs", "length", "at_once"),
    [
        (TAPS, 1, 1, 18 * 9 * 4, 1),
        (TAPS, 2, 3, 6 * 9 * 2, 1),
        (TAPS, 4, 6, 3 * 9, 1),
        (TAPS, 4, 12, 2 * 9, 2),
        (BANKS, 5, 2, 9 * 8, 1),
        (BANKS, 36, 18, 1, 3),
    ],
)
def test_a_schedule_has_the_steps_of_each_group(source, inputs, outputs, length, at_once):
    stage = folded(GROUPED, source, inputs, outputs)
    assert stage.schedule_length == stage.weight_rows == length
    assert stage.groups_at_once == at_once
    assert stage.multipliers == inputs * outputs
    assert stage.input_lanes(0) == (12 if source is BANKS else inputs * at_once)


@pytest.mark.parametrize("inputs", [1, 5, 12, 36])
@pytest.mark.parametrize("outputs", [1, 2, 3, 6, 12, 18])
def test_weights_meet_the_values_that_they_belong_to(inputs, outputs):
    """The sums of a window, from the steps as they come."""
    stage, rng = folded(GROUPED, BANKS, inputs, outputs), np.random.default_rng(inputs)
    window = rng.integers(-9, 10, (12, 3, 3))
    values, lane_map = window.transpose(2, 1, 0).ravel(), window_operands(stage)
    groups = [
        lane_map[k : k + stage.input_folds] for k in range(0, len(lane_map), stage.input_folds)
    ]
    order = [step for group in groups for _ in range(stage.repeats) for step in group]
    rows, sums = weight_steps(stage), []
    assert len(order) == len(rows)
    for step, row in zip(order, rows, strict=True):
        taken = np.array([0 if k is None else values[k] for k in step]).reshape(-1, inputs)
        each = np.repeat(taken, outputs // len(taken), axis=0)
        sums.append((each * row).sum(axis=1))
    found = np.array(sums).reshape(-1, stage.input_folds, outputs).sum(axis=1).ravel()[:18]
    dense = (GROUPED.dense_weights() * window).sum(axis=(1, 2, 3))
    np.testing.assert_array_equal(found, dense)


@pytest.mark.parametrize(("source", "inputs"), [(TAPS, 4), (BANKS, 6)])
def test_no_zeros_lie_between_groups(source, inputs):
    op = replace(GROUPED, weights=np.where(GROUPED.weights > 0, 1, -1))
    stage = folded(op, source, inputs, 6)
    assert stage.weight_range == QInt(-1, 1, step=2)
    assert stage.weight_bits == op.weights.size
    assert weight_steps(stage).size == op.weights.size


def test_a_whole_number_of_groups_or_a_part_of_one():
    assert allowed_outputs(GROUPED, TAPS) == [1, 2, 3, 6, 12, 18]
    assert allowed_outputs(conv(12, 18, POINT, groups=3), DIRECT) == [6, 12, 18]
    assert allowed_outputs(conv(5, 5, SAME, groups=5), TAPS) == [1, 2, 3, 4, 5]
    assert allowed_outputs(conv(5, 4, SAME), TAPS) == [1, 2, 3, 4]
    assert allowed_outputs(conv(5, 4, POINT), DIRECT) == [4]


def test_the_smallest_size_for_each_number_of_parts():
    assert parts_of(10, range(1, 11)) == [1, 2, 3, 4, 5, 10]
    assert parts_of(10, [1, 5, 6, 9]) == [1, 5]


@pytest.mark.parametrize(
    ("source", "inputs", "outputs", "fault"),
    [
        (
            TAPS,
            1,
            4,
            ("outputs is 4", "take a divisor of 6, the outputs of a group, or a multiple"),
        ),
        (TAPS, 3, 6, ("inputs is 3", "take a divisor of 4")),
        (TAPS, 2, 12, ("inputs is 2", "take 4, all of a group")),
        (TAPS, 5, 6, ("inputs is 5", "take 1 to 4")),
        (BANKS, 37, 6, ("inputs is 37", "take 1 to 36")),
        (BANKS, 1, 19, ("outputs is 19", "take 1 to 18")),
    ],
)
def test_what_cannot_be_built(source, inputs, outputs, fault):
    stage = folded(GROUPED, source, inputs, outputs)
    stage = stage.with_folding(capacity=stage.least_capacity)
    assert list(stage.faults()) == [fault]


def test_direct_operands_are_those_of_whole_groups():
    stage = folded(conv(12, 18, POINT, groups=3), DIRECT, 4, 3)
    assert list(stage.faults()) == [
        ("outputs is 3", "a stage whose operands come direct takes a multiple of 6")
    ]


def with_adders(op, source, **fixed):
    stage = folded(op, source, 1, 1 if source is not DIRECT else len(op.weights))
    stage = stage.decided({"engine": Engine.ADDER_GRAPH} | fixed)
    return stage.with_folding(capacity=stage.least_capacity)


@pytest.mark.parametrize(
    ("op", "source", "inputs"),
    [
        (GROUPED, BANKS, 36),
        (conv(12, 12, SAME, groups=12), BANKS, 9),
        (conv(12, 5, POINT), TAPS, 12),
    ],
)
def test_an_adder_graph_has_all_weights_and_no_multipliers(op, source, inputs):
    stage = with_adders(op, source)
    assert not list(stage.faults())
    assert (stage.folding.inputs, stage.folding.outputs) == (inputs, len(op.weights))
    assert stage.multipliers == stage.weight_bits == 0
    engine = list(stage.components())[-2 if stage.folding.lanes < len(op.weights) else -1]
    assert isinstance(engine, AdderGraphConfig)
    assert not list(engine.memories())
    levels = {part.parameters["registers"] for part in engine.parts(0)}
    assert levels == {engine.latency} == {stage.engine_latency}


@pytest.mark.parametrize(
    ("op", "source", "fixed", "fault"),
    [
        (
            GROUPED,
            TAPS,
            {},
            (
                "engine is 'adder_graph', and the source is 'tap_serial', tap by tap",
                "take column_buffer or row_banks as the source",
            ),
        ),
        (
            GROUPED,
            BANKS,
            {"outputs": 6},
            (
                "engine is 'adder_graph', for 36 inputs and 6 outputs",
                "take 36 inputs and 18 outputs, all of them",
            ),
        ),
        (GROUPED, BANKS, {"adder_levels": 0}, ("adder_levels is 0", "take 1 or more")),
        (
            replace(conv(12, 99, POINT), weights=np.full((99, 12, 1, 1), 0x55555555555555)),
            DIRECT,
            {},
            ("engine is 'adder_graph', and the layer has too many weights", "take mac_array"),
        ),
    ],
)
def test_an_adder_graph_that_cannot_be_built(op, source, fixed, fault):
    assert list(with_adders(op, source, **fixed).faults()) == [fault]


def test_words_of_an_adder_graph_are_estimated_to_leave_one_after_the_other():
    array = folded(conv(12, 6, POINT), DIRECT, 12, 6, lanes=2)
    adders = array.decided({"engine": Engine.ADDER_GRAPH, "lanes": 2})
    arrivals = (Trace(Times.of(iter([np.arange(60) * 8]), 60), 1),)
    traces = [stage.trace(arrivals, 1, 3, 480) for stage in (array, adders)]
    assert [trace.out.spread for trace in traces] == [3, 3]
    later = array.engine_latency - adders.engine_latency
    assert traces[0].first_word - traces[1].first_word == later


def test_weights_that_are_wired_have_no_register():
    stage = folded(conv(12, 5, POINT), DIRECT, 12, 5).with_folding(weight_register=True)
    remedy = "take false, as no weights are in a memory"
    assert list(stage.faults()) == [("weight_register is true", remedy)]


@pytest.mark.parametrize("inputs,levels,latency", [(12, 0, 4), (12, 4, 5), (12, 3, 6), (1, 1, 4)])
def test_registers_of_an_array_are_in_its_latency(inputs, levels, latency):
    stage = folded(conv(12, 6, POINT), TAPS, inputs, 3)
    stage = stage.with_folding(adder_levels=levels, weight_register=True)
    (_, array, *_) = stage.components()
    assert {part.parameters["registers"] for part in array.parts(0)} == {latency}
    assert stage.engine_latency == latency


@pytest.mark.parametrize("budget", [256, 512, 1024, 4096, 16384, 65536])
def test_a_grouped_layer_has_hardly_more_multipliers_than_it_needs(budget):
    net = chain((32, 16, 16), conv(32, 32, SAME, groups=4), steps(32))
    (stage,) = make_plan(net, Target(fps=1, clock_hz=budget)).stages
    # at slow rates whole groups of operands take less area than fewer multipliers
    assert stage.multipliers <= (1.12 if budget < 16384 else 1.8) * stage.multipliers_bound


def test_faults_of_a_stage_without_an_engine_for_it():
    stage = folded(GROUPED, TAPS, 1, 1).with_folding(engine=Engine.BUILT_IN, weight_register=True)
    (fault,) = list(stage.faults())
    assert fault == ("engine is 'built_in'", "take one of: mac_array, adder_graph")
