"""Canonical signed digits: integers written with the fewest digits of 1, 0 and -1.

No two digits next to each other differ from 0 (Reitwiesner 1960).
"""

import numpy as np

from corgibuilder.ir import Ints, QInt


def digit_masks(values: Ints) -> tuple[Ints, Ints]:
    """Bits where the digits of each value, int64, are 1, and where they are -1.

    The digits of ``w`` are those bits of ``3*w`` and ``w`` that differ, halved.
    """
    size = np.abs(values)
    plus, minus = (3 * size & ~size) >> 1, (size & ~(3 * size)) >> 1
    return np.where(values < 0, minus, plus), np.where(values < 0, plus, minus)


def digit_counts(values: Ints) -> Ints:
    """Digits of each value that are not 0."""
    plus, minus = digit_masks(values)
    counts: Ints = np.bitwise_count(plus | minus).astype(np.int64)
    return counts


def most_digits(x: QInt) -> int:
    """Digits, not 0, of the value in two's complement of as many bits as ``x`` that has the most.

    A value of ``n`` bits, sign included, has up to ``(n + 1) // 2``.
    """
    bits = x.width + (x.lo >= 0)
    return (bits + 1) // 2
