"""A memory of a stage, as the hardware instantiates it."""

import enum
from dataclasses import dataclass


class Purpose(enum.Enum):
    LINES = "line buffer"
    POSITIONS = "position buffer"  #: of a layer whose windows are single pixels
    QUEUE = "queue"
    POOL = "pool results"
    WEIGHTS = "weights"
    PARAMETERS = "requantiser"


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """One memory: ``depth`` words of ``width`` bits.

    ``ports`` is 1 for one access in a cycle, 2 for a read and a write in the same cycle.
    """

    name: str
    purpose: Purpose
    depth: int
    width: int
    ports: int

    @property
    def bits(self) -> int:
        return self.depth * self.width

    @property
    def constant(self) -> bool:
        """Whether the contents never change: a ROM."""
        return self.purpose in (Purpose.WEIGHTS, Purpose.PARAMETERS)


def rom(name: str, purpose: Purpose, *, depth: int, width: int) -> Memory:
    """A memory whose contents never change."""
    return Memory(name=name, purpose=purpose, depth=depth, width=width, ports=1)
