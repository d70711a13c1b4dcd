"""Cascades are found again from their steps alone, and are equal to them everywhere."""

import time
import tracemalloc

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from corgibuilder.ir import QInt, Threshold
from corgibuilder.plan.area import generic_areas
from corgibuilder.plan.requantisers import (
    CascadeForm,
    ClipForm,
    Rounding,
    ScaleForm,
    ShiftForm,
    TableForm,
    ThresholdForm,
)
from corgibuilder.plan.requantisers.steps import inner

from .choose import cheapest, every_form
from .test_choice import applied, check, steps_of, type_of

NO_OFFSET = np.zeros(1, np.int64)


def scale(mult, offset, shift, out):
    return ScaleForm(mult=np.array(mult), offset=np.array(offset), shift=shift, out=out)


def found_again(form, ranges, out, bias=None):
    """The forms found for the steps of ``form``, each compared over the whole range."""
    op = steps_of(lambda x, c: applied(form, x, c), ranges, out)
    return op, check(op, ranges, [0] * len(ranges) if bias is None else bias)


@st.composite
def cascades(draw, largest_shift=7):
    """A rounding to a clipped grid, a factor for each channel, a clip; perhaps a last rounding."""
    channels, first = draw(st.integers(1, 4)), draw(st.integers(2, largest_shift))
    cut = QInt(-draw(st.integers(3, 130)), draw(st.integers(3, 130)))
    shift = draw(st.integers(2, 10))
    mult = [draw(st.integers(1 << shift >> 3, 2 << shift)) for _ in range(channels)]
    offset = [draw(st.integers(-(20 << shift), 20 << shift)) for _ in range(channels)]
    bits = draw(st.integers(1, 16))
    out = draw(
        st.sampled_from([QInt(0, (1 << bits) - 1), QInt(-(1 << bits >> 1), (1 << bits >> 1) - 1)])
    )
    last = draw(st.sampled_from([0, 0, 1, 2]))
    offsets = np.array([draw(st.integers(-900, 900)) for _ in range(channels)])
    middle = scale(mult, offset, shift, QInt(out.lo << last, out.hi << last))
    parts = [ShiftForm(offset=offsets, roundings=(Rounding(shift=first, out=cut),)), middle]
    if last:
        parts.append(ShiftForm(offset=offsets * 0, roundings=(Rounding(shift=last, out=out),)))
    beyond = draw(st.integers(-300, 300))
    ranges = [
        tuple(sorted(((cut.lo << first) - o - beyond, (cut.hi << first) - o + beyond)))
        for o in offsets.tolist()
    ]
    bias = [draw(st.integers(-500, 500)) for _ in range(channels)]
    return CascadeForm(parts=tuple(parts)), ranges, out, bias


@settings(max_examples=150)
@given(cascades())
def test_any_cascade_is_found(case):
    form, ranges, _, bias = case
    reached = [applied(form, np.array([lo, hi]), c) for c, (lo, hi) in enumerate(ranges)]
    lowest, highest = int(np.min(reached)), int(np.max(reached))
    assume(lowest < highest and highest - lowest < 3000)
    op, found = found_again(form, ranges, QInt(lowest, highest), bias)
    if highest - lowest == 1 or not inner(op.steps, *np.array(ranges).T).any():
        return  # nothing but a comparison is looked for, or every channel is constant
    assert found.keys() & {CascadeForm, ShiftForm}


@pytest.mark.parametrize("levels", [1, 8, 16])
@pytest.mark.parametrize("ties", ["even", "floor"])
def test_the_first_shift_is_that_of_the_file(ties, levels):
    out = QInt(0, min((1 << levels) - 1, 250))
    first = Rounding(shift=6, out=QInt(-128, 127))
    offset = np.array([5, -20, 0])
    parts = {
        "even": ShiftForm(offset=offset, roundings=(first,)),
        "floor": scale([1, 1, 1], offset, 6, first.out),
    }
    form = CascadeForm(
        parts=(parts[ties], scale([301, 199, 430], [1000, -4000, 70], 9, out)),
    )
    _, found = found_again(form, [(-9000, 9000)] * 3, out)
    if levels == 1:
        assert found.keys() == {ThresholdForm}
        return
    start = found[CascadeForm].parts[0]
    assert getattr(start, "roundings", (start,))[0].shift == 6
    assert len(found[CascadeForm].parts) == 2
    assert found[CascadeForm].parts[1].shift <= 9


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("pitch", [37.31, 801.77, 12.9])
def test_a_first_scale_that_is_no_power_of_two(pitch, seed):
    rng = np.random.default_rng(seed)
    channels = 5
    first = scale([round((1 << 30) / pitch)] * channels, [1 << 29] * channels, 30, QInt(-128, 127))
    second = scale(
        rng.integers(200, 400, channels), rng.integers(-900, 900, channels), 9, QInt(0, 127)
    )
    limit = int(pitch * 150)
    form = CascadeForm(parts=(first, second))
    _, found = found_again(form, [(-limit, limit)] * channels, QInt(0, 127))
    assert ScaleForm not in found
    assert isinstance(found[CascadeForm].parts[0], ScaleForm)
    assert len(set(found[CascadeForm].parts[0].mult.tolist())) == 1


