"""The search for the steps of a chain."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corgibuilder.frontend.threshold_extraction import bisect
from corgibuilder.ir import Shape, TensorType


@st.composite
def searches(draw):
    channels, count = draw(st.integers(1, 3)), draw(st.integers(0, 40))
    lo = np.array([draw(st.integers(-50, 50)) for _ in range(channels)])
    hi = lo + np.array([draw(st.integers(0, 90)) for _ in range(channels)])
    rows = st.lists(st.integers(-80, 160), min_size=count, max_size=count).map(sorted)
    steps = np.array([draw(rows) for _ in range(channels)], np.int64).reshape(channels, count).T
    return steps, TensorType(Shape(channels, 1, 1), lo, hi)


@given(searches())
def test_every_step_is_found_within_the_range(case):
    steps, kind = case
    found = bisect(lambda q, some: q >= steps[some], kind, len(steps))
    np.testing.assert_array_equal(found, steps.clip(kind.lo, kind.hi + 1))


@pytest.mark.parametrize("apart", [1, 50, 1000])
def test_steps_between_others_are_found_fast(apart):
    """One by one each of the steps would take more than 16 comparisons."""
    steps = np.arange(1, 2**16)[:, None] * apart
    kind = TensorType(Shape(1, 1, 1), np.zeros(1, np.int64), steps[-1])
    asked = 0

    def reached(q, some):
        nonlocal asked
        asked += q.size
        return q >= steps[some]

    np.testing.assert_array_equal(bisect(reached, kind, len(steps)), steps)
    assert asked < (3 + apart.bit_length()) * len(steps)
