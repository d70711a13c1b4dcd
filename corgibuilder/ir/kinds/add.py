"""Sums of maps."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from corgibuilder.ir.checks import reach, sum_problems
from corgibuilder.ir.op import Op
from corgibuilder.ir.ranges import common_step, varying_step
from corgibuilder.ir.types import TensorType


@dataclass(frozen=True, slots=True, kw_only=True)
class Add(Op):
    """``y = sum(factors[k] * x_k)``, value by value: maps of one shape on a common scale.

    A residual connection whose branches have different scales has factors that bring both to one.
    """

    arity: ClassVar[tuple[int, int | None]] = (1, None)
    absorbs_activation: ClassVar[bool] = True

    factors: tuple[int, ...]

    def infer(self, *inputs: TensorType) -> TensorType:
        terms = list(zip(self.factors, inputs, strict=True))
        ends = [
            (factor * (x.lo if factor > 0 else x.hi), factor * (x.hi if factor > 0 else x.lo))
            for factor, x in terms
        ]
        lo, hi = np.sum(ends, axis=0)
        step = math.gcd(*(factor * varying_step(x) for factor, x in terms))
        return TensorType(inputs[0].shape, lo, hi, common_step(lo, hi, step))

    def problems(self, *inputs: TensorType) -> Iterator[str]:
        if len(self.factors) != len(inputs):
            yield f"{len(self.factors)} factors for {len(inputs)} inputs"
        if len({x.shape for x in inputs}) > 1:
            yield f"it adds maps of {', '.join(str(x.shape) for x in inputs)}"
        reaches = (abs(factor) * reach(x) for factor, x in zip(self.factors, inputs, strict=False))
        yield from sum_problems(sum(reaches))

    def text(self) -> str:
        return f"Add times {', '.join(map(str, self.factors))}"

    def is_identity(self, x: TensorType) -> bool:
        return self.factors == (1,)
