"""Components that pass values on: in other words, later, or fewer at a time."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from corgibuilder.ir import QInt
from corgibuilder.plan.delays import DelayModel, Path
from corgibuilder.plan.folding import ceil_div
from corgibuilder.plan.resources import HANDSHAKE, Resources, counter

from .component import ComponentConfig
from .memory import Memory, Purpose
from .rules import Part, Rule, part

HANDSHAKE_LEVELS = 6  #: of gates from one register to another that takes a word, or counts it


@dataclass(frozen=True, slots=True, kw_only=True)
class BufferConfig(ComponentConfig):
    """Two words of storage, which cut every combinational path. Latency 1 cycle."""

    x: QInt
    lanes: int
    name: str = "buffer"

    def parts(self, size_from: int) -> Iterator[Part]:
        yield part(Rule.BUFFER)

    def paths(self, delays: DelayModel, arrival: float) -> Iterator[Path]:
        """From whether it takes a word to the registers of the whole stage before it."""
        yield Path("handshake", delays.register + delays.levels(HANDSHAKE_LEVELS))

    def resources(self, resizable: bool) -> Resources:
        bits = self.lanes * self.x.width
        return Resources(choices=bits, registers=2 * bits) + HANDSHAKE * 2


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueConfig(ComponentConfig):
    """``depth`` words of storage. Latency 2 cycles; 1 for a depth of 1."""

    x: QInt
    lanes: int
    depth: int
    name: str = "queue"

    @property
    def bits(self) -> int:
        return self.depth * self.lanes * self.x.width

    def parts(self, size_from: int) -> Iterator[Part]:
        yield part(Rule.QUEUE, depth=self.depth)

    def resources(self, resizable: bool) -> Resources:
        """Words lie in the memory; a queue of one word is a register."""
        if self.depth == 1:
            return Resources(registers=self.lanes * self.x.width) + HANDSHAKE
        return counter(self.depth) * 3 + HANDSHAKE

    def memories(self) -> Iterator[Memory]:
        """The last word waits in a register."""
        if self.depth > 1:
            width = self.lanes * self.x.width
            yield Memory(
                name=self.name, purpose=Purpose.QUEUE, depth=self.depth - 1, width=width, ports=2
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class GearboxConfig(ComponentConfig):
    """Words of ``in_lanes`` to words of ``out_lanes``. Latency 1 cycle.

    Values keep their order; ``channels`` of them are a unit, which begins with a new word.
    """

    x: QInt
    channels: int
    in_lanes: int
    out_lanes: int
    name: str = "gearbox"

    def parts(self, size_from: int) -> Iterator[Part]:
        yield part(
            Rule.GEARBOX,
            channels=self.channels,
            lanes_in=self.in_lanes,
            lanes_out=self.out_lanes,
        )

    @property
    def levels(self) -> int:
        """Numbers of values that wait when a word comes, at most: a multiple of what all share."""
        both = math.gcd(self.in_lanes, self.out_lanes, self.channels)
        return ceil_div(self.out_lanes, both)

    def resources(self, resizable: bool) -> Resources:
        """A word that leaves moves the values behind it down; one that comes finds its place."""
        store = (self.in_lanes + self.out_lanes) * self.x.width
        placed = self.in_lanes * self.x.width * self.levels
        words = counter(ceil_div(self.channels, self.in_lanes))
        words += counter(ceil_div(self.channels, self.out_lanes))
        level = counter(self.in_lanes + self.out_lanes + 1) * 3
        return Resources(masks=placed, registers=store) + words + level + HANDSHAKE


@dataclass(frozen=True, slots=True, kw_only=True)
class SerialiserConfig(ComponentConfig):
    """Words of ``in_lanes`` to fewer lanes at a time, of pixels of ``channels``. Latency 1 cycle.

    ``out_lanes`` divides ``in_lanes``; the last wide word of a pixel may be short.
    """

    x: QInt
    channels: int
    in_lanes: int
    out_lanes: int
    name: str = "serialiser"

    @property
    def groups(self) -> int:
        """Wide words of a pixel."""
        return ceil_div(self.channels, self.in_lanes)

    @property
    def last_words(self) -> int:
        """Narrow words of the last wide one."""
        return ceil_div(self.channels - (self.groups - 1) * self.in_lanes, self.out_lanes)

    def parts(self, size_from: int) -> Iterator[Part]:
        words = self.in_lanes // self.out_lanes
        yield part(Rule.SERIALISER, words=words, groups=self.groups, short=self.last_words)

    def resources(self, resizable: bool) -> Resources:
        bits = self.in_lanes * self.x.width
        words = counter(self.groups) + counter(self.in_lanes // self.out_lanes + 1)
        return Resources(choices=bits, registers=bits) + words + HANDSHAKE
