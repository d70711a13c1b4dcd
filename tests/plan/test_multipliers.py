"""The multipliers found are the smallest there are, for any number of steps."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corgibuilder.plan.multipliers import MAX_LEVELS, MAX_SHIFT, multipliers

LARGEST_SHIFT = 6  # up to which all multipliers are tried


@st.composite
def step_functions(draw):
    """Steps of a few channels, some near a line, some anywhere, some of them out of reach."""
    channels, count = draw(st.integers(1, 3)), draw(st.integers(1, 8))
    lo = np.array([draw(st.integers(-30, 30)) for _ in range(channels)])
    hi = lo + np.array([draw(st.integers(0, 40)) for _ in range(channels)])
    rows = []
    for c in range(channels):
        if draw(st.booleans()):
            slope, start = draw(st.integers(1, 60)), draw(st.integers(-90, 90))
            rows.append([lo[c] + (k * slope + start) // 8 for k in range(count)])
        else:
            rows.append(sorted(draw(st.integers(-40, 80)) for _ in range(count)))
    return np.array(rows).clip(lo[:, None], hi[:, None] + 1), lo, hi


def offsets(m, shift, steps, lo, hi):
    """All offsets with which ``m`` gives the steps of one channel, smallest and largest."""
    least, most = None, None
    for level, t in enumerate(steps, start=1):
        if t <= hi:  # at max(t, lo) the level is reached
            bound = (level << shift) - m * max(t, lo)
            least = bound if least is None else max(least, bound)
        if t > lo:  # at min(t - 1, hi) it is not
            bound = (level << shift) - 1 - m * min(t - 1, hi)
            most = bound if most is None else min(most, bound)
    return least, most


def smallest(shift, steps, lo, hi):
    """Smallest multiplier of one channel and its offset, by trying them all."""
    for m in range((len(steps) << shift) + 2):
        least, most = offsets(m, shift, steps, lo, hi)
        if least is None or most is None or least <= most:
            return m, most if least is None else least
    return None


@settings(max_examples=300)
@given(step_functions())
def test_shift_multipliers_and_offsets_are_the_smallest(case):
    found = multipliers(*case)
    channels = [*zip(*(part.tolist() for part in case), strict=True)]
    for shift in range(LARGEST_SHIFT + 1):
        tried = [smallest(shift, *channel) for channel in channels]
        if all(tried):
            mult, offset, least_shift = found
            assert least_shift == shift
            assert [*zip(mult.tolist(), offset.tolist(), strict=True)] == tried
            return
    assert found is None or found[2] > LARGEST_SHIFT


@given(step_functions())
def test_what_is_found_counts_the_steps(case):
    found = multipliers(*case)
    if found is not None:
        for steps, lo, hi, m, a in zip(*case, *found[:2], strict=True):
            x = np.arange(lo, hi + 1)
            reached = ((x * m + a) >> found[2]).clip(0, len(steps))
            np.testing.assert_array_equal(reached, np.searchsorted(steps, x, side="right"))


@pytest.mark.parametrize("slope", [37.123, 1.31, 5000.0])
def test_all_levels_of_16_bits(slope):
    """A table of pairs of steps would take 32 GiB."""
    channels, count = 8, 2**16 - 1
    starts = np.arange(channels)[:, None] * 1009
    steps = np.ceil((np.arange(1, count + 1) - 0.5) * slope).astype(np.int64) + starts
    lo, hi = steps[:, 0] - 9, steps[:, -1] + 9
    tracemalloc.start()
    found = multipliers(steps, lo, hi)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16 * steps.nbytes
    assert found is not None
    mult, offset, shift = found
    assert shift < MAX_SHIFT
    for k in (0, 1):  # just below each step and on it
        levels = (steps - 1 + k) * mult[:, None] + offset[:, None] >> shift
        np.testing.assert_array_equal(levels, np.broadcast_to(np.arange(count) + k, steps.shape))


def test_the_ends_of_what_is_looked_for():
    two = np.array([[1] * 200 + [2] * 55, [1] * 128 + [2] * 127])
    lo, hi = np.zeros(2, np.int64), np.full(2, 2)
    assert multipliers(two, lo, hi) is not None
    # 64 bits would not hold the product of the steep channel's multiplier and the other's sums
    line = -(-(np.arange(1, 256) << 33) // 101_163)
    steep = np.array([[1] * 200 + [2] * 55, line])
    assert multipliers(steep, np.array([0, line[0] - 5]), np.array([1, line[-1] + 5])) is None
    assert multipliers(steep[1:], line[:1] - 5, line[-1:] + 5) is not None
    many = np.zeros((1, MAX_LEVELS + 1), np.int64)
    assert multipliers(many, np.array([-1]), np.array([1])) is None
