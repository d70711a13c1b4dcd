"""Clips: the output changes with every sum between two limits."""

import numpy as np
from numpy.typing import NDArray

from corgibuilder.ir import Clamp, Ints

from .step_function import NOWHERE, Margins, StepFunction


class Clipped(StepFunction):
    def __init__(self, op: Clamp, lo: Ints, hi: Ints) -> None:
        super().__init__(lo, hi)
        self.range = op.range

    def steps(self, channel: int) -> Ints:
        lo, hi = int(self.lo[channel]), int(self.hi[channel])
        return self.some_steps(max(lo, self.range.lo), min(hi, self.range.hi))

    def margins(self, acc: Ints) -> Margins:
        lo, hi = self.range.lo, self.range.hi
        up = np.where(acc >= hi, NOWHERE, np.maximum(lo - acc, 0) + 1)
        return up, np.where(acc <= lo, NOWHERE, np.maximum(acc - hi, 0) + 1)

    def crosses(self, channel: int, first: Ints, last: Ints) -> NDArray[np.bool_]:
        return np.asarray(np.maximum(first, self.range.lo) < np.minimum(last, self.range.hi))

    def neighbours(self, channel: int) -> tuple[Ints, Ints]:
        lo, hi = self.range.lo, self.range.hi
        return np.array([[lo], [lo + 1]]), np.array([[hi - 1], [hi]])
