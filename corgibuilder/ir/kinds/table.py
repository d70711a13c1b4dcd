"""Lookup tables."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from corgibuilder.ir.checks import int64_problems
from corgibuilder.ir.op import Activation
from corgibuilder.ir.texts import numbers_text
from corgibuilder.ir.types import Ints, Mask, TensorType


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table(Activation):
    """``y = values[c, x - lo]``: any function of each channel's values, monotone or not.

    ``values`` is int64 ``(channels, n)``, or ``(1, n)`` where all channels have the same function;
    ``lo`` is the smallest ``x``, and ``lo + n - 1`` the largest.
    """

    values: Ints
    lo: int

    def infer(self, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        index = np.arange(self.values.shape[1]) + self.lo
        assert self.lo <= x.range.lo and x.range.hi <= index[-1], (self.lo, len(index), x.range)
        reached = (index >= x.lo[:, None]) & (index <= x.hi[:, None])
        reached &= (index - x.lo[:, None]) % x.step == 0
        values = np.broadcast_to(self.values, reached.shape)
        lo = np.where(reached, values, np.iinfo(np.int64).max).min(axis=1)
        hi = np.where(reached, values, np.iinfo(np.int64).min).max(axis=1)
        return TensorType(x.shape, lo, hi, max(int(np.gcd.reduce(values[reached] - lo[0])), 1))

    def problems(self, *inputs: TensorType) -> Iterator[str]:
        (x,) = inputs
        yield from int64_problems("values", self.values, 2)
        if len(self.values) not in (1, x.shape.channels):
            yield f"values of {len(self.values)} channels for {x.shape}"
        last = self.lo + self.values.shape[1] - 1
        if self.lo > x.range.lo or last < x.range.hi:
            yield f"its values for {self.lo}..{last} do not cover {x.range.lo}..{x.range.hi}"

    def text(self) -> str:
        return f"Table from {self.lo}, values {numbers_text(self.values)}"

    @property
    def parameters(self) -> int:
        return int(self.values.size)

    def pruned(self, kept: Mask, given: Mask, x: TensorType) -> Self:
        own = len(self.values) == len(kept)
        return replace(self, values=self.values[kept]) if own else self

    def reordered(self, order: Ints) -> Self:
        own = len(self.values) > 1
        return replace(self, values=self.values[order]) if own else self

    def repeated(self, channels: int, times: int) -> Self:
        own = len(self.values) > 1
        return replace(self, values=np.tile(self.values, (times, 1))) if own else self

    def at(self, x: Ints) -> Ints:
        rows = np.broadcast_to(self.values, (len(x), self.values.shape[1]))
        values: Ints = np.take_along_axis(rows, x - self.lo, axis=1)
        return values
