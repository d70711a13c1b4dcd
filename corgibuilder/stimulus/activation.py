"""What makes outputs of sums, and which sums show that one of its constants is wrong."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import NoneType
from typing import Any, Self

import numpy as np

from corgibuilder.ir import Ints
from corgibuilder.plan.folding import RequantiserKind
from corgibuilder.plan.forms import form_of
from corgibuilder.plan.layers import Layer
from corgibuilder.plan.requantisers import (
    CascadeForm,
    Form,
    ScaleForm,
    ShiftForm,
    TableForm,
    ThresholdForm,
)

from .faults import form_faults
from .kinds import StepFunction, Sums, step_function

Faults = tuple[Ints, Ints]
"""Sums at which each of some faults shows: ``(faults, n)`` twice.

A fault shows at every sum from the first to the second array, in any of the ``n``; none where the
first is larger.
"""


@dataclass(frozen=True, slots=True, eq=False)
class BuiltActivation:
    """The function from sums, bias included, to outputs, and its form in hardware.

    ``bias`` is folded into the constants of the form. ``lo`` and ``hi`` bound the sums.
    """

    function: StepFunction
    form: Form | None
    bias: Ints
    lo: Ints
    hi: Ints

    @classmethod
    def of(cls, stage: Layer, sums: Sums, lanes: int, kind: RequantiserKind | None) -> Self:
        """That of a stage whose requantiser, of a ``kind``, works on so many ``lanes``."""
        lo, hi = sums.bounds
        form = form_of(stage, lanes=lanes, kind=kind)
        return cls(step_function(stage, lo, hi), form, sums.bias.ravel(), lo, hi)

    def faults(self, channel: int) -> Faults:
        """Where each of a channel's constants, off by one, shows: those that can show at all."""
        first, last = FAULTS[type(self.form)](self, self.form, channel)
        first, last = np.maximum(first, self.lo[channel]), np.minimum(last, self.hi[channel])
        possible = (first <= last).any(axis=1)
        return first[possible], last[possible]


def _entries(activation: BuiltActivation, form: None, channel: int) -> Faults:
    """Without a form: constants of the function itself."""
    looked_up = activation.function.entries(channel)[:, None]
    return looked_up, looked_up


def _steps(activation: BuiltActivation, form: ThresholdForm, channel: int) -> Faults:
    """Each step one larger, and one smaller."""
    steps = np.unique(form.steps[channel] + activation.bias[channel])
    either = np.concatenate([steps, steps - 1])[:, None]
    return either, either


def _shift(activation: BuiltActivation, form: ShiftForm, channel: int) -> Faults:
    """The offset one larger, and one smaller."""
    return activation.function.neighbours(channel)


def _arithmetic(
    activation: BuiltActivation, form: ScaleForm | CascadeForm | TableForm, channel: int
) -> Faults:
    """Each constant one larger, and one smaller."""
    bias = int(activation.bias[channel])
    lo, hi = int(activation.lo[channel]) - bias, int(activation.hi[channel]) - bias
    first, last = form_faults(form, channel, lo, hi)
    return first + bias, last + bias


#: By form: ``(activation, form, channel)`` to faults.
FAULTS: Mapping[type, Callable[[BuiltActivation, Any, int], Faults]] = {
    NoneType: _entries,
    ThresholdForm: _steps,
    ShiftForm: _shift,
    ScaleForm: _arithmetic,
    CascadeForm: _arithmetic,
    TableForm: _arithmetic,
}
