"""Limits of each channel, between two stages of a cascade."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from corgibuilder.ir import Ints, QInt
from corgibuilder.plan.delays import DelayModel, Path
from corgibuilder.plan.resources import Resources, compared

from .constants import Rom, constant_roms, constants_delay


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClipForm:
    """``min(max(x, lo[c]), hi[c])``. Tables hold how far the limits are from the lowest of each."""

    lo: Ints
    hi: Ints

    @property
    def latency(self) -> int:
        """The operands and the result are registers."""
        return 2

    @property
    def out(self) -> QInt:
        return QInt(int(self.lo.min()), int(self.hi.max()))

    def apply(self, x: Ints) -> Ints:
        """Values of ``x``, ``(channels, n)``."""
        return np.minimum(np.maximum(x, self.lo[:, None]), self.hi[:, None])

    def memories(self, acc: QInt, channels: int, lanes: int) -> Iterator[Rom]:
        yield from constant_roms("lo", self.lo - self.lo.min(), lanes)
        yield from constant_roms("hi", self.hi - self.hi.min(), lanes)

    def paths(self, delays: DelayModel, acc: QInt, channels: int, lanes: int) -> Iterator[Path]:
        """A limit from its table, the comparison, and the choice."""
        begin = max(constants_delay(delays, limit, lanes) for limit in (self.lo, self.hi))
        compared = delays.adders(1, acc.width) + delays.levels(2)
        yield Path("requantiser's limits", begin + compared)

    def resources(self, acc: QInt, channels: int, lanes: int) -> Resources:
        limits = compared(acc.width) * 2 + Resources(choices=2 * self.out.width)
        return (limits + Resources(registers=acc.width + self.out.width)) * lanes

    def __str__(self) -> str:
        return "clip"
