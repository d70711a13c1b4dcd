"""Where the output of a stage changes, and which sums show that a constant of it is wrong."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corgibuilder.ir import Clamp, Ints, QInt, Threshold
from corgibuilder.plan.layers import Layer
from corgibuilder.plan.pipeline import form_of
from corgibuilder.plan.requantisers import (
    CascadeForm,
    Form,
    ScaleForm,
    ShiftForm,
    TableForm,
    ThresholdForm,
)

from .faults import form_faults

NOWHERE = np.inf  #: no change in that direction


@dataclass(frozen=True, slots=True, eq=False)
class Activation:
    """The function from sums, bias included, to outputs. ``lo`` and ``hi`` bound the sums."""

    finish: Threshold | Clamp | None
    form: Form | None
    bias: Ints
    lo: Ints
    hi: Ints

    @classmethod
    def of(cls, stage: Layer) -> "Activation":
        bias = stage.bias
        return cls(
            stage.activation, form_of(stage, 1), bias, stage.acc.lo + bias, stage.acc.hi + bias
        )

    def steps(self, channel: int) -> Ints:
        """Sums, in order, at which the output of a channel is larger than one below.

        Where that is everywhere, only some of them.
        """
        lo, hi = int(self.lo[channel]), int(self.hi[channel])
        if isinstance(self.finish, Threshold):
            rows = self.finish.steps
            steps = np.unique(rows[channel if len(rows) > 1 else 0])
            return steps[(steps > lo) & (steps <= hi)]
        if isinstance(self.finish, Clamp):
            lo, hi = max(lo, self.finish.range.lo), min(hi, self.finish.range.hi)
        return np.unique(np.linspace(lo + 1, hi, 3).astype(np.int64)) if hi > lo else _none()

    def margins(self, acc: Ints) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """How much has to be added to each sum, or taken from it, to change the output.

        ``acc`` is ``(n, channels)``; :data:`NOWHERE` where nothing does.
        """
        if isinstance(self.finish, Threshold):
            up, down = np.empty(acc.shape), np.empty(acc.shape)
            for c in range(acc.shape[1]):
                steps = self.steps(c)
                index = np.searchsorted(steps, acc[:, c], side="right")
                edges = np.concatenate([[-NOWHERE], steps, [NOWHERE]])
                up[:, c] = edges[index + 1] - acc[:, c]
                down[:, c] = acc[:, c] - edges[index] + 1
            return up, down
        if isinstance(self.finish, Clamp):
            lo, hi = self.finish.range.lo, self.finish.range.hi
            up = np.where(acc >= hi, NOWHERE, np.maximum(lo - acc, 0) + 1)
            return up, np.where(acc <= lo, NOWHERE, np.maximum(acc - hi, 0) + 1)
        return np.ones(acc.shape), np.ones(acc.shape)

    def faults(self, channel: int) -> tuple[Ints, Ints]:
        """Sums at which each of a channel's constants, off by one, shows: ``(faults, n)`` twice.

        A fault shows at every sum from the first to the second array, in any of the ``n``; none
        where the first is larger. Faults that show at no sum that can occur are left out.
        """
        lo, hi = self.lo[channel], self.hi[channel]
        match self.form:
            case ThresholdForm() as form:
                steps = form.steps[channel] + self.bias[channel]
                first = np.concatenate([np.unique(steps), np.unique(steps) - 1])[:, None]
                last = first
            case ShiftForm():
                first, last = self._shifted(channel)
            case ScaleForm() | CascadeForm() | TableForm() as form:
                bias = int(self.bias[channel])
                first, last = form_faults(form, channel, int(lo) - bias, int(hi) - bias)
                first, last = first + bias, last + bias
            case _:
                first = last = np.empty((0, 1), np.int64)
        first, last = np.maximum(first, lo), np.minimum(last, hi)
        possible = (first <= last).any(axis=1)
        return first[possible], last[possible]

    def _shifted(self, channel: int) -> tuple[Ints, Ints]:
        """The offset one larger, and one smaller."""
        lo, hi = int(self.lo[channel]), int(self.hi[channel])
        if isinstance(self.finish, Threshold):
            both = np.stack([self.steps(channel) - 1, self.steps(channel)])
            return both, both
        within = QInt(lo, hi)
        if isinstance(self.finish, Clamp):
            within = self.finish.range
        first = np.array([[within.lo], [within.lo + 1]])
        last = np.array([[within.hi - 1], [within.hi]])
        return (first, last) if isinstance(self.finish, Clamp) else (first * 0 + lo, last * 0 + hi)


def _none() -> Ints:
    return np.empty(0, np.int64)
