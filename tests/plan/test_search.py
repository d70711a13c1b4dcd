"""The cheapest folding, against a search through all of them."""

from itertools import pairwise, product
from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corgibuilder.diagnostics import CompileError
from corgibuilder.ir import Pads, Pool, PoolKind, Window
from corgibuilder.plan import Target, make_plan
from corgibuilder.plan.area import generic_areas
from corgibuilder.plan.folding import Folding
from corgibuilder.plan.kinds import folded, kind_of
from corgibuilder.plan.layers import group_layers
from corgibuilder.plan.search import cheapest, fewest_cycles

from ..toys import HALVES, POINT, SAME, STRIDED, chain, conv, small, steps

LAYERS = {
    "dense": ((3, 6, 7), conv(3, 5, SAME)),
    "strided": ((4, 5, 6), conv(4, 6, STRIDED)),
    "no padding": ((2, 7, 5), conv(2, 7, Window(kernel=(3, 3)))),
    "skips columns": ((2, 6, 9), conv(2, 3, Window(kernel=(2, 2), stride=(3, 3)))),
    "wide kernel": ((1, 5, 9), conv(1, 6, Window(kernel=(3, 5)))),
    "late first window": ((1, 1, 4), conv(1, 1, Window(kernel=(1, 3)))),
    "fewer out than in": ((2, 1, 2), conv(2, 1, Window(kernel=(1, 1), stride=(1, 2)))),
    "fastest in registers or not": ((1, 2, 3), conv(1, 1, Window(kernel=(1, 3), stride=(1, 2)))),
    "depthwise": ((7, 5, 6), conv(7, 7, SAME, groups=7)),
    "strided depthwise": ((7, 6, 6), conv(7, 7, STRIDED, groups=7)),
    "grouped": ((6, 4, 3), conv(6, 4, SAME, groups=2)),
    "strided groups": ((6, 6, 5), conv(6, 12, STRIDED, groups=3)),
    "depth multiplied": ((3, 4, 5), conv(3, 12, Window(kernel=(2, 3)), groups=3)),
    "pointwise groups": ((12, 3, 4), conv(12, 8, POINT, groups=2)),
    "whole map in groups": ((4, 2, 3), conv(4, 8, Window(kernel=(2, 3)), groups=2)),
    "depthwise that skips": ((3, 1, 2), conv(3, 3, Window(kernel=(1, 1), stride=(1, 2)), groups=3)),
    "groups that skip": ((6, 1, 2), conv(6, 3, Window(kernel=(1, 1), stride=(1, 2)), groups=3)),
    "pointwise": ((6, 3, 4), conv(6, 10, POINT)),
    "fully connected": ((12, 1, 1), conv(12, 11, POINT)),
    "whole map": ((3, 2, 4), conv(3, 10, Window(kernel=(2, 4)))),
}


def layer_of(name):
    shape, op = LAYERS[name]
    (layer,) = group_layers(chain(shape, op))
    return layer


def area_of(stage):
    """Of the stage by itself, with the least line buffer."""
    areas, least = generic_areas(), stage.with_folding(capacity=stage.least_capacity)
    return areas.logic(least.logic(False)) + sum(map(areas.memory, least.memories()))


def all_foldings(layer):
    """Area and cycles of every folding of the multiplier array that hardware can be built for."""
    for source in kind_of(layer).sources(layer, resizable=False):
        channels = layer.acc.shape.channels
        most = folded(layer, Folding(source=source, inputs=1, outputs=1, lanes=1)).most_inputs
        for inputs, outputs in product(range(1, most + 1), range(1, channels + 1)):
            folding = Folding(source=source, inputs=inputs, outputs=outputs, lanes=outputs)
            stage = folded(layer, folding).settled()
            if not any(fault.startswith(("inputs", "outputs")) for fault, _ in stage.faults()):
                yield area_of(stage), stage.frame_cycles


def compare_with_all_foldings(layer):
    every = list(all_foldings(layer))
    cycles = sorted({c for _, c in every})
    for budget in {*cycles, *(c + 1 for c in cycles), cycles[-1] * 2}:
        stage = cheapest(layer, budget, lanes=1, resizable=False, area=area_of)
        least = min(area for area, c in every if c <= budget)
        assert stage is not None, budget
        assert stage.frame_cycles <= budget
        assert area_of(stage) <= 1.05 * least, (budget, stage.folding)
    assert cheapest(layer, cycles[0] - 1, lanes=1, resizable=False) is None
    assert fewest_cycles(layer, resizable=False) == cycles[0]


