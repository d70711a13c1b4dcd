"""Weights as canonical signed digits, and what follows from their number alone."""

import numpy as np

from corgibuilder.ir import Ints
from corgibuilder.plan.signed_digits import digit_masks

Digit = tuple[int, int, int]  #: column, shift, sign: it stands for ``sign * x[column] << shift``

#: Pairs of digits of one row, over all rows, up to which graphs are offered: all pairs are counted,
#: and so many take 40 seconds of one core and half a gigabyte. Those of 64x64 weights of 6 bits are
#: 0.6 million.
MAX_DIGIT_PAIRS = 1 << 22


def rows_of_digits(weights: Ints) -> list[list[Digit]]:
    """Digits of each row of ``weights``, int64 ``(outputs, inputs)``, columns and shifts rising.

    A row that has digits has a positive one, so that its sum need not be negated in the end: where
    all would be negative, the -1 of the first is written as 1 - 2.
    """
    rows: list[list[Digit]] = [[] for _ in weights]
    for sign, mask in zip((1, -1), digit_masks(weights), strict=True):
        for shift in range(int(mask.max(initial=0)).bit_length()):
            for row, column in np.argwhere(mask >> shift & 1).tolist():
                rows[row].append((column, shift, sign))
    return [_with_positive(sorted(row)) for row in rows]


def _with_positive(row: list[Digit]) -> list[Digit]:
    if not row or any(sign > 0 for _, _, sign in row):
        return row
    (column, shift, _), *others = row
    return sorted([(column, shift, 1), (column, shift + 1, -1), *others])


def digits_per_row(weights: Ints) -> Ints:
    """Number of :func:`rows_of_digits` of each row, int64 ``(outputs,)``."""
    plus, minus = (
        np.bitwise_count(mask).sum(axis=1, dtype=np.int64) for mask in digit_masks(weights)
    )
    counts: Ints = plus + minus + ((plus == 0) & (minus > 0))
    return counts


def digit_pairs(weights: Ints) -> int:
    """Pairs of digits of one row, over all rows: the search for a graph counts all of them."""
    counts = digits_per_row(weights)
    return int((counts * (counts - 1) // 2).sum())


def least_levels(weights: Ints) -> int:
    """Levels of two-input adders that the row with the most digits takes at least."""
    return max(int(digits_per_row(weights).max(initial=0)) - 1, 0).bit_length()
