"""Nearest-neighbour upsampling by whole factors."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from corgibuilder.ir.op import Move
from corgibuilder.ir.texts import pair_text
from corgibuilder.ir.types import Shape, TensorType


@dataclass(frozen=True, slots=True, kw_only=True)
class Upsample(Move):
    """``y[c, r, k] = x[c, r // rows, k // columns]``: nearest neighbour by whole factors."""

    factors: tuple[int, int]

    def infer(self, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        channels, height, width = x.shape
        return replace(x, shape=Shape(channels, height * self.factors[0], width * self.factors[1]))

    def problems(self, *inputs: TensorType) -> Iterator[str]:
        if min(self.factors) < 1:
            yield f"it enlarges by {self.factors}"

    def text(self) -> str:
        return f"Upsample {pair_text(self.factors)}"

    def is_identity(self, x: TensorType) -> bool:
        return self.factors == (1, 1)
