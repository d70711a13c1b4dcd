"""Long sequences of cycles that never fall, held in little memory.

A frame of 8192 x 8192 pixels has as many times at every stage, and the model looks at three frames:
64 bits for each would be 1.6 GB for one stream. Times of neighbouring pixels differ by little, so
blocks of a long sequence hold differences of one byte, and the few that do not fit apart.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from corgibuilder.ir import Ints

BLOCK = 1 << 18  #: times held together
PLAIN = 1 << 22  #: times of a sequence that are held as they are
ESCAPE = 255  #: a difference of this or more stands apart
NEVER = -(1 << 40)  #: before every cycle
RARE = 16  #: so many times as many differences as stand apart are needed for bytes to pay


@dataclass(frozen=True, slots=True)
class _Packed:
    """Some times: the first, differences in order, and those too large for their place."""

    first: int
    steps: NDArray[np.unsignedinteger] | Ints
    large_at: Ints
    large: Ints

    @classmethod
    def of(cls, times: Ints) -> "_Packed":
        steps = np.diff(times)
        large_at = np.flatnonzero(steps >= ESCAPE)
        if RARE * len(large_at) <= len(steps):
            large = steps[large_at]
            small = np.minimum(steps, ESCAPE).astype(np.uint8)
            return cls(int(times[0]), small, large_at, large)
        fits = steps.max() < 1 << 32
        none = large_at[:0]
        return cls(int(times[0]), steps.astype(np.uint32) if fits else steps, none, none)

    def unpacked(self) -> Ints:
        times = np.empty(len(self.steps) + 1, np.int64)
        times[0] = self.first
        times[1:] = self.steps
        times[1:][self.large_at] = self.large
        return np.cumsum(times, out=times)


@dataclass(frozen=True, slots=True)
class Times:
    """A sequence of cycles that never falls; ``count`` of them in all.

    ``blocks`` hold ``BLOCK`` times each but for the last one, ``ends`` the last time of each block.
    ``later`` is to be added to all of them.
    """

    blocks: tuple[_Packed | Ints, ...]
    ends: Ints
    count: int
    later: int = 0

    @classmethod
    def of(cls, chunks: Iterator[Ints], count: int) -> "Times":
        """The ``count`` times of ``chunks``, one after the other; as many as there are at most."""
        blocks: list[_Packed | Ints] = []
        ends: list[int] = []
        for block in _blocks(chunks):
            ends.append(int(block[-1]))
            blocks.append(block if count <= PLAIN else _Packed.of(block))
        return cls(tuple(blocks), np.array(ends, np.int64), count)

    @classmethod
    def where(cls, time: Callable[[Ints], Ints], count: int) -> "Times":
        """The times that a function says of the indices from 0 on."""
        starts = range(0, count, BLOCK)
        chunks = (time(np.arange(k, min(k + BLOCK, count))) for k in starts)
        return cls.of(chunks, count)

    def __len__(self) -> int:
        return self.count

    def delayed(self, cycles: int) -> "Times":
        """The same, so many cycles later."""
        return replace(self, later=self.later + cycles)

    def every(self, count: int) -> "Times":
        """The last of every ``count`` times."""
        if count == 1:
            return self
        chunks = (chunk[(count - 1 - start) % count :: count] for start, chunk in self.chunks())
        return Times.of((chunk for chunk in chunks if len(chunk)), self.count // count)

    def repeated(self, count: int) -> "Times":
        """Each time ``count`` times over."""
        if count == 1:
            return self
        return Times.of((np.repeat(chunk, count) for _, chunk in self.chunks()), self.count * count)

    def at(self, index: int) -> int:
        return int(self.between(index, index + 1)[0])

    def between(self, start: int, end: int) -> Ints:
        """The times of the indices from ``start`` to before ``end``, of which there are some."""
        first, last = start // BLOCK, (end - 1) // BLOCK
        parts = [self._block(k) for k in range(first, last + 1)]
        joined = parts[0] if len(parts) == 1 else np.concatenate(parts)
        return joined[start - first * BLOCK : end - first * BLOCK] + self.later

    def _block(self, number: int) -> Ints:
        block = self.blocks[number]
        return block.unpacked() if isinstance(block, _Packed) else block

    def or_later(self, other: "Times") -> "Times":
        """The later one of each two; as many as there are in both."""
        pairs = zip(self.chunks(), other.chunks(), strict=True)
        return Times.of((np.maximum(a, b) for (_, a), (_, b) in pairs), self.count)

    def chunks(self) -> Iterator[tuple[int, Ints]]:
        """All times, a block at a time, with the index of the first."""
        for start in range(0, self.count, BLOCK):
            yield start, self.between(start, min(start + BLOCK, self.count))

    def reached(self, when: Ints) -> Ints:
        """How many of the times are at or before each of ``when``, which never falls either."""
        ends = self.ends + self.later
        first, last = np.searchsorted(ends, when[[0, -1]], side="right").tolist()
        start, end = first * BLOCK, min((last + 1) * BLOCK, self.count)
        if start >= self.count:
            return np.full(len(when), self.count)
        reached: Ints = start + np.searchsorted(self.between(start, end), when, side="right")
        return reached


@dataclass(slots=True)
class Turns:
    """Work that is done one after the other: ``start[k] = max(ready[k], start[k-1] + takes[k-1])``.

    Goes on from call to call; ``free`` is when the next work can start.
    """

    free: int = NEVER

    def starts(self, ready: Ints, takes: Ints | int) -> Ints:
        """When the next works start, which are ``ready`` then and take so many cycles each."""
        if isinstance(takes, int):
            before = np.arange(len(ready)) * takes
            last = takes
        else:
            before, last = np.cumsum(takes) - takes, int(takes[-1])
        latest = ready - before
        latest[0] = max(latest[0], self.free)
        start: Ints = np.maximum.accumulate(latest, out=latest)
        start += before
        self.free = int(start[-1]) + last
        return start


def _blocks(chunks: Iterator[Ints]) -> Iterator[Ints]:
    """The values of ``chunks`` in arrays of ``BLOCK`` each, the last one of what is left."""
    waiting: list[Ints] = []
    size = 0
    for chunk in chunks:
        waiting.append(chunk)
        size += len(chunk)
        if size >= BLOCK:
            joined = np.concatenate(waiting)
            whole = size // BLOCK * BLOCK
            yield from (joined[k : k + BLOCK].copy() for k in range(0, whole, BLOCK))
            waiting, size = [joined[whole:]], size - whole
    if size:
        yield np.concatenate(waiting)
