"""Every form equals the step function it stands for, over the whole range of the accumulator."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corgibuilder.ir import Clamp, QInt, Shape, TensorType, Threshold
from corgibuilder.plan.requantisers import (
    MAX_SECOND_SHIFT,
    CascadeForm,
    ClipForm,
    Rounding,
    ScaleForm,
    ShiftForm,
    TableForm,
    ThresholdForm,
    coded,
)

from .choose import cheapest, every_form


def half_even(x, shift):
    """``x / 2**shift`` to the nearest integer, of two equally near ones to the even one."""
    if shift <= 0:
        return x << -shift
    down, rest = x >> shift, x & ((1 << shift) - 1)
    half = 1 << (shift - 1)
    return down + ((rest > half) | ((rest == half) & (down % 2 == 1)))


def applied(form, x, c):
    """Value of ``form`` for channel ``c``, as the form's docstring has it."""
    match form:
        case ShiftForm(offset=offset, roundings=roundings):
            x = x + offset[c]
            for rounding in roundings:
                x = half_even(x, rounding.shift).clip(rounding.out.lo, rounding.out.hi)
            return x
        case ScaleForm(mult=mult, offset=offset, shift=shift, out=out):
            return ((x * mult[c] + offset[c]) >> shift).clip(out.lo, out.hi)
        case ThresholdForm(steps=steps, base=base):
            return base + (x[:, None] >= steps[c]).sum(axis=1)
        case ClipForm(lo=lo, hi=hi):
            return x.clip(lo[c], hi[c])
        case CascadeForm(parts=parts):
            for part in parts:
                x = applied(part, x, c)
            return x
        case TableForm(values=values, acc=acc):
            return values[c if len(values) > 1 else 0][(x - acc.lo) // acc.step]


def type_of(ranges):
    lo, hi = np.array(ranges, np.int64).T
    return TensorType(Shape(len(ranges), 1, 1), lo, hi)


def same(form, op, ranges, bias):
    """Compare a form with ``op``, and with itself as a whole, for every accumulator there is."""
    for c, (lo, hi) in enumerate(ranges):
        x = np.arange(lo, hi + 1)
        want = op.base + np.searchsorted(op.steps[c], x, side="right")
        np.testing.assert_array_equal(applied(form, x - bias[c], c), want)
    ends = np.array(ranges).T - bias
    np.testing.assert_array_equal(
        form.apply(ends.T), [applied(form, end, c) for c, end in enumerate(ends.T)]
    )


def check(op, ranges, bias):
    """Forms found for ``op`` by their kind, all of them compared with it."""
    bias = np.array(bias, np.int64)
    found = {}
    for form in every_form(op, type_of(ranges), bias):
        same(form, op, ranges, bias)
        found.setdefault(type(form), form)
    assert type(cheapest(op, type_of(ranges), bias)) in found
    return found


def steps_of(function, ranges, out):
    """Threshold with the steps of a monotone ``function(x, c)`` onto ``out``."""
    rows = []
    for c, (lo, hi) in enumerate(ranges):
        y = function(np.arange(lo, hi + 1), c)
        rows.append(np.searchsorted(y, np.arange(out.lo + 1, out.hi + 1)) + lo)
    return Threshold(steps=np.array(rows, np.int64), base=out.lo)


def spans(lowest, highest):
    """Ranges, some of a single value."""
    pairs = st.tuples(st.integers(lowest, highest), st.integers(lowest, highest))
    return st.one_of(pairs, st.integers(lowest, highest).map(lambda x: (x, x))).map(
        lambda p: (min(p), max(p))
    )


@st.composite
def step_functions(draw):
    channels, count = draw(st.integers(1, 4)), draw(st.integers(1, 63))
    ranges = [draw(spans(-700, 700)) for _ in range(channels)]
    reach = draw(st.sampled_from([5, 100, 1000]))  # beyond the range: steps never or always reached
    rows = st.lists(st.integers(-reach, reach), min_size=count, max_size=count).map(sorted)
    steps = np.array([draw(rows) for _ in range(channels)], np.int64)
    bias = [draw(st.integers(-900, 900)) for _ in range(channels)]
    return Threshold(steps=steps, base=draw(st.integers(-130, 130))), ranges, bias


@settings(max_examples=300)
@given(step_functions())
def test_any_step_function(case):
    check(*case)


@st.composite
def roundings(draw):
    """One or two roundings with saturation, an offset per channel, every level in every range."""
    first, second = draw(st.integers(1, 9)), draw(st.integers(-2, 5))
    if second <= 0:
        first = max(first, 1 - second)  # together they divide
    levels = draw(st.integers(9 << max(-second, 0), 63))
    base = draw(st.integers(-64, 0))
    out = QInt(base, base + levels)
    slack = draw(st.integers(0, 3))
    lowest, highest = (e << second if second > 0 else e >> -second for e in (out.lo, out.hi))
    cut = QInt(lowest - slack - 1, highest + slack + 1)
    offsets = [draw(st.integers(-2000, 2000)) for _ in range(draw(st.integers(1, 4)))]
    beyond = draw(st.integers(1, 200))
    ranges = [((cut.lo << first) - o - beyond, (cut.hi << first) - o + beyond) for o in offsets]
    form = ShiftForm(
        offset=np.array(offsets),
        roundings=(Rounding(shift=first, out=cut), Rounding(shift=second, out=out)),
    )
    return form, ranges, out


@settings(max_examples=200)
@given(roundings(), st.integers(-500, 500))
def test_roundings_by_powers_of_two_need_no_multiplier(case, bias):
    form, ranges, out = case
    op = steps_of(lambda x, c: applied(form, x, c), ranges, out)
    found = check(op, ranges, [bias] * len(ranges))[ShiftForm]
    assert all(abs(r.shift) <= MAX_SECOND_SHIFT or r is found.roundings[0] for r in found.roundings)


@pytest.mark.parametrize(("first", "second"), [(4, 0), (3, 2), (5, 1), (6, -2), (2, -1)])
def test_the_shifts_found_are_those_of_the_file(first, second):
    out = QInt(-8, 7)
    form = ShiftForm(
        offset=np.array([3, -40]),
        roundings=(Rounding(shift=first, out=QInt(-500, 500)), Rounding(shift=second, out=out)),
    )
    ranges = [(-600, 700), (-550, 900)]
    found = check(steps_of(lambda x, c: applied(form, x, c), ranges, out), ranges, [0, 17])[
        ShiftForm
    ]
    assert sum(r.shift for r in found.roundings) == first + second
    assert len(found.roundings) == 1 + (second != 0)


@st.composite
def scalings(draw):
    channels, shift = draw(st.integers(1, 3)), draw(st.integers(0, 12))
    mult = [draw(st.integers(1, 1 << shift)) for _ in range(channels)]
    offset = [draw(st.integers(-(1 << 16), 1 << 16)) for _ in range(channels)]
    base = draw(st.integers(-32, 32))
    out = QInt(base, base + draw(st.integers(1, 63)))
    form = ScaleForm(mult=np.array(mult), offset=np.array(offset), shift=shift, out=out)
    return form, [draw(spans(-2000, 2000)) for _ in range(channels)]


@settings(max_examples=200)
@given(scalings(), st.integers(-500, 500))
def test_multiply_add_shift_never_needs_comparisons(case, bias):
    form, ranges = case
    op = steps_of(lambda x, c: applied(form, x, c), ranges, form.out)
    found = check(op, ranges, [bias] * len(ranges))
    if ScaleForm in found:
        assert found[ScaleForm].shift <= form.shift
    elif ShiftForm not in found:
        assert found[ThresholdForm].steps.shape[1] <= 1


def test_a_multiplier_is_found_where_no_shift_will_do():
    form = ScaleForm(
        mult=np.array([29, 57]), offset=np.array([128, -300]), shift=8, out=QInt(-8, 7)
    )
    ranges = [(-100, 100), (-60, 50)]
    found = check(steps_of(lambda x, c: applied(form, x, c), ranges, form.out), ranges, [4, -9])
    assert ShiftForm not in found
    assert ScaleForm in found


def feasible(x, want, shift, out):
    """Whether some ``(x * m + a) >> shift`` is ``want``, by trying them all."""
    reach = (max(abs(out.lo), abs(out.hi)) + 2) << shift
    for m in range(((out.hi - out.lo + 2) << shift) + 1):
        edge = m * int(np.abs(x).max()) + reach
        a = np.arange(-edge, edge + 1)[:, None]
        if (((x * m + a) >> shift).clip(out.lo, out.hi) == want).all(axis=1).any():
            return True
    return False


@pytest.mark.parametrize("seed", range(12))
def test_no_smaller_shift_will_do(seed):
    rng = np.random.default_rng(seed)
    x, out = np.arange(-9, 12), QInt(-2, 3)
    ranges = [(-9, 11)] * 2
    form = ScaleForm(mult=rng.integers(3, 16, 2), offset=rng.integers(-20, 40, 2), shift=4, out=out)
    found = check(steps_of(lambda x, c: applied(form, x, c), ranges, out), ranges, [0, 0])
    found = found[ScaleForm]
    wanted = [applied(form, x, c) for c in range(2)]
    assert all(feasible(x, want, found.shift, out) for want in wanted)
    assert not all(feasible(x, want, found.shift - 1, out) for want in wanted)


def test_clamp_and_no_step_function_are_sums():
    x, bias = np.arange(-50, 51), np.array([7])
    for op, want in [(None, x), (Clamp(range=QInt(0, 11)), x.clip(0, 11))]:
        form = cheapest(op, type_of([(-50, 50)]), bias)
        assert isinstance(form, ShiftForm)
        np.testing.assert_array_equal(applied(form, x - 7, 0), want)


@pytest.mark.parametrize("step", [-4, -3, 0, 5, 6])
def test_one_step_at_each_end_of_the_range(step):
    op = Threshold(steps=np.array([[step]]), base=-1)
    form = check(op, [(-3, 5)], [2])[ThresholdForm]
    assert form.steps.shape[1] == (-3 < step <= 5)


def test_large_accumulators():
    rng = np.random.default_rng(1)
    ranges = [(-300_000, 250_000), (-9, 500_000)]
    for steps in (
        np.sort(rng.integers(-300_000, 500_000, (2, 15)), axis=1),
        np.array([np.arange(1, 16) * 21_931 - o for o in (0, 1234)]),
        np.array([np.arange(1, 16) * 8192 - 4096 + np.arange(1, 16) % 2 - o for o in (0, 99)]),
    ):
        check(Threshold(steps=steps, base=0), ranges, [1000, -70])


@pytest.mark.parametrize("steep", [0, 1, 16])
@pytest.mark.parametrize(("mult", "shift"), [(101_163, 33), (54_321, 31), (2_000_003, 31)])
def test_a_slope_beside_another_one(steep, mult, shift):
    """Channels that would take a large multiplier for the shift that another one takes."""
    levels = np.arange(1, 256)
    flat = -((12_345 - (levels << shift)) // mult)
    rows = [np.where(levels <= 200, 1, 2)] * steep + [flat]
    ranges = [(0, 1)] * steep + [(int(flat[0]) - 5, int(flat[-1]) + 5)]
    form = cheapest(
        Threshold(steps=np.array(rows), base=0), type_of(ranges), np.zeros(len(rows), np.int64)
    )
    for c, ((lo, hi), steps) in enumerate(zip(ranges, rows, strict=True)):
        x = np.unique(np.concatenate([steps - 1, steps, [lo, hi]]).clip(lo, hi))
        want = np.searchsorted(steps, x, side="right")
        np.testing.assert_array_equal(applied(form, x, c), want)


@settings(deadline=None)
@given(case=step_functions(), step=st.integers(2, 5))
def test_the_form_of_a_step_function_gives_codes(case, step):
    op, ranges, bias = case
    op = Threshold(steps=np.repeat(op.steps, step, axis=1), base=op.base)
    x = type_of(ranges)
    out = op.infer(x).range
    form = cheapest(coded(op, out), x, np.array(bias, np.int64))
    for c, (lo, hi) in enumerate(ranges):
        x = np.arange(lo, hi + 1)
        want = op.base + np.searchsorted(op.steps[c], x, side="right")
        codes = applied(form, x - bias[c], c)
        np.testing.assert_array_equal(codes * out.step + out.offset, want)
        assert out.step == 1 or (codes.min() >= 0 and codes.max() < 1 << out.width)


def test_a_sign_is_one_comparison():
    sign = Threshold(steps=np.array([[3, 3]]), base=-1)
    form = cheapest(coded(sign, QInt(-1, 1, step=2)), type_of([(-9, 9)]), np.array([0]))
    assert isinstance(form, ThresholdForm)
    assert (form.steps.tolist(), form.base, form.levels) == ([[3]], 0, 1)


def test_cycles_of_each_form():
    zero = np.zeros(2, np.int64)
    shift = ShiftForm(offset=zero, roundings=(Rounding(shift=1, out=QInt(0, 3)),))
    scale = ScaleForm(mult=zero, offset=zero, shift=1, out=QInt(0, 3))
    assert [form.latency for form in (shift, scale)] == [2, 3]
    for count, cycles in [(0, 2), (1, 2), (2, 3), (3, 3), (4, 4), (15, 5), (63, 7)]:
        steps = np.zeros((2, count), np.int64)
        assert ThresholdForm(steps=steps, base=0).latency == cycles
