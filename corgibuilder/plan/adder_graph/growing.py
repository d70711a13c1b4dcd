"""A graph while it is made: every value with its range, its level, and the matrix row it is."""

from collections.abc import Sequence

import numpy as np

from corgibuilder.ir import Ints, QInt

from .graph import Sum, Term


class GrowingGraph:
    """The inputs and the sums so far. By value: ``ranges``, their ``widths``, and ``levels``."""

    def __init__(self, inputs: Sequence[QInt]) -> None:
        self.ranges = list(inputs)
        self.widths = [x.width for x in inputs]
        self.levels = [0] * len(inputs)
        self.sums: list[Sum] = []
        self._rows: list[Ints] = list(np.eye(len(inputs), dtype=np.int64))
        self._lo = np.array([x.lo for x in inputs], np.int64)
        self._hi = np.array([x.hi for x in inputs], np.int64)
        self._known: dict[tuple[Term, Term, bool], int] = {}

    def growth(self, a: int, b: int) -> int:
        """By how much ``sum(2**level)`` over the terms of an output grows if two become one.

        They can become one term of some level if and only if that sum is at most ``2**level``.
        """
        first, second = self.levels[a], self.levels[b]
        return (2 << max(first, second)) - (1 << first) - (1 << second)

    def full_adders(self, low: int, high: int, shift: int, difference: bool) -> int:
        """Full adders of ``low + (high << shift)``, or ``-``: an estimate from the widths."""
        width = self.widths[low]
        if width <= shift and not difference and self.ranges[low].lo >= 0:
            return 0
        return max(width - shift, self.widths[high]) + 1

    def add(self, a: Term, b: Term, *, difference: bool) -> int:
        """The value that is ``a + b`` or ``a - b``, made if there is none yet."""
        key = (a, b, difference)
        if key not in self._known:
            self._known[key] = len(self.ranges)
            row = (self._rows[a.value] << a.shift) + (-1 if difference else 1) * (
                self._rows[b.value] << b.shift
            )
            ends = row * self._lo, row * self._hi
            found = QInt(int(np.minimum(*ends).sum()), int(np.maximum(*ends).sum()))
            level = 1 + max(self.levels[a.value], self.levels[b.value])
            cost = self._cost(a, b, difference, found)
            self.sums.append(
                Sum(a=a, b=b, difference=difference, range=found, level=level, full_adders=cost)
            )
            self._rows.append(row)
            self.ranges.append(found)
            self.widths.append(found.width)
            self.levels.append(level)
        return self._known[key]

    def _cost(self, a: Term, b: Term, difference: bool, found: QInt) -> int:
        """Low bits that only the added one of two terms has are wires."""
        low, high = (a, b) if a.shift <= b.shift else (b, a)
        if difference and low is b:
            return found.width
        positive = self.ranges[low.value].lo >= 0
        apart = not difference and positive and self.widths[low.value] <= high.shift
        return 0 if apart else found.width - high.shift
