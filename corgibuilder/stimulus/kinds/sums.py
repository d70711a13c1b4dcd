"""A stage as products and sums: its weights by group, and the operands at places of its maps."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corgibuilder.ir import Ints, QInt, TensorType
from corgibuilder.stimulus.maps import Frame, Map

from .every_sum import MOST, every_sum


@dataclass(frozen=True, slots=True, eq=False)
class Ranges:
    """Smallest and largest value of each operand, and what its values differ by."""

    low: Ints
    high: Ints
    step: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Operands:
    """The operands at one place of the maps, in the order of the weights.

    ``inside`` tells which of them are values of a map, and no padding. Of those, ``parts`` has the
    ones of each input as a map and an index into it, and ``ranges`` what they can be: ``(k,)``.
    """

    inside: NDArray[np.bool_]
    parts: tuple[tuple[Map, tuple[Ints, ...]], ...]
    ranges: Ranges

    def read(self) -> Ints:
        """Values of the operands that are ``inside``."""
        found = [values[index].ravel() for values, index in self.parts]
        return np.concatenate([np.empty(0, np.int64), *found])

    def write(self, operands: Ints) -> None:
        """Change them in the maps."""
        for values, index in self.parts:
            part = values[index]
            values[index] = operands[: part.size].reshape(part.shape)
            operands = operands[part.size :]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sums(ABC):
    """What a stage adds up at each place of its map of sums.

    ``acc[g, o] = bias[g, o] + sum(weights[g, o, k] * x[g, k])``; groups share nothing, ``k`` runs
    through all operands of a group. Of the ``largest`` weights are 1 and nothing is added.
    ``operands`` are the ranges of ``x``, ``(groups, k)`` each, padding included. ``apart`` are rows
    and columns from one place to the next that shares no operand with it. ``weight_range`` is that
    of the weights as hardware holds them, ``None`` where it holds none.
    """

    inputs: tuple[TensorType, ...]
    weights: Ints
    bias: Ints
    operands: Ranges
    apart: tuple[int, int] = (1, 1)
    largest: bool = False
    weight_range: QInt | None = None

    @abstractmethod
    def output_size(self, height: int, width: int) -> tuple[int, int]:
        """Rows and columns of sums for maps of that size at the inputs."""

    @abstractmethod
    def under(self, frame: Frame, rows: Ints, columns: Ints) -> Ints:
        """Values of all operands at ``n`` places of a frame: ``(n, groups, k)``."""

    @abstractmethod
    def operands_at(self, frame: Frame, row: int, column: int, group: int) -> Operands:
        """The operands of a group at one place of a frame of the largest size."""

    @property
    def groups(self) -> int:
        return len(self.weights)

    @property
    def bounds(self) -> tuple[Ints, Ints]:
        """Smallest and largest sum of each channel, bias included."""
        low, high = self.operands.low, self.operands.high
        if self.largest:
            return low.max(axis=1), high.max(axis=1)
        up, down = np.maximum(self.weights, 0), np.minimum(self.weights, 0)
        least = np.einsum("gok,gk->go", up, low) + np.einsum("gok,gk->go", down, high)
        most = np.einsum("gok,gk->go", up, high) + np.einsum("gok,gk->go", down, low)
        return (least + self.bias).ravel(), (most + self.bias).ravel()

    def congruence(self, channel: int) -> tuple[int, int]:
        """A divisor of all differences of a channel's sums, 0 where there are none; and one sum."""
        group, output = divmod(channel, self.weights.shape[1])
        low, step = self.operands.low[group], self.operands.step[group]
        if self.largest:
            return int(np.gcd.reduce(step)), int(low[0])
        weights = self.weights[group, output]
        one = self.bias[group, output] + (weights * low).sum()
        return int(np.gcd.reduce(weights * step)), int(one)

    def within(self, channel: int, first: Ints, last: Ints) -> tuple[Ints, Ints]:
        """Ranges cut to the smallest and the largest sum in each; those that hold none left out."""
        every = self._every_sum(channel)
        if every is not None:
            start, end = np.searchsorted(every, first), np.searchsorted(every, last, "right")
            some = (start < end) & (first <= last)
            return every[start[some]], every[end[some] - 1]
        divisor, one = self.congruence(channel)
        if divisor > 1:
            first = one - (one - first) // divisor * divisor
            last = one + (last - one) // divisor * divisor
        some = first <= last
        return first[some], last[some]

    def _every_sum(self, channel: int) -> Ints | None:
        group, output = divmod(channel, self.weights.shape[1])
        weights, ranges = self.weights[group, output].tolist(), self.operands
        if self.largest or len(weights) > MOST.bit_length():
            return None
        ends = (end[group].tolist() for end in (ranges.low, ranges.high, ranges.step))
        values = [range(low, high + 1, step) for low, high, step in zip(*ends, strict=True)]
        operands = zip(weights, values, strict=True)
        return every_sum(tuple(operands), int(self.bias[group, output]))

    def accumulators(self, operands: Ints) -> Ints:
        """Sums, bias included, or maxima: int64 ``(n, groups * outputs)``."""
        if self.largest:
            return np.asarray(operands.max(axis=2), np.int64)
        x = operands.astype(np.float64).transpose(1, 0, 2)
        sums = x @ self.weights.astype(np.float64).transpose(0, 2, 1)
        acc: Ints = sums.transpose(1, 0, 2).astype(np.int64) + self.bias
        return acc.reshape(len(operands), -1)

    def places(
        self, frames: Sequence[Frame], most: int, rng: np.random.Generator
    ) -> list[tuple[Ints, Ints]]:
        """Rows and columns of about ``most`` places in all frames, chosen at random, per frame."""
        share = max(1, most // max(len(frames), 1))
        found = []
        for frame in frames:
            height, width = self.output_size(*frame[0].shape[1:])
            count = height * width
            chosen = np.arange(count) if count <= share else rng.choice(count, share, replace=False)
            found.append((chosen // width, chosen % width))
        return found
