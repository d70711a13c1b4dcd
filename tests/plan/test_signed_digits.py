"""Integers written with the fewest digits of 1, 0 and -1."""

import numpy as np

from corgibuilder.plan.signed_digits import digit_counts, digit_masks


def fewest_digits(value):
    """Of all ways to write a value with 1, 0 and -1, by dynamic programming."""
    if abs(value) <= 1:
        return abs(value)
    if value % 2 == 0:
        return fewest_digits(value // 2)
    return 1 + min(fewest_digits((value - 1) // 2), fewest_digits((value + 1) // 2))


def test_canonical_digits_are_as_few_as_can_be():
    values = np.arange(-300, 301)
    assert digit_counts(values).tolist() == [fewest_digits(int(value)) for value in values]


def test_digits_add_up_to_the_value_and_none_are_next_to_each_other():
    values = np.arange(-300, 301)
    plus, minus = digit_masks(values)
    assert (plus - minus == values).all()
    both = plus | minus
    assert not (both & both >> 1).any()
