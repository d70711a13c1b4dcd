"""How much of a network the frames of a simulation can show to be wrong."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StageCoverage:
    """Flips of one bit of a weight, and constants of the requantiser that are off by one.

    Of those that can show at all, how many would show at the output of the stage.
    """

    layer: str
    weight_bits: int
    weight_bits_shown: int
    constants: int
    constants_shown: int

    @property
    def hidden(self) -> int:
        """How many would not show."""
        shown = self.weight_bits_shown + self.constants_shown
        return self.weight_bits + self.constants - shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """The same of all stages. ``notes`` say why something is missing."""

    stages: tuple[StageCoverage, ...]
    notes: tuple[str, ...] = ()

    @property
    def weight_bits(self) -> tuple[int, int]:
        """How many would show, of how many."""
        stages = self.stages
        return sum(s.weight_bits_shown for s in stages), sum(s.weight_bits for s in stages)

    @property
    def constants(self) -> tuple[int, int]:
        """How many would show, of how many."""
        stages = self.stages
        return sum(s.constants_shown for s in stages), sum(s.constants for s in stages)

    @property
    def share(self) -> float:
        """The smaller one of both shares, 1 where there is nothing to show."""
        return min((shown / all_ for shown, all_ in self._counts() if all_), default=1.0)

    def _counts(self) -> Iterator[tuple[int, int]]:
        yield self.weight_bits
        yield self.constants