def test_channels_that_were_negated_have_limits_of_their_own():
    """Of -128 to 127 and of -127 to 128, as weights with a negative factor behind them leave it."""
    lo, hi = np.array([-128, -127, -128]), np.array([127, 128, 127])
    first = ShiftForm(
        offset=np.array([0, 0, 9]), roundings=(Rounding(shift=5, out=QInt(-128, 128)),)
    )
    form = CascadeForm(
        parts=(first, ClipForm(lo=lo, hi=hi), scale([520, 515, 530], [0] * 3, 9, QInt(-200, 200)))
    )
    _, found = found_again(form, [(-6000, 6000)] * 3, QInt(-131, 131))
    clip = found[CascadeForm].parts[1]
    assert isinstance(clip, ClipForm)
    assert clip.hi.max() - clip.hi.min() <= 1
    assert clip.lo.max() - clip.lo.min() <= 1


def test_a_last_rounding_that_multiplies():
    first = ShiftForm(offset=np.array([3, -4]), roundings=(Rounding(shift=4, out=QInt(0, 99)),))
    last = ShiftForm(offset=NO_OFFSET.repeat(2), roundings=(Rounding(shift=-1, out=QInt(0, 127)),))
    form = CascadeForm(parts=(first, scale([330, 401], [77, 9], 9, QInt(0, 127)), last))
    _, found = found_again(form, [(-50, 2000)] * 2, QInt(0, 127))
    assert found[CascadeForm].parts[-1].roundings[0].shift == -1


def test_channels_that_reach_no_step_or_all_of_them():
    first = ShiftForm(
        offset=np.zeros(5, np.int64), roundings=(Rounding(shift=5, out=QInt(-99, 99)),)
    )
    form = CascadeForm(parts=(first, scale([333, 401, 170, 300, 290], [0] * 5, 9, QInt(0, 31))))
    ranges = [(-5000, 5000), (-900, -300), (8000, 9000), (7, 7), (-40, 300)]
    op, found = found_again(form, ranges, QInt(0, 31))
    assert CascadeForm in found
    lo, hi = np.array(ranges).T
    assert inner(op.steps, lo, hi).any(axis=1).tolist() == [True, False, False, False, True]


def test_what_is_no_cascade_is_none():
    rng = np.random.default_rng(1)
    steps = np.sort(rng.choice(np.arange(-900, 900) * 16, (3, 100)), axis=1)
    found = check(Threshold(steps=steps, base=0), [(-15000, 15000)] * 3, [0] * 3)
    assert found.keys() == {ThresholdForm}


def test_16_bits_in_time_and_memory():
    """65,535 steps in each of 16 channels; so fine a grid has to be looked at as a whole."""
    channels, n = 16, (1 << 16) - 1
    mult = np.random.default_rng(2).integers(25_000, 32_000, channels)[:, None]
    r = np.arange(1 << 17)
    y = (r * mult) >> 15
    steps = np.stack([np.searchsorted(row, np.arange(1, n + 1)) for row in y])
    assert (steps <= r[-1]).all()
    steps = steps * 64 - 32 + (steps & 1)
    ends = [(-1000, 64 << 17)] * channels
    tracemalloc.start()
    begun = time.process_time()
    found = cheapest(Threshold(steps=steps, base=0), type_of(ends), np.zeros(channels, np.int64))
    seconds, peak = time.process_time() - begun, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(found, CascadeForm)
    assert peak < 1 << 30
    assert seconds < 10
    at = np.concatenate([steps - 1, steps], axis=1)
    want = np.concatenate([np.arange(n), np.arange(1, n + 1)])
    np.testing.assert_array_equal(found.apply(at), np.broadcast_to(want, at.shape))


def test_a_cascade_is_the_cheapest_only_where_it_is():
    """One lane of 64 channels takes the cascade; few levels in few channels are compared with."""
    first = ShiftForm(
        offset=np.zeros(64, np.int64), roundings=(Rounding(shift=6, out=QInt(-128, 127)),)
    )
    rng = np.random.default_rng(5)
    form = CascadeForm(
        parts=(first, scale(rng.integers(300, 500, 64), rng.integers(-9, 9, 64), 9, QInt(0, 99)))
    )
    many = steps_of(lambda x, c: applied(form, x, c), [(-8000, 8000)] * 64, QInt(0, 99))
    zero = np.zeros(64, np.int64)
    assert isinstance(cheapest(many, type_of([(-8000, 8000)] * 64), zero), CascadeForm)
    few, ends = Threshold(steps=np.array([[-30, 61]]), base=0), type_of([(-100, 100)])
    areas, acc = generic_areas(), QInt(-100, 100)
    costs = {
        type(f): areas.logic(f.resources(acc, 1, 1))
        + areas.rom(sum(rom.bits for rom in f.memories(acc, 1, 1)))
        for f in every_form(few, ends, zero[:1])
    }
    assert costs.keys() >= {ThresholdForm, ScaleForm, TableForm}
    assert isinstance(cheapest(few, ends, zero[:1]), min(costs, key=costs.get))
    assert costs[ThresholdForm] < costs[ScaleForm]
