"""What is known of a tensor: its shape, and for every channel the integers that can occur."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class QInt:
    """Integers in ``lo..hi`` (inclusive). The range is the truth; the width follows from it."""

    lo: int
    hi: int

    def __post_init__(self) -> None:
        assert self.lo <= self.hi, self

    @property
    def signed(self) -> bool:
        return self.lo < 0

    @property
    def width(self) -> int:
        """Fewest bits that hold every value of the range; a constant zero still takes one."""
        return max(1, max(self.hi, ~self.lo).bit_length() + self.signed)

    def __or__(self, other: "QInt") -> "QInt":
        """Smallest range that holds both."""
        return QInt(min(self.lo, other.lo), max(self.hi, other.hi))


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


@dataclass(frozen=True, slots=True, eq=False)
class TensorType:
    """Shape of a tensor and, per channel, the smallest and largest integer that can occur.

    ``lo`` and ``hi`` are int64 arrays of shape ``(channels,)``.
    """

    shape: Shape
    lo: Ints
    hi: Ints

    @property
    def range(self) -> QInt:
        return QInt(int(self.lo.min()), int(self.hi.max()))
