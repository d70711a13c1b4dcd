"""The inferred ranges hold, and both ends are reached."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from corgibuilder.golden import evaluate
from corgibuilder.ir import (
    Add,
    Clamp,
    Concat,
    Conv,
    Input,
    Pad,
    Pads,
    Pool,
    PoolKind,
    QInt,
    Shape,
    Table,
    TensorType,
    Threshold,
    Window,
)


@settings(deadline=None)
@given(seed=st.integers(0, 2**32), groups=st.sampled_from([1, 2]))
def test_both_ends_of_a_sum_are_reached(seed, groups):
    rng = np.random.default_rng(seed)
    lo = rng.integers(-20, 20, 4)
    x = TensorType(Shape(4, 2, 2), lo, lo + rng.integers(0, 30, 4))
    weights = rng.integers(-7, 8, (2, 4 // groups, 2, 2))
    op = Conv(
        weights=weights, bias=rng.integers(-9, 9, 2), window=Window(kernel=(2, 2)), groups=groups
    )
    result = op.infer(x)
    assert result.shape == Shape(2, 1, 1)
    for o, dense in enumerate(op.dense_weights()):
        best = np.where(dense > 0, x.hi[:, None, None], x.lo[:, None, None])
        worst = np.where(dense > 0, x.lo[:, None, None], x.hi[:, None, None])
        assert evaluate(op, best[None])[0, o, 0, 0] == result.hi[o]
        assert evaluate(op, worst[None])[0, o, 0, 0] == result.lo[o]


def test_pools_and_steps():
    x = TensorType(Shape(2, 4, 4), np.array([-3, 1]), np.array([5, 1]))
    window = Window(kernel=(2, 2), stride=(2, 2))
    total = Pool(kind=PoolKind.SUM, window=window).infer(x)
    assert (total.lo.tolist(), total.hi.tolist()) == ([-12, 4], [20, 4])
    assert Pool(kind=PoolKind.MAX, window=window).infer(x).range == x.range
    steps = Threshold(steps=np.array([[-3, 0, 9], [0, 1, 2]]), base=-1).infer(x)
    assert (steps.lo.tolist(), steps.hi.tolist()) == ([0, 1], [1, 1])


@settings(deadline=None)
@given(seed=st.integers(0, 2**32), step=st.integers(1, 4))
def test_all_counts_of_steps_differ_by_multiples_of_the_step(seed, step):
    rng = np.random.default_rng(seed)
    channels, n = int(rng.integers(1, 4)), int(rng.integers(0, 4))
    rows = np.sort(rng.integers(-12, 12, (channels, n)), axis=1)
    op = Threshold(steps=np.repeat(rows, step, axis=1), base=-1)
    lo = rng.integers(-10, 10, channels)
    x = TensorType(Shape(channels, 1, 1), lo, lo + rng.integers(0, 15, channels))
    made = op.infer(x)
    reached = {
        -1 + int((value >= op.steps[c]).sum())
        for c in range(channels)
        for value in range(x.lo[c], x.hi[c] + 1)
    }
    assert made.range == QInt.of(np.array(sorted(reached)))


def test_what_keeps_a_step():
    bipolar = Input(shape=Shape(2, 4, 4), range=QInt(-1, 1, step=2)).infer()
    assert bipolar.step == 2
    window = Window(kernel=(2, 2), stride=(2, 2))
    assert Pool(kind=PoolKind.MAX, window=window).infer(bipolar).step == 2
    assert Pool(kind=PoolKind.SUM, window=window).infer(bipolar).step == 1
    assert Clamp(range=QInt(0, 1)).infer(bipolar).range == QInt(0, 1)


def test_what_is_padded_with_may_lie_between_steps():
    bipolar = Input(shape=Shape(2, 4, 4), range=QInt(-3, 3, step=2)).infer()
    pads = Pads(top=1)
    assert Pad(pads=pads, value=0).infer(bipolar).range == QInt(-3, 3)
    assert Pad(pads=pads, value=5).infer(bipolar).range == QInt(-3, 5, step=2)


def test_a_constant_has_no_step():
    constant = TensorType(Shape(2, 1, 1), np.array([3, 3]), np.array([3, 3]))
    assert Add(factors=(2,)).infer(constant).range == QInt(6, 6)


def test_padding_between_two_values_ends_their_step():
    bipolar = TensorType(Shape(2, 4, 4), np.full(2, -1), np.full(2, 1), 2)
    pads = Pads(top=1)
    assert Pad(pads=pads, value=0).infer(bipolar).range == QInt(-1, 1)
    assert Pad(pads=pads, value=-3).infer(bipolar).range == QInt(-3, 1, step=2)
    assert Pad(pads=Pads(), value=0).infer(bipolar) is bipolar


@settings(deadline=None)
@given(seed=st.integers(0, 2**32), step=st.integers(1, 3), rows=st.sampled_from([1, 3]))
def test_tables_reach_the_entries_of_values_that_occur(seed, step, rows):
    rng = np.random.default_rng(seed)
    lo = step * rng.integers(-5, 5, 3)
    x = TensorType(Shape(3, 2, 2), lo, lo + step * rng.integers(0, 5, 3), step)
    first = x.range.lo - int(rng.integers(0, 3))
    values = rng.integers(-9, 9, (rows, x.range.hi - first + 1 + int(rng.integers(0, 3))))
    made = Table(values=values, lo=first).infer(x)
    reached = [values[c % rows, np.arange(x.lo[c], x.hi[c] + 1, step) - first] for c in range(3)]
    assert made.lo.tolist() == [row.min() for row in reached]
    assert made.hi.tolist() == [row.max() for row in reached]
    assert made.range == QInt.of(np.concatenate(reached))


def random_type(rng, channels):
    lo, step = rng.integers(-20, 20, channels), int(rng.integers(1, 4))
    lo = lo[0] + (lo - lo[0]) // step * step
    hi = lo + step * rng.integers(0, 6, channels)
    return TensorType(Shape(channels, 1, 1), lo, hi, step if hi.max() > lo.min() else 1)


def values(x, channel):
    return range(x.lo[channel], x.hi[channel] + 1, x.step)


def check_range(made, occurring, inputs):
    """The step is the largest that there is, unless an input only differs from channel to channel.

    Such an input has codes all the same, whose step is one of the output's then.
    """
    found = QInt.of(np.array(sorted(occurring)))
    assert (made.range.lo, made.range.hi, found.step % made.step) == (found.lo, found.hi, 0)
    if all((x.lo < x.hi).any() or x.lo.min() == x.hi.max() for x in inputs):
        assert made.step == found.step


@settings(deadline=None)
@given(seed=st.integers(0, 2**32))
def test_a_sum_reaches_both_ends_and_keeps_to_its_step(seed):
    rng = np.random.default_rng(seed)
    channels = int(rng.integers(1, 4))
    inputs = [random_type(rng, channels) for _ in range(2)]
    factors = tuple(int(f) for f in rng.choice([-8, -3, -1, 1, 2, 5], 2))
    made = Add(factors=factors).infer(*inputs)
    occurring = set()
    for c in range(channels):
        sums = {
            factors[0] * first + factors[1] * second
            for first in values(inputs[0], c)
            for second in values(inputs[1], c)
        }
        assert (min(sums), max(sums)) == (made.lo[c], made.hi[c])
        occurring |= sums
    check_range(made, occurring, inputs)


@settings(deadline=None)
@given(seed=st.integers(0, 2**32))
def test_a_concat_keeps_the_range_of_each_channel(seed):
    rng = np.random.default_rng(seed)
    inputs = [random_type(rng, int(rng.integers(1, 4))) for _ in range(3)]
    made = Concat().infer(*inputs)
    assert made.lo.tolist() == [int(lo) for x in inputs for lo in x.lo]
    assert made.hi.tolist() == [int(hi) for x in inputs for hi in x.hi]
    assert made.shape == Shape(len(made.lo), 1, 1)
    occurring = {v for x in inputs for c in range(len(x.lo)) for v in values(x, c)}
    check_range(made, occurring, inputs)
