"""Float functions that give integers: the quantisers of QONNX and FINN.

``__call__`` gives the index (a whole float, one of the levels), ``reaches`` compares it with one.
The formulas are those of ``qonnx.custom_op.general`` 1.0, the reference executor, in its dtypes:
parameters keep the dtype of the file, so numpy promotes as it does there.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .elementwise import Array

ROUNDINGS = ("ROUND", "HALF_EVEN", "CEIL", "FLOOR", "UP", "DOWN", "HALF_UP", "HALF_DOWN")


def round_as(mode: str, x: Array) -> Array:
    """``x`` rounded to whole numbers; ``mode`` is one of ``ROUNDINGS`` (qonnx names)."""
    match mode:
        case "ROUND" | "HALF_EVEN":
            return np.round(x)
        case "CEIL":
            return np.ceil(x)
        case "FLOOR":
            return np.floor(x)
        case "UP":
            return np.asarray(np.sign(x) * np.ceil(np.abs(x)))
        case "DOWN":
            return np.trunc(x)
        case "HALF_UP":
            return np.asarray(np.sign(x) * np.floor(np.abs(x) + 0.5))
        case _:
            return np.asarray(np.sign(x) * np.ceil(np.abs(x) - 0.5))


class Quantiser(Protocol):
    """An operation of a chain whose values are whole numbers."""

    @property
    def direction(self) -> Array: ...

    @property
    def parameters(self) -> tuple[Array, ...]: ...

    @property
    def levels(self) -> tuple[int, int] | None:
        """Lowest and highest index; None where only the input bounds them."""

    def __call__(self, x: Array) -> Array: ...

    def reaches(self, x: Array, level: Array) -> NDArray[np.bool_]:
        """Whether the index of ``x`` is ``level`` or above."""


class _Rising:
    """What quantisers share: they rise, and ``reaches`` looks at the index."""

    __slots__ = ()

    def __call__(self, x: Array) -> Array:
        raise NotImplementedError

    @property
    def direction(self) -> Array:
        return np.ones(())

    def reaches(self, x: Array, level: Array) -> NDArray[np.bool_]:
        result: NDArray[np.bool_] = self(x) >= level
        return result


@dataclass(frozen=True, slots=True, eq=False)
class UniformQuantiser(_Rising):
    """``round(clamp(x / scale + zero_point, lowest, highest))``: qonnx ``Quant``."""

    scale: Array
    zero_point: Array
    lowest: Array
    highest: Array
    rounding: str

    @property
    def parameters(self) -> tuple[Array, ...]:
        return self.scale, self.zero_point

    @property
    def levels(self) -> tuple[int, int] | None:
        ends = round_as(self.rounding, np.array([self.lowest, self.highest], np.float64))
        return int(ends[0]), int(ends[1])

    def __call__(self, x: Array) -> Array:
        y = x / self.scale + self.zero_point
        y = np.where(y > self.highest, self.highest.astype(y.dtype), y)
        y = np.where(y < self.lowest, self.lowest.astype(y.dtype), y)
        return round_as(self.rounding, y)


@dataclass(frozen=True, slots=True, eq=False)
class SignQuantiser(_Rising):
    """0 below zero, 1 from zero on, of ``x / scale + zero_point``.

    ``BipolarQuant`` (scale 1, zero point 0) and ``Quant`` with one signed bit.
    """

    scale: Array
    zero_point: Array

    @property
    def parameters(self) -> tuple[Array, ...]:
        return self.scale, self.zero_point

    @property
    def levels(self) -> tuple[int, int] | None:
        return 0, 1

    def __call__(self, x: Array) -> Array:
        result: Array = x / self.scale + self.zero_point >= 0
        return result.astype(x.dtype)


@dataclass(frozen=True, slots=True, eq=False)
class CountingQuantiser(_Rising):
    """How many of ``thresholds`` are ``<= x``: ``MultiThreshold``.

    ``thresholds`` is sorted, ``(count, channels, 1, 1)`` or ``(count, 1, 1, 1)``.
    """

    thresholds: Array

    @property
    def parameters(self) -> tuple[Array, ...]:
        return tuple(self.thresholds)

    @property
    def levels(self) -> tuple[int, int] | None:
        return 0, len(self.thresholds)

    def __call__(self, x: Array) -> Array:
        index = np.zeros(x.shape, np.int32)
        for threshold in self.thresholds:
            index += x >= threshold
        return index.astype(x.dtype)

    def reaches(self, x: Array, level: Array) -> NDArray[np.bool_]:
        count, channels = self.thresholds.shape[:2]
        picked = np.clip(level.astype(np.int64) - 1, 0, count - 1)
        channel = np.minimum(np.arange(x.shape[1])[:, None, None], channels - 1)
        threshold = self.thresholds[picked, channel, 0, 0]
        result: NDArray[np.bool_] = (level <= 0) | ((level <= count) & (x >= threshold))
        return result


@dataclass(frozen=True, slots=True, eq=False)
class TruncQuantiser(_Rising):
    """``round(clamp(round_half_even(x / scale + zero_point) / divisor))``: ``Trunc``.

    ``lowest`` and ``highest`` are None in the first version of the operator, which does not clamp.
    """

    scale: Array
    zero_point: Array
    divisor: Array
    lowest: Array | None
    highest: Array | None
    rounding: str

    @property
    def parameters(self) -> tuple[Array, ...]:
        return self.scale, self.zero_point, self.divisor

    @property
    def levels(self) -> tuple[int, int] | None:
        if self.lowest is None or self.highest is None:
            return None
        ends = round_as(self.rounding, np.array([self.lowest, self.highest], np.float64))
        return int(ends[0]), int(ends[1])

    def __call__(self, x: Array) -> Array:
        y = np.round(x / self.scale + self.zero_point) / self.divisor
        if self.highest is not None:
            y = np.where(y > self.highest, self.highest.astype(y.dtype), y)
        if self.lowest is not None:
            y = np.where(y < self.lowest, self.lowest.astype(y.dtype), y)
        return round_as(self.rounding, y)


@dataclass(frozen=True, slots=True, eq=False)
class RoundingQuantiser(_Rising):
    """``Floor``, ``Ceil`` and ``Round`` (half to even) of a float."""

    rounding: str

    @property
    def parameters(self) -> tuple[Array, ...]:
        return ()

    @property
    def levels(self) -> tuple[int, int] | None:
        return None

    def __call__(self, x: Array) -> Array:
        return round_as(self.rounding, x)


def integer_range(bits: Array, *, signed: bool, narrow: bool) -> tuple[Array, Array]:
    """Smallest and largest integer of ``bits`` bits, computed in its dtype as qonnx does."""
    highest: Any
    lowest: Any
    if signed:
        highest = 2 ** (bits - 1) - 1
        lowest = -(2 ** (bits - 1)) + (1 if narrow else 0)
    else:
        highest = 2**bits - (2 if narrow else 1)
        lowest = 0 * bits
    return np.asarray(lowest), np.asarray(highest)
