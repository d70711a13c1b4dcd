"""Maps side by side."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from corgibuilder.ir.op import Op
from corgibuilder.ir.ranges import common_step, varying_step
from corgibuilder.ir.types import Mask, Shape, TensorType


@dataclass(frozen=True, slots=True, kw_only=True)
class Concat(Op):
    """The channels of ``x_0``, then those of ``x_1``, ...: maps with the same rows and columns."""

    arity: ClassVar[tuple[int, int | None]] = (1, None)
    joins_parts: ClassVar[bool] = True

    def infer(self, *inputs: TensorType) -> TensorType:
        _, height, width = inputs[0].shape
        shape = Shape(sum(x.shape.channels for x in inputs), height, width)
        lo, hi = (np.concatenate(e) for e in zip(*((x.lo, x.hi) for x in inputs), strict=True))
        step = math.gcd(*(varying_step(x) for x in inputs))
        return TensorType(shape, lo, hi, common_step(lo, hi, step))

    def problems(self, *inputs: TensorType) -> Iterator[str]:
        if len({(x.shape.height, x.shape.width) for x in inputs}) > 1:
            yield f"it joins maps of {', '.join(str(x.shape) for x in inputs)}"

    def is_identity(self, x: TensorType) -> bool:
        return True

    def channels_read(self, live: Mask, *inputs: TensorType) -> tuple[Mask, ...]:
        ends = np.cumsum([x.shape.channels for x in inputs])
        return tuple(np.split(live, ends[:-1]))

    def channels_given(self, *live: Mask) -> Mask | None:
        return np.concatenate(live)
