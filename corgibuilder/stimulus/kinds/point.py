"""A stage that has an activation and nothing before it; and one that has none."""

import numpy as np
from numpy.typing import NDArray

from corgibuilder.ir import Ints
from corgibuilder.plan.layers import Layer

from .step_function import Margins, StepFunction
from .sums import Sums
from .window import WindowSums


def point_sums(stage: Layer) -> Sums:
    """The value itself."""
    (x,) = stage.inputs
    return WindowSums.of((x,), np.ones((x.shape.channels, 1, 1), np.int64))


class Unchanged(StepFunction):
    """The sum itself: the output changes everywhere."""

    def steps(self, channel: int) -> Ints:
        return self.some_steps(int(self.lo[channel]), int(self.hi[channel]))

    def margins(self, acc: Ints) -> Margins:
        return np.ones(acc.shape), np.ones(acc.shape)

    def crosses(self, channel: int, first: Ints, last: Ints) -> NDArray[np.bool_]:
        return np.asarray(first < last)

    def neighbours(self, channel: int) -> tuple[Ints, Ints]:
        lo, hi = int(self.lo[channel]), int(self.hi[channel])
        return np.array([[lo], [lo]]), np.array([[hi], [hi]])
