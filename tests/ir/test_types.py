"""Ranges and the codes in which hardware holds their values."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corgibuilder.ir import QInt


@st.composite
def ranges(draw):
    lo, count = draw(st.integers(-40, 40)), draw(st.integers(1, 20))
    step = draw(st.integers(1, 9)) if count > 1 else 1
    return QInt(lo, lo + (count - 1) * step, step)


def values(q):
    return list(range(q.lo, q.hi + 1, q.step))


@given(q=ranges())
def test_every_value_has_a_code_of_that_width_in_order(q):
    codes = [q.code(value) for value in values(q)]
    assert codes == sorted(set(codes))
    assert [code * q.step + q.offset for code in codes] == values(q)
    least = -(1 << q.width - 1) if q.signed else 0
    assert least <= codes[0] <= codes[-1] < least + (1 << q.width)
    if q.step > 1:
        assert q.width == (len(codes) - 1).bit_length() < q.plain.width


@given(a=ranges(), b=ranges())
def test_the_smallest_range_of_both(a, b):
    every = np.array(values(a) + values(b))
    assert a | b == QInt.of(every)
    assert all(int(value) in a | b for value in every)


def test_bipolar_values_take_one_bit():
    bipolar = QInt(-1, 1, step=2)
    assert (bipolar.width, bipolar.signed, bipolar.offset) == (1, False, -1)
    assert [bipolar.code(-1), bipolar.code(1)] == [0, 1]
    assert 0 not in bipolar
    assert (bipolar.plain, bipolar.with_zero) == (QInt(-1, 1), QInt(-1, 1))
    assert QInt(3, 7, step=4).with_zero == QInt(0, 7)
    assert QInt(-1, 1).width == 2


@pytest.mark.parametrize("wrong", [(1, 0, 1), (0, 3, 2), (0, 4, 0), (2, 2, 2)])
def test_what_is_no_range(wrong):
    with pytest.raises(AssertionError):
        QInt(*wrong)
