"""Two-term subexpressions that outputs have in common, or that one output has several times.

The digits ``s * a << i`` and ``t * b << j`` of an output are an occurrence of a pattern, which says
``a``, ``b``, ``j - i`` and whether ``s`` and ``t`` differ: all its occurrences are one sum, shifted
and with a sign. The pattern whose sharing saves the most full adders becomes a sum, and a digit
wherever it occurs; then the next one, until none occurs twice.

Patterns are counted once. From then on only those of the digits that come and go are.
"""

from heapq import heapify, heappop, heappush

import numpy as np

from .graph import Term
from .growing import GrowingGraph
from .output import SHIFT_BITS, Output, digit_of, shift_of, value_of

DISTANCE_BITS = 32  #: of what lies between the numbers of two digits
ONE_SHIFT = 1 << (SHIFT_BITS - 1)
Occurrence = tuple[int, int, int]  #: number of the output, and the shifts of the two digits


def share(graph: GrowingGraph, outputs: list[Output]) -> None:
    """Make sums of common subexpressions, and digits of ``outputs`` of these."""
    _Sharing(graph, outputs).run()


def _parts(pattern: int) -> tuple[int, int, int, bool]:
    """The two values of a pattern, by how much the second is shifted further, and their signs."""
    first, between = pattern >> DISTANCE_BITS + 1, (pattern >> 1) & ((1 << DISTANCE_BITS) - 1)
    values = (between + ONE_SHIFT) >> SHIFT_BITS
    return first, first + values, between - (values << SHIFT_BITS), bool(pattern & 1)


class _Sharing:
    def __init__(self, graph: GrowingGraph, outputs: list[Output]) -> None:
        self.graph = graph
        self.outputs = outputs
        #: the shifts of a value's digits, by value and by number of the output
        self.shifts: list[dict[int, set[int]]] = [{} for _ in graph.ranges]
        for number, output in enumerate(outputs):
            for digit in output.signs:
                self.shifts[value_of(digit)].setdefault(number, set()).add(shift_of(digit))
        self.counts = _count(outputs)
        #: minus the most that sharing a pattern may save, and the pattern
        self.queue = [(-self._saved(p, n), p) for p, n in self.counts.items() if n > 1]
        heapify(self.queue)

    def run(self) -> None:
        """Share patterns, the one that saves the most first."""
        while self.queue:
            bound, pattern = heappop(self.queue)
            found: list[Occurrence] = []
            saved = self._saved(pattern, self.counts[pattern])
            if saved >= -bound:
                found = self._occurrences(pattern)
                saved = self._saved(pattern, len(found))
            if saved <= 0:
                continue
            if saved >= -bound:
                self._replace(pattern, found)
            else:
                heappush(self.queue, (-saved, pattern))

    def _saved(self, pattern: int, occurrences: int) -> int:
        """Full adders fewer if one sum serves so many occurrences."""
        a, b, apart, opposite = _parts(pattern)
        low, high = (a, b) if apart >= 0 else (b, a)
        return (occurrences - 1) * self.graph.full_adders(low, high, abs(apart), opposite)

    def _occurrences(self, pattern: int) -> list[Occurrence]:
        """Those that can be replaced together: they share no digit, and levels suffice."""
        a, b, apart, opposite = _parts(pattern)
        growth = self.graph.growth(a, b)
        found: list[Occurrence] = []
        for number in self.shifts[a].keys() & self.shifts[b].keys():
            output, others = self.outputs[number], self.shifts[b][number]
            slack, positive, used = output.slack, output.positive, set()
            for i in sorted(self.shifts[a][number]):
                j = i + apart
                if j not in others or (a == b and (i in used or j in used)):
                    continue
                s, t = output.signs[digit_of(a, i)], output.signs[digit_of(b, j)]
                last = (t if apart >= 0 else s) > 0
                if (s != t) == opposite and growth <= slack and positive - last > 0:
                    found.append((number, i, j))
                    used |= {i, j}
                    slack, positive = slack - growth, positive - last
        return found

    def _replace(self, pattern: int, found: list[Occurrence]) -> None:
        """Make the sum, and a digit of each occurrence."""
        a, b, apart, opposite = _parts(pattern)
        first, second = Term(a, max(-apart, 0)), Term(b, max(apart, 0))
        terms = (first, second) if apart >= 0 else (second, first)
        value = self.graph.add(*terms, difference=opposite)
        if value == len(self.shifts):
            self.shifts.append({})
        more: set[int] = set()
        for number, i, j in found:
            output = self.outputs[number]
            output.slack -= self.graph.growth(a, b)
            s, t = self._remove(number, a, i), self._remove(number, b, j)
            self.counts[pattern] -= 1
            sign, high, shift = (s, t, i) if apart >= 0 else (t, s, j)
            output.positive -= high > 0
            more.update(self._add(number, value, shift, sign))
        for pattern in more:
            if self.counts[pattern] > 1:
                heappush(self.queue, (-self._saved(pattern, self.counts[pattern]), pattern))

    def _remove(self, number: int, value: int, shift: int) -> int:
        """Take a digit out of an output; its sign."""
        signs, digit = self.outputs[number].signs, digit_of(value, shift)
        sign = signs.pop(digit)
        for pattern in _patterns(signs, digit, sign):
            self.counts[pattern] -= 1
        self.shifts[value][number].remove(shift)
        return sign

    def _add(self, number: int, value: int, shift: int, sign: int) -> list[int]:
        """Put a digit into an output; the patterns that there are more of."""
        signs, digit = self.outputs[number].signs, digit_of(value, shift)
        patterns = _patterns(signs, digit, sign)
        for pattern in patterns:
            self.counts[pattern] = self.counts.get(pattern, 0) + 1
        signs[digit] = sign
        self.shifts[value].setdefault(number, set()).add(shift)
        return patterns


def _patterns(signs: dict[int, int], digit: int, sign: int) -> list[int]:
    """Patterns of a digit with each of those that have these ``signs``."""
    value = digit >> SHIFT_BITS << DISTANCE_BITS
    return [
        (
            (value | (other - digit)) << 1
            if other > digit
            else (other >> SHIFT_BITS << DISTANCE_BITS | (digit - other)) << 1
        )
        | (sign != its)
        for other, its in signs.items()
    ]


def _count(outputs: list[Output]) -> dict[int, int]:
    """How often every pattern occurs."""
    found = [np.zeros(0, np.int64)]
    for output in outputs:
        digits = np.array(sorted(output.signs), np.int64)
        signs = np.array([output.signs[digit] for digit in digits.tolist()])
        a, b = np.triu_indices(len(digits), 1)
        values = digits[a] >> SHIFT_BITS << DISTANCE_BITS
        found.append((values | (digits[b] - digits[a])) << 1 | (signs[a] != signs[b]))
    patterns, counts = np.unique(np.concatenate(found), return_counts=True)
    return dict(zip(patterns.tolist(), counts.tolist(), strict=True))
