"""Step functions."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from corgibuilder.ir.checks import int64_problems
from corgibuilder.ir.op import Activation
from corgibuilder.ir.texts import numbers_text
from corgibuilder.ir.types import Ints, Mask, TensorType


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Threshold(Activation):
    """A monotone step function for each channel: ``y = base + #{k : x >= steps[c, k]}``.

    ``steps`` is int64 ``(channels, n)`` and non-decreasing along ``n``. Bringing an accumulator
    back to the activation grid, whatever form the file gave it (QONNX ``Quant``,
    ``MultiThreshold``, BatchNorm in between), is this function. A step beyond the range of ``x`` is
    never reached.
    """

    steps: Ints
    base: int

    def infer(self, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        lo, hi = (
            self.base + (end[:, None] >= self.steps).sum(axis=1, dtype=np.int64)
            for end in (x.lo, x.hi)
        )
        return TensorType(x.shape, lo, hi, self._step(x))

    def _step(self, x: TensorType) -> int:
        """Largest number of which all differences of reached counts of steps are multiples.

        The count is ``k`` for an ``x`` of the range from step ``k - 1`` on, and below step ``k``.
        """
        steps, lo, hi = self.steps, x.lo[:, None], x.hi[:, None]
        n = steps.shape[1]
        reached = np.ones(n + 1, bool)
        if n:
            before, after = steps[:, :-1], steps[:, 1:]
            reached[0], reached[n] = (steps[:, :1] > lo).any(), (steps[:, -1:] <= hi).any()
            reached[1:n] = ((before < after) & (before <= hi) & (after > lo)).any(axis=0)
        counts = np.flatnonzero(reached)
        return max(int(np.gcd.reduce(counts - counts[0])), 1)

    def problems(self, *inputs: TensorType) -> Iterator[str]:
        (x,) = inputs
        yield from int64_problems("steps", self.steps, 2)
        if len(self.steps) != x.shape.channels:
            yield f"steps of {len(self.steps)} channels for {x.shape}"
        if (self.steps[:, 1:] < self.steps[:, :-1]).any():
            yield "its steps are not sorted"

    def text(self) -> str:
        return f"Threshold {self.base}.., steps {numbers_text(self.steps)}"

    @property
    def parameters(self) -> int:
        return int(self.steps.size)

    def pruned(self, kept: Mask, given: Mask, x: TensorType) -> Self:
        return replace(self, steps=self.steps[kept])

    def reordered(self, order: Ints) -> Self:
        return replace(self, steps=self.steps[order])

    def repeated(self, channels: int, times: int) -> Self:
        steps = np.broadcast_to(self.steps, (channels, self.steps.shape[1]))
        return replace(self, steps=np.tile(steps, (times, 1)))

    def at(self, x: Ints) -> Ints:
        steps = np.broadcast_to(self.steps, (len(x), self.steps.shape[1]))
        found = [np.searchsorted(s, v, side="right") for s, v in zip(steps, x, strict=True)]
        return self.base + np.array(found, np.int64)