@pytest.mark.parametrize("name", LAYERS)
def test_hardly_any_folding_is_smaller(name):
    compare_with_all_foldings(layer_of(name))


@pytest.mark.parametrize(
    ("inputs", "outputs", "cycles", "multipliers"),
    [(1, 7, 4, 2), (10, 1, 3, 4), (68, 100, 102, 68)],
)
def test_folds_need_not_divide(inputs, outputs, cycles, multipliers):
    (layer,) = group_layers(chain((inputs, 5, 2), conv(inputs, outputs, POINT)))

    def area(stage):  # of multiplier arrays only
        return stage.multipliers or inf

    stage = cheapest(layer, 10 * cycles, lanes=1, resizable=False, area=area)
    assert stage.multipliers == multipliers


@st.composite
def convolutions(draw):
    """A convolution of any shape whose foldings are few enough to try them all."""
    kernel = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    stride = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    top, bottom = (draw(st.integers(0, kernel[0] - 1)) for _ in range(2))
    left, right = (draw(st.integers(0, kernel[1] - 1)) for _ in range(2))
    pads = Pads(top=top, left=left, bottom=bottom, right=right)
    window = Window(kernel=kernel, stride=stride, pads=pads)
    inputs, outputs = draw(st.integers(1, 5)), draw(st.integers(1, 6))
    groups = draw(st.integers(2, 3))
    height, width = draw(st.integers(kernel[0], 7)), draw(st.integers(kernel[1], 7))
    kind = draw(st.sampled_from(["dense", "depthwise", "grouped"]))
    if kind == "dense":
        return (inputs, height, width), conv(inputs, outputs, window)
    if kind == "depthwise":
        return (inputs + 1, height, width), conv(inputs + 1, inputs + 1, window, groups=inputs + 1)
    inputs, outputs = groups * min(inputs, 4), groups * min(outputs, 4)
    return (inputs, height, width), conv(inputs, outputs, window, groups=groups)


@settings(max_examples=60)
@given(convolutions())
def test_hardly_any_folding_of_any_layer_is_smaller(convolution):
    shape, op = convolution
    (layer,) = group_layers(chain(shape, op))
    compare_with_all_foldings(layer)


def test_sums_leave_before_the_next_ones_come():
    for name in LAYERS:
        layer = layer_of(name)
        for budget in (200, 500, 2000):
            stage = cheapest(layer, budget, lanes=1, resizable=False)
            if stage is not None:
                folding = stage.folding
                assert folding.outputs % folding.lanes == 0
                assert folding.outputs // folding.lanes <= stage.input_folds


@pytest.mark.parametrize("budget", [80, 123, 300, 1000, 5000, 100_000])
def test_every_stage_meets_the_budget_and_no_figure_is_below_its_bound(budget):
    plan = make_plan(small(), Target(fps=7, clock_hz=7 * budget))
    assert plan.cycles_per_frame <= plan.target.budget == budget
    for stage in plan.stages:
        assert stage.cycles_per_frame <= budget
        assert stage.multipliers_bound <= stage.multipliers, stage.name
        assert stage.buffer_bound <= stage.buffer_bits, stage.name
    assert plan.multipliers_bound <= plan.multipliers
    assert plan.buffer_bound <= plan.buffer_bits


def test_more_time_hardly_ever_costs_more_area():
    budgets = (80, 100, 150, 200, 400, 800, 1600, 3200)
    plans = [make_plan(small(), Target(fps=1, clock_hz=b)) for b in budgets]
    assert all(slower.area <= 1.01 * faster.area for faster, slower in pairwise(plans))


def test_overlapping_pools_are_folded_too():
    pool = Pool(kind=PoolKind.MAX, window=SAME)
    plan = make_plan(chain((6, 4, 5), steps(6), pool), Target(fps=1, clock_hz=400))
    assert plan.cycles_per_frame <= 400
    tiled = Pool(kind=PoolKind.SUM, window=HALVES)
    plan = make_plan(chain((6, 4, 6), tiled), Target(fps=1, clock_hz=24))
    assert plan.stages[0].folding.outputs == 6


def test_an_impossible_target_names_the_layer_and_what_is_possible():
    with pytest.raises(CompileError) as caught:
        make_plan(small(), Target(fps=1000, clock_hz=7_000))
    assert str(caught.value) == (
        "error[CB403]: 1000 frames/s at 7,000 Hz leave 7 cycles for a frame, "
        "and this layer takes 20 even when fully unrolled\n"
        "  --> toy.onnx: n6\n"
        "  help: ask for 350 frames/s or fewer, or for a clock of 0.02 MHz or more"
    )
