"""What makes outputs of sums, and which sums show that one of its constants is wrong."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import NoneType
from typing import Any

import numpy as np

from corgibuilder.ir import Ints
from corgibuilder.plan.forms import Form, ScaleForm, ShiftForm, StepsForm
from corgibuilder.plan.pipeline import form_of
from corgibuilder.plan.stages import Stage

from .kinds import StepFunction, Sums, step_function

Faults = tuple[Ints, Ints]
"""Sums at which each of some faults shows: ``(faults, n)`` twice.

A fault shows at every sum from the first to the second array, in any of the ``n``; none where the
first is larger.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Activation:
    """The function from sums, bias included, to outputs, and its form in hardware.

    ``bias`` is folded into the constants of the form. ``lo`` and ``hi`` bound the sums.
    """

    function: StepFunction
    form: Form | None
    bias: Ints
    lo: Ints
    hi: Ints

    @classmethod
    def of(cls, stage: Stage, sums: Sums) -> "Activation":
        lo, hi = sums.bounds
        return cls(step_function(stage, lo, hi), form_of(stage), sums.bias.ravel(), lo, hi)

    def faults(self, channel: int) -> Faults:
        """Where each of a channel's constants, off by one, shows: those that can show at all."""
        first, last = FAULTS[type(self.form)](self, self.form, channel)
        first, last = np.maximum(first, self.lo[channel]), np.minimum(last, self.hi[channel])
        possible = (first <= last).any(axis=1)
        return first[possible], last[possible]


def _entries(activation: Activation, form: None, channel: int) -> Faults:
    """Without a form: constants of the function itself."""
    looked_up = activation.function.entries(channel)[:, None]
    return looked_up, looked_up


def _steps(activation: Activation, form: StepsForm, channel: int) -> Faults:
    """Each step one larger, and one smaller."""
    steps = np.unique(form.steps[channel] + activation.bias[channel])
    either = np.concatenate([steps, steps - 1])[:, None]
    return either, either


def _shift(activation: Activation, form: ShiftForm, channel: int) -> Faults:
    """The offset one larger, and one smaller."""
    return activation.function.neighbours(channel)


def _scale(activation: Activation, form: ScaleForm, channel: int) -> Faults:
    """Factor or offset one larger or smaller: where steps move, both are compared."""
    mult, offset = int(form.mult[channel]), int(form.offset[channel])
    right = _scaled_steps(activation, form, channel, mult, offset)
    changes = (mult + 1, offset), (mult - 1, offset), (mult, offset + 1), (mult, offset - 1)
    wrong = np.stack([_scaled_steps(activation, form, channel, *change) for change in changes])
    return np.minimum(right, wrong), np.maximum(right, wrong) - 1


def _scaled_steps(
    activation: Activation, form: ScaleForm, channel: int, mult: int, offset: int
) -> Ints:
    """The sum at which each level begins, of those that can occur or one more."""
    lo, hi = int(activation.lo[channel]), int(activation.hi[channel])
    levels = np.arange(form.out.lo + 1, form.out.hi + 1) << form.shift
    if mult <= 0:
        return np.where(levels <= offset, lo, hi + 1)
    steps: Ints = -((offset - levels) // mult) + activation.bias[channel]
    return steps.clip(lo, hi + 1)


#: By form: ``(activation, form, channel)`` to faults.
FAULTS: Mapping[type, Callable[[Activation, Any, int], Faults]] = {
    NoneType: _entries,
    StepsForm: _steps,
    ShiftForm: _shift,
    ScaleForm: _scale,
}
