"""A wide layer on wide pixels gives the values of the layer that it is made from."""

import re
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from corgibuilder import golden
from corgibuilder.diagnostics import CompileError
from corgibuilder.ir import (
    Add,
    Clamp,
    Input,
    Pads,
    Pool,
    PoolKind,
    QInt,
    Shape,
    Table,
    Upsample,
    Window,
)
from corgibuilder.plan import Plan, Target, describe, make_plan, pipeline_of
from corgibuilder.plan.choice import choose
from corgibuilder.plan.folding import Engine, Folding, WindowSource
from corgibuilder.plan.forms import form_of
from corgibuilder.plan.kinds import folded, output_pixels, widened_layer, widths
from corgibuilder.plan.kinds.wide_conv import values_of_output
from corgibuilder.plan.layers import group_layers
from corgibuilder.plan.pixels import MAX_PIXELS

from ..toys import HALVES, POINT, RANGE, SAME, STRIDED, chain, conv, network, small, steps


def wide_pixels(x, pixels):
    """``(frames, channels, rows, columns)`` with so many adjacent pixels seen as one."""
    frames, channels, rows, columns = x.shape
    travel = x.transpose(0, 2, 3, 1).reshape(frames, rows, columns // pixels, pixels * channels)
    return travel.transpose(0, 3, 1, 2)


def horizontal(x, layer):
    """What a pool does within one wide pixel."""
    frames, _, rows, columns = x.shape
    leaving = layer.output_pixels
    parts = x.reshape(frames, leaving, layer.input_pixels // leaving, -1, rows, columns)
    reduced = parts.max(axis=2) if layer.op.kind is PoolKind.MAX else parts.sum(axis=2)
    return reduced.reshape(frames, -1, rows, columns)


@st.composite
def convolutions(draw):
    kernel = draw(st.integers(1, 3)), draw(st.integers(1, 5))
    stride = draw(st.integers(1, 2)), draw(st.integers(1, 2))
    left, right = (draw(st.integers(0, kernel[1] - 1)) for _ in range(2))
    pads = Pads(top=draw(st.integers(0, kernel[0] - 1)), left=left, right=right)
    window = Window(kernel=kernel, stride=stride, pads=pads)
    inputs, groups = draw(st.sampled_from([(1, 1), (3, 1), (3, 3), (4, 2)]))
    outputs = draw(st.sampled_from([groups, 2 * groups]))
    width = draw(st.sampled_from([4, 6, 8, 12, 24]))
    assume(width + left + right >= kernel[1])
    return chain((inputs, 3, width), conv(inputs, outputs, window, groups))


def frames_for(network):
    rng = np.random.default_rng(0)
    return rng.integers(0, 4, (2, *network.input_shape))


@settings(max_examples=300, deadline=None)
@given(convolutions())
def test_wide_convolutions_give_the_same_values(network):
    (layer,) = group_layers(network)
    x = frames_for(network)
    want = golden.run(network.graph, x)[layer.result]
    for pixels in widths(layer)[:5]:
        wide = widened_layer(layer, pixels)
        got = golden.evaluate(wide.op, wide_pixels(x, pixels))
        np.testing.assert_array_equal(got, wide_pixels(want, wide.output_pixels), str(pixels))
        assert tuple(wide.acc.shape) == got.shape[1:]
        assert wide.op.weights.astype(bool).sum() == wide.output_pixels * np.count_nonzero(
            layer.op.weights
        )


@settings(max_examples=100, deadline=None)
@given(convolutions())
def test_the_window_of_one_output_is_found_in_the_wide_one(network):
    (layer,) = group_layers(network)
    dense = layer.op.dense_weights().transpose(0, 3, 2, 1)
    for pixels in widths(layer)[1:]:
        wide = widened_layer(layer, pixels)
        channels = layer.acc.shape.channels
        for u in range(wide.output_pixels):
            rows = wide.op.weights[u * channels : (u + 1) * channels].transpose(0, 3, 2, 1)
            found = rows.reshape(channels, -1)[:, values_of_output(wide, u)]
            np.testing.assert_array_equal(found, dense.reshape(channels, -1))


def test_what_divides_the_rows_may_enter_at_once():
    (same,) = group_layers(chain((2, 4, 12), conv(2, 3, SAME)))
    assert widths(same) == (1, 2, 3, 4, 6, 12)
    (strided,) = group_layers(chain((2, 4, 12), conv(2, 3, STRIDED)))
    assert widths(strided) == (1, 2, 4, 6, 12)
    (narrow,) = group_layers(chain((2, 4, 12), conv(2, 3, Window(kernel=(3, 3)))))
    assert widths(narrow) == (1, 2)  # of 10 outputs in a row
    (whole,) = group_layers(chain((2, 4, 12), conv(2, 3, Window(kernel=(4, 12)))))
    assert widths(whole) == (1, 2, 3, 4, 6, 12)
    assert widened_layer(whole, 6).output_pixels == 1
    (odd,) = group_layers(chain((2, 4, 13), conv(2, 3, SAME)))
    assert widths(odd) == (1, 13)
    (prime,) = group_layers(chain((2, 4, 17), conv(2, 3, SAME)))
    assert widths(prime) == (1,)
    assert max(widths(group_layers(chain((1, 1, 64), conv(1, 1, POINT)))[0])) == MAX_PIXELS


def test_overlapping_pools_take_one_pixel():
    (layer,) = group_layers(chain((2, 4, 12), Pool(kind=PoolKind.MAX, window=SAME)))
    assert widths(layer) == (1,)


@pytest.mark.parametrize("kind", PoolKind)
@pytest.mark.parametrize("kernel", [(2, 2), (1, 3), (2, 4), (4, 12), (2, 5)])
def test_wide_tiles_give_the_same_values(kind, kernel):
    window = Window(kernel=kernel, stride=kernel)
    network = chain((3, 4, 12), Pool(kind=kind, window=window))
    (layer,) = group_layers(network)
    x = frames_for(network).astype(np.int64)
    want = golden.run(network.graph, x)[layer.result]
    for pixels in widths(layer):
        wide = widened_layer(layer, pixels)
        got = golden.evaluate(wide.op, horizontal(wide_pixels(x, pixels), wide))
        np.testing.assert_array_equal(got, wide_pixels(want, output_pixels(layer, pixels)))


@pytest.mark.parametrize("activation", [steps(3), Clamp(range=QInt(1, 2))])
def test_step_functions_are_those_of_every_pixel(activation):
    network = chain((3, 2, 6), activation)
    (layer,) = group_layers(network)
    x = frames_for(network).astype(np.int64)
    want = golden.run(network.graph, x)[layer.result]
    wide = widened_layer(layer, 3)
    np.testing.assert_array_equal(
        golden.evaluate(wide.activation, wide_pixels(x, 3)), wide_pixels(want, 3)
    )
    assert form_of(wide, lanes=1).__class__ is form_of(layer, lanes=1).__class__


def test_zeros_between_the_windows_have_no_multiplier():
    (layer,) = group_layers(chain((2, 4, 8), conv(2, 3, SAME)))
    wide = widened_layer(layer, 4)
    everything = Folding(source=WindowSource.ROW_BANKS, inputs=72, outputs=12, lanes=12, pixels=4)
    assert folded(wide, everything).multipliers == 4 * 3 * 18
    in_turn = replace(everything, inputs=18, outputs=3, lanes=3)
    assert folded(wide, in_turn).multipliers == 3 * 18
    assert (folded(wide, in_turn).position_cycles, folded(wide, in_turn).weight_bits) == (4, 0)


def pixels_of(plan):
    return [stage.folding.pixels for stage in plan.stages]


def test_only_stages_that_have_to_take_several_pixels():
    network = chain(
        (3, 8, 16), conv(3, 4, SAME), steps(4), conv(4, 4, STRIDED, 4), conv(4, 5, POINT)
    )
    for headroom, pixels in [(1, [1, 1, 1]), (2, [2, 2, 1]), (4, [4, 4, 1]), (8, [8, 8, 2])]:
        plan = make_plan(network, Target(fps=1, clock_hz=10**6, headroom=headroom))
        assert plan.cycles_per_frame == 128 // headroom
        assert plan.input_lanes["x"] == 3 * headroom
        assert pixels_of(plan) == pixels
        assert plan.multipliers_bound <= plan.multipliers


def test_the_frame_rate_alone_may_ask_for_several_pixels():
    plan = make_plan(small(), Target(fps=1, clock_hz=50))
    assert plan.cycles_per_frame <= 50
    assert plan.input_lanes["x"] == 6
    assert plan.target.headroom is None


def test_a_headroom_below_the_frame_rate_changes_nothing():
    target = Target(fps=1, clock_hz=50)
    with_less = make_plan(small(), replace(target, headroom=1))
    assert with_less.stages == make_plan(small(), target).stages


def test_a_width_that_does_not_divide_takes_more_pixels_at_once():
    plan = make_plan(chain((1, 6, 20), conv(1, 2, SAME)), Target(fps=1, clock_hz=10**6, headroom=3))
    assert (plan.input_lanes["x"], pixels_of(plan), plan.cycles_per_frame) == (4, [4], 30)


def test_each_channel_has_its_own_table_side_by_side():
    rng, op = np.random.default_rng(5), conv(2, 3, POINT)
    acc = chain((2, 4, 4), op).graph.type("n0")
    values = rng.integers(-8, 8, (3, acc.range.hi - acc.range.lo + 1))
    network = chain((2, 4, 4), op, Table(values=values, lo=acc.range.lo))
    (stage,) = choose(network, Target(fps=Fraction(1), clock_hz=8)).stages
    assert stage.folded.folding.pixels == 2
    sums = rng.integers(acc.lo[:, None], acc.hi[:, None] + 1, (3, 20))
    found = np.tile(sums, (2, 1)) - stage.layer.bias[:, None]
    expected = np.take_along_axis(values, sums - acc.range.lo, axis=1)
    codes, out = stage.form.apply(found), stage.layer.out.range
    assert (codes * out.step + out.offset == np.tile(expected, (2, 1))).all()


def test_several_pixels_fix_the_size():
    network = chain((3, 8, 16), conv(3, 4, SAME), conv(4, 4, SAME, 4))
    assert choose(network, Target(fps=1, clock_hz=128)).resizable
    assert not choose(network, Target(fps=1, clock_hz=64)).resizable


@pytest.mark.parametrize("headroom", [2, 3, 4])
def test_a_plan_read_back_gives_the_same_pipeline(headroom):
    network = chain((3, 4, 24), conv(3, 4, SAME), steps(4), Pool(kind=PoolKind.MAX, window=HALVES))
    plan = make_plan(network, Target(fps=Fraction(1), clock_hz=10**6, headroom=headroom))
    again = Plan.from_json(plan.to_json())
    assert again == plan
    assert describe(pipeline_of(network, again), plan.target) == plan


def test_a_plan_of_single_pixels_says_so():
    text = make_plan(small(), Target(fps=1, clock_hz=500)).to_json()
    assert set(re.findall(r'"pixels": (\d+)', text)) == {"1"}
    assert "headroom" not in text


def refused(network, **changes):
    plan = make_plan(network, Target(fps=1, clock_hz=10**6, headroom=4))
    stage = plan.stages[-1]
    if "input_lanes" in changes:
        plan = replace(plan, **changes)
    else:
        edited = replace(stage, folding=replace(stage.folding, **changes))
        plan = replace(plan, stages=(*plan.stages[:-1], edited))
    with pytest.raises(CompileError) as caught:
        pipeline_of(network, plan)
    assert caught.value.code == "CB413"
    return caught.value.problem, caught.value.help


ARRAY = {"engine": Engine.MAC_ARRAY, "adder_levels": 0}


def test_what_cannot_be_built_is_refused():
    layer = chain((3, 4, 12), conv(3, 4, SAME))
    assert refused(layer, pixels=5) == (
        "in the plan pixels is 5", "take one of: 1, 2, 3, 4, 6, 12"
    )  # fmt: skip
    remedy = "take a divisor of 4, a pixel's channels, or 4 times whole pixels"
    assert refused(layer, **ARRAY, outputs=3, lanes=3) == ("in the plan lanes is 3", remedy)

    assert refused(layer, **ARRAY, outputs=4, lanes=4) == (
        "in the plan inputs is 108", "take 1 to 27"
    )  # fmt: skip
    assert refused(layer, input_lanes={"x": 15}) == (
        "in the plan the input has 15 lanes",
        "take 1 to 3, or 3 times a divisor of the width, 12",
    )
    pool = chain((3, 4, 16), Pool(kind=PoolKind.MAX, window=HALVES))
    assert refused(pool, outputs=3, lanes=3) == (
        "in the plan outputs is 3", "take 6, as 4 pixels enter at once"
    )  # fmt: skip


def test_what_cannot_go_faster_says_how_fast_it_goes():
    overlapping = chain((2, 4, 12), Pool(kind=PoolKind.MAX, window=STRIDED))
    with pytest.raises(CompileError) as caught:
        make_plan(overlapping, Target(fps=1, clock_hz=10**6, headroom=4))
    assert str(caught.value) == (
        "error[CB403]: 4 pixels a cycle leave 12 cycles for a frame, "
        "and this layer takes 166 even when fully unrolled\n"
        "  --> toy.onnx: n0\n"
        "  help: ask for no headroom"
    )
    narrow = chain((2, 4, 12), conv(2, 3, Window(kernel=(3, 3))))
    with pytest.raises(CompileError) as caught:
        make_plan(narrow, Target(fps=1, clock_hz=10**6, headroom=3))
    assert caught.value.help == "ask for 2 pixels a cycle or fewer"
    assert make_plan(narrow, Target(fps=1, clock_hz=10**6, headroom=2)).stages
    prime = chain((2, 4, 17), conv(2, 3, SAME))
    with pytest.raises(CompileError) as caught:
        make_plan(prime, Target(fps=2, clock_hz=120))
    assert str(caught.value.at) == "toy.onnx: x"
    assert caught.value.problem == (
        "2 frames/s at 120 Hz leave 60 cycles for a frame, and the input takes 68 with 1 pixel in"
        " a word, the most up to 16 that divide its width of 17"
    )
    assert caught.value.help == (
        "ask for 1.76470 frames/s or fewer, or for a clock of 0.000136 MHz or more"
    )


def test_a_headroom_and_a_rate_that_are_both_too_high_are_named_together():
    larger = chain((1, 4, 8), Upsample(factors=(4, 4)))
    with pytest.raises(CompileError) as caught:
        make_plan(larger, Target(fps=1, clock_hz=500, headroom=1))
    assert caught.value.help == (
        "ask for no headroom, and for 0.976562 frames/s or fewer, or for a clock of 0.000512 MHz or"
        " more"
    )
    assert make_plan(larger, Target(fps=Fraction("0.976562"), clock_hz=500)).stages
    assert make_plan(larger, Target(fps=1, clock_hz=512)).stages


def test_of_several_inputs_the_slow_one_is_named():
    layers = [(name, Input(shape=Shape(1, 2, 64), range=RANGE), "") for name in ("x", "y")]
    net = network([*layers, ("sum", Add(factors=(1, 1)), ("x", "y"))], ["sum"])
    with pytest.raises(CompileError) as caught:
        make_plan(net, Target(fps=1, clock_hz=6))
    assert "and the input 'x' takes 8 with 16 pixels in a word, the most up to 16 that" in str(
        caught.value
    )


@pytest.mark.parametrize("headroom", [0, -1])
def test_a_headroom_of_nothing_is_refused(headroom):
    with pytest.raises(CompileError) as caught:
        Target(fps=1, clock_hz=1, headroom=headroom)
    assert str(caught.value) == (
        f"error[CB404]: a headroom of {headroom} pixels a cycle is not a target\n"
        "  --> target\n"
        "  help: give 1 or more pixels, or no headroom"
    )
