"""``threshold``: comparisons with the steps themselves, by binary search."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from corgibuilder.ir import Ints, QInt
from corgibuilder.plan.delays import DelayModel, Path
from corgibuilder.plan.folding import words_per_pixel
from corgibuilder.plan.resources import Resources, compared

from .constants import FEW_ENTRIES, Rom


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ThresholdForm:
    """``base + #{k : x >= steps[c, k]}`` by binary search, one comparison per output bit."""

    steps: Ints
    base: int

    @property
    def levels(self) -> int:
        """Comparisons of the search, one after the other."""
        return max(int(self.steps.shape[1]).bit_length(), 1)

    @property
    def latency(self) -> int:
        """Each step is a register, and so is the result."""
        return self.levels + 1

    @property
    def out(self) -> QInt:
        return QInt(self.base, self.base + self.steps.shape[1])

    def apply(self, x: Ints) -> Ints:
        """Values of ``x``, ``(channels, n)``."""
        found = [np.searchsorted(s, v, side="right") for s, v in zip(self.steps, x, strict=True)]
        return self.base + np.array(found, np.int64)

    def biased(self, bias: Ints) -> "ThresholdForm":
        """The same of ``x + bias``."""
        return replace(self, steps=self.steps - bias[:, None])

    def held(self, acc: QInt) -> QInt:
        """Range of steps as memories hold them; those beyond all accumulators are never reached."""
        return QInt(acc.lo, acc.hi + 1)

    def entries(self, channels: int, lanes: int) -> list[int]:
        """For each comparison, the steps that one lane chooses from."""
        words = words_per_pixel(channels, lanes)
        return [words << level for level in range(self.levels)]

    def paths(self, delays: DelayModel, acc: QInt, channels: int, lanes: int) -> Iterator[Path]:
        """A step from its memory, the comparison, and the address of the next one."""
        entries, width = self.entries(channels, lanes), self.held(acc).width
        for level, count in enumerate(entries):
            ns = delays.memory(count) + delays.adders(1, width)
            if level + 1 < len(entries):
                ns += delays.levels(1) + delays.lookup(entries[level + 1])
            yield Path("requantiser's comparison", ns)

    def memories(self, acc: QInt, channels: int, lanes: int) -> Iterator[Rom]:
        width = self.held(acc).width
        for level, entries in enumerate(self.entries(channels, lanes)):
            if entries > FEW_ENTRIES:
                for lane in range(lanes):
                    yield Rom(f"step {level} of lane {lane}", entries, width)

    def resources(self, acc: QInt, channels: int, lanes: int) -> Resources:
        width, entries = self.held(acc).width, self.entries(channels, lanes)
        group = (entries[0] - 1).bit_length()
        lane = Resources(
            adders=compared(self.levels * width).adders,
            constants=sum(width * n for n in entries if 1 < n <= FEW_ENTRIES),
            registers=sum(
                (width if n > 1 else 0) + acc.width + group + level
                for level, n in enumerate(entries)
            )
            + self.out.width,
        )
        return lane * lanes

    def __str__(self) -> str:
        return f"{self.steps.shape[1]} steps"
