"""Between which floats the executor's value must lie, where its roundings are not all known."""

from collections.abc import Sequence
from functools import singledispatch
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corgibuilder.ir import Ints

from .combined import Combined
from .curves import Curve
from .elementwise import FUNCTIONS, Array
from .value import Step, Value

Interval = tuple[NDArray[Any], NDArray[Any]]


def approximated(chain: Sequence[Step]) -> Step | None:
    """The first function of a chain that the executor computes in a way of its own."""
    for step in chain:
        operation = step.operation
        inner = (*operation.left, *operation.right) if isinstance(operation, Combined) else ()
        if approximated(inner) or (isinstance(operation, Curve) and operation.approximated):
            return step
    return None


def around(value: Value, q: Ints) -> Interval:
    """Smallest and largest float32 that integers ``(n, channels)`` may be for the executor."""
    exact = value.grid.real(q[:, :, None, None])
    error = value.error[:, None, None]
    if not error.any():
        return exact, exact
    middle = q[:, :, None, None] * value.grid.scale[:, None, None]
    ends = []
    for shift, outside in ((-error, -np.inf), (error, np.inf)):
        end = (middle + shift).astype(np.float32)
        ends.append(np.where(error > 0, np.nextafter(end, np.float32(outside)), exact))
    return ends[0], ends[1]


def bounds(chain: Sequence[Step], low: Array, high: Array) -> Interval:
    """Between which floats the values of ``chain`` lie for any ``x`` from ``low`` to ``high``."""
    with np.errstate(all="ignore"):
        for step in chain:
            low, high = image(step.operation, low, high)
    return low, high


@singledispatch
def image(operation: Any, low: Array, high: Array) -> Interval:
    """The same for one function; this one rises or falls everywhere, and is computed exactly."""
    ends = operation(low), operation(high)
    return np.minimum(*ends), np.maximum(*ends)


@image.register
def _(operation: Curve, low: Array, high: Array) -> Interval:
    """Its extremes are at the ends or where it turns."""
    turns = (np.asarray(np.clip(np.float32(turn), low, high)) for turn in operation.turns)
    values = [operation(x) for x in (low, high, *turns)]
    least, most = np.minimum.reduce(values), np.maximum.reduce(values)
    if not operation.approximated:
        return least, most
    return (
        (least - operation.margin(least)).astype(np.float32),
        (most + operation.margin(most)).astype(np.float32),
    )


@image.register
def _(operation: Combined, low: Array, high: Array) -> Interval:
    """As if both sides were independent: arithmetic has its extremes at the corners."""
    left, right = bounds(operation.left, low, high), bounds(operation.right, low, high)
    corners = [FUNCTIONS[operation.join](one, other) for one in left for other in right]
    return np.minimum.reduce(corners), np.maximum.reduce(corners)
