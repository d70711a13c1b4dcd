"""Step functions: the output is larger from each step on."""

import numpy as np

from corgibuilder.ir import Ints, Threshold

from .step_function import NOWHERE, Margins, StepFunction


class Stepped(StepFunction):
    def __init__(self, op: Threshold, lo: Ints, hi: Ints) -> None:
        super().__init__(lo, hi)
        self.op = op

    def steps(self, channel: int) -> Ints:
        rows = self.op.steps
        steps = np.unique(rows[channel if len(rows) > 1 else 0])
        reached: Ints = steps[(steps > self.lo[channel]) & (steps <= self.hi[channel])]
        return reached

    def margins(self, acc: Ints) -> Margins:
        up, down = np.empty(acc.shape), np.empty(acc.shape)
        for c in range(acc.shape[1]):
            steps = self.steps(c)
            index = np.searchsorted(steps, acc[:, c], side="right")
            edges = np.concatenate([[-NOWHERE], steps, [NOWHERE]])
            up[:, c] = edges[index + 1] - acc[:, c]
            down[:, c] = acc[:, c] - edges[index] + 1
        return up, down
