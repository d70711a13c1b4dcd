"""A border of one value around a map."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from corgibuilder.ir.op import Move
from corgibuilder.ir.ranges import common_step
from corgibuilder.ir.types import Shape, TensorType
from corgibuilder.ir.window import Pads


@dataclass(frozen=True, slots=True, kw_only=True)
class Pad(Move):
    """``x`` with rows and columns of ``value`` around it."""

    pads: Pads
    value: int

    def infer(self, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        channels, height, width = x.shape
        pads = self.pads
        shape = Shape(channels, height + pads.top + pads.bottom, width + pads.left + pads.right)
        if not pads:
            return x
        lo, hi = np.minimum(x.lo, self.value), np.maximum(x.hi, self.value)
        step = math.gcd(x.step, self.value - int(x.lo[0]))
        return TensorType(shape, lo, hi, common_step(lo, hi, step))

    def problems(self, *inputs: TensorType) -> Iterator[str]:
        if min(self.pads.sides) < 0:
            yield f"it pads by {self.pads.sides}"

    def text(self) -> str:
        return f"Pad {self.pads} with {self.value}"

    def is_identity(self, x: TensorType) -> bool:
        return not self.pads
