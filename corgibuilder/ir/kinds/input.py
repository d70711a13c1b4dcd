"""What enters."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from corgibuilder.ir.op import Op
from corgibuilder.ir.types import QInt, Shape, TensorType


@dataclass(frozen=True, slots=True, kw_only=True)
class Input(Op):
    """Activations that arrive from outside, one frame of ``shape`` at a time, all in ``range``."""

    arity: ClassVar[tuple[int, int | None]] = (0, 0)

    shape: Shape
    range: QInt

    def infer(self, *inputs: TensorType) -> TensorType:
        channels = self.shape.channels
        lo, hi = (np.full(channels, end, np.int64) for end in (self.range.lo, self.range.hi))
        return TensorType(self.shape, lo, hi, self.range.step)
