"""A float chain as a straight line over its integers, and how far its floats may be from it."""

from dataclasses import dataclass
from functools import singledispatch

import numpy as np

from corgibuilder.ir import TensorType

from .elementwise import Affine, Arithmetic, Array, FloatOperation, WithConstant
from .grid import Doubles, powers_of_two
from .linear import UNIT
from .quantisers import Quantiser
from .value import Value

LEVEL_ERROR = 2.0**-20  #: relative, of floats on a grid that is not exact (see ``near_step``)


@dataclass(frozen=True, slots=True, eq=False)
class LinearForm:
    """``slope * q + offset`` for the integers ``q`` of a node, up to ``error`` either way.

    All are float64 ``(channels,)``; ``reach`` is the largest magnitude of ``q``.
    """

    slope: Doubles
    offset: Doubles
    error: Doubles
    reach: Doubles

    @property
    def bound(self) -> Doubles:
        """Largest magnitude that the float can have."""
        result: Doubles = np.abs(self.slope) * self.reach + np.abs(self.offset) + self.error
        return result

    def times(self, factor: Doubles) -> "LinearForm":
        rounding = np.where(powers_of_two(np.abs(factor)), 0.0, UNIT * self.bound)
        error = (self.error + rounding) * np.abs(factor)
        return LinearForm(self.slope * factor, self.offset * factor, error, self.reach)

    def plus(self, other: Doubles) -> "LinearForm":
        error = self.error + UNIT * (self.bound + np.abs(other))
        return LinearForm(self.slope, self.offset + other, error, self.reach)


def linear_form(value: Value, kind: TensorType) -> LinearForm | None:
    """The chain of ``value`` as a line; None if it bends. ``kind`` is the type of its node."""
    channels = value.map_shape.channels
    scale = value.grid.scale
    reach = np.maximum(np.abs(kind.lo), np.abs(kind.hi)).astype(np.float64)
    rounding = np.where(value.grid.exact & (reach < 2**24), 0.0, LEVEL_ERROR * reach * scale)
    error = np.broadcast_to(value.error, channels) + rounding
    form: LinearForm | None = LinearForm(scale, np.zeros(channels), error, reach)
    for step in value.chain:
        form = form and _after(step.operation, form)
    return form


def _each(parameter: Array, form: LinearForm) -> Doubles:
    return np.broadcast_to(np.ravel(parameter), form.slope.shape).astype(np.float64)


@singledispatch
def _after(operation: FloatOperation | Quantiser, form: LinearForm) -> LinearForm | None:
    """``operation`` after ``form``; None if it is no straight line."""
    return None


@_after.register
def _(operation: Affine, form: LinearForm) -> LinearForm | None:
    return form.times(_each(operation.scale, form)).plus(_each(operation.offset, form))


@_after.register
def _(operation: WithConstant, form: LinearForm) -> LinearForm | None:
    other = _each(operation.other, form)
    match operation.function:
        case Arithmetic.ADD:
            return form.plus(other)
        case Arithmetic.SUBTRACT:
            return form.plus(-other)
        case Arithmetic.SUBTRACT_FROM:
            return form.times(-np.ones_like(other)).plus(other)
        case Arithmetic.MULTIPLY:
            return form.times(other)
        case Arithmetic.DIVIDE:
            return form.times(1 / other)
        case _:
            return None
