"""The index of the largest channel."""

from dataclasses import dataclass

import numpy as np

from corgibuilder.ir.op import Op
from corgibuilder.ir.types import Mask, Shape, TensorType


@dataclass(frozen=True, slots=True, kw_only=True)
class Argmax(Op):
    """Index of the largest channel at each position; of equal ones the lowest index."""

    def infer(self, *inputs: TensorType) -> TensorType:
        channels, height, width = inputs[0].shape
        hi = np.full(1, channels - 1, np.int64)
        return TensorType(Shape(1, height, width), np.zeros(1, np.int64), hi)

    def channels_read(self, live: Mask, *inputs: TensorType) -> tuple[Mask, ...]:
        return (np.ones(inputs[0].shape.channels, bool),)

    def channels_given(self, *live: Mask) -> Mask | None:
        return None
