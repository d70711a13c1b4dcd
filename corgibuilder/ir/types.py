"""What is known of a tensor: its shape, and for every channel the integers that can occur."""

from dataclasses import dataclass
from functools import cached_property
from math import gcd

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]  #: which channels, ``(channels,)``


@dataclass(frozen=True, slots=True)
class QInt:
    """The integers ``lo, lo + step, ..., hi``. The range is the truth; the width follows from it.

    Hardware holds a value as its ``code``: ``value = code * step + offset``. With a step of 1 the
    code is the value itself, in two's complement if ``signed``. With a larger step it is the number
    of the value, counted from ``lo``: -1 and 1 are 0 and 1, and take one bit. Codes are in the same
    order as values.
    """

    lo: int
    hi: int
    step: int = 1

    def __post_init__(self) -> None:
        assert self.lo <= self.hi and self.step >= 1, self
        assert self.step == 1 or (self.lo < self.hi and self.hi in self), self

    @classmethod
    def of(cls, values: Ints) -> "QInt":
        """Smallest range with the largest step that holds all ``values``."""
        lo, hi = int(values.min()), int(values.max())
        return cls(lo, hi, max(int(np.gcd.reduce(values - lo, axis=None)), 1))

    def __contains__(self, value: int) -> bool:
        return self.lo <= value <= self.hi and (value - self.lo) % self.step == 0

    @property
    def plain(self) -> "QInt":
        """The range with a step of 1: its codes are the values."""
        return QInt(self.lo, self.hi)

    @property
    def with_zero(self) -> "QInt":
        """The smallest range with a step of 1 that holds all values, and 0."""
        return QInt(min(self.lo, 0), max(self.hi, 0))

    @property
    def offset(self) -> int:
        """The value whose code is 0."""
        return self.lo if self.step > 1 else 0

    def code(self, value: int) -> int:
        """What hardware holds for ``value``."""
        assert value in self, (value, self)
        return (value - self.offset) // self.step

    @property
    def signed(self) -> bool:
        """Whether codes are signed."""
        return self.step == 1 and self.lo < 0

    @property
    def width(self) -> int:
        """Fewest bits that hold every code of the range; a constant zero still takes one."""
        if self.step > 1:
            return self.code(self.hi).bit_length()
        return max(1, max(self.hi, ~self.lo).bit_length() + self.signed)

    def __or__(self, other: "QInt") -> "QInt":
        """Smallest range, with the largest step, that holds both."""
        lo, hi = min(self.lo, other.lo), max(self.hi, other.hi)
        steps = [r.step for r in (self, other) if r.lo < r.hi]
        return QInt(lo, hi, max(gcd(self.lo - other.lo, *steps), 1))


@dataclass(frozen=True, slots=True, order=True)
class Shape:
    """Channels, height and width of one frame of a tensor. A vector is ``(n, 1, 1)``."""

    channels: int
    height: int
    width: int

    @property
    def pixels(self) -> int:
        return self.height * self.width

    @property
    def size(self) -> int:
        return self.channels * self.pixels

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter((self.channels, self.height, self.width))

    def __str__(self) -> str:
        return f"{self.channels}x{self.height}x{self.width}"


@dataclass(frozen=True, eq=False)
class TensorType:
    """Shape of a tensor and, per channel, the smallest and largest integer that can occur.

    ``lo`` and ``hi`` are int64 arrays of shape ``(channels,)``. All values of all channels differ
    by multiples of ``step``, which is 1 where there is only one value.
    """

    shape: Shape
    lo: Ints
    hi: Ints
    step: int = 1

    @cached_property
    def range(self) -> QInt:
        return QInt(int(self.lo.min()), int(self.hi.max()), self.step)
