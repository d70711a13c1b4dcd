"""Clips."""

from dataclasses import dataclass
from typing import Self

from corgibuilder.ir.op import Activation
from corgibuilder.ir.types import Ints, QInt, TensorType


@dataclass(frozen=True, slots=True, kw_only=True)
class Clamp(Activation):
    """``min(max(x, range.lo), range.hi)``: ReLU and clips on values that are not requantised."""

    range: QInt

    def infer(self, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        lo, hi = (end.clip(self.range.lo, self.range.hi) for end in (x.lo, x.hi))
        return TensorType(x.shape, lo, hi)

    def text(self) -> str:
        return f"Clamp {self.range.lo}..{self.range.hi}"

    def is_identity(self, x: TensorType) -> bool:
        return self.range.lo <= x.range.lo and x.range.hi <= self.range.hi

    def repeated(self, channels: int, times: int) -> Self:
        return self

    def at(self, x: Ints) -> Ints:
        return x.clip(self.range.lo, self.range.hi)
