"""Lookup tables: any function of single values, whose entries are constants."""

import numpy as np

from corgibuilder.ir import Ints, Table

from .step_function import NOWHERE, Margins, StepFunction


class LookedUp(StepFunction):
    """An entry shows where it is looked up, in each channel by itself."""

    def __init__(self, op: Table, lo: Ints, hi: Ints) -> None:
        super().__init__(lo, hi)
        self.op = op

    def steps(self, channel: int) -> Ints:
        values = self._values(channel)
        steps: Ints = np.flatnonzero(values[1:] != values[:-1]) + 1 + self.lo[channel]
        return steps

    def margins(self, acc: Ints) -> Margins:
        """To where no entry is the same any more, as the function need not be monotone."""
        up, down = np.empty(acc.shape), np.empty(acc.shape)
        for c in range(acc.shape[1]):
            values, at = self._values(c), acc[:, c] - self.lo[c]
            _, first, which = np.unique(values, return_index=True, return_inverse=True)
            _, from_end = np.unique(values[::-1], return_index=True)
            last = len(values) - 1 - from_end
            first_same, last_same = first[which[at]], last[which[at]]
            up[:, c] = np.where(last_same == len(values) - 1, NOWHERE, last_same - at + 1)
            down[:, c] = np.where(first_same == 0, NOWHERE, at - first_same + 1)
        return up, down

    def entries(self, channel: int) -> Ints:
        return np.arange(self.lo[channel], self.hi[channel] + 1)

    def _values(self, channel: int) -> Ints:
        """Of all sums that can occur."""
        row: Ints = self.op.values[channel if len(self.op.values) > 1 else 0]
        return row[self.lo[channel] - self.op.lo : self.hi[channel] - self.op.lo + 1]
