"""Largest values, and sums, of windows."""

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from corgibuilder.ir.checks import reach, sum_problems
from corgibuilder.ir.op import Op
from corgibuilder.ir.types import Shape, TensorType
from corgibuilder.ir.window import Window


class PoolKind(enum.Enum):
    MAX = "max"
    SUM = "sum"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool(Op):
    """Largest value, or sum, of each channel in each window. Padding is never the largest."""

    absorbs_activation: ClassVar[bool] = True

    kind: PoolKind
    window: Window

    @property
    def taps(self) -> int:
        """Values of a channel in a window."""
        return self.window.kernel[0] * self.window.kernel[1]

    def infer(self, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        shape = Shape(x.shape.channels, *self.window.output_size(x.shape.height, x.shape.width))
        if self.kind is PoolKind.MAX:
            return TensorType(shape, x.lo, x.hi, x.step)
        lo, hi = x.lo * self.taps, x.hi * self.taps
        if self.window.pads:
            lo, hi = np.minimum(lo, 0), np.maximum(hi, 0)
        return TensorType(shape, lo, hi)

    def problems(self, *inputs: TensorType) -> Iterator[str]:
        yield from self.window.problems()
        if self.kind is PoolKind.SUM:
            yield from sum_problems(self.taps * reach(inputs[0]))

    def text(self) -> str:
        return f"Pool {self.kind.value} {self.window}"

    def is_identity(self, x: TensorType) -> bool:
        return self.window.tiles and self.taps == 1
