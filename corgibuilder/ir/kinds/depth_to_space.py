"""Channels to pixels."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from corgibuilder.ir.op import Move
from corgibuilder.ir.types import Mask, Shape, TensorType


@dataclass(frozen=True, slots=True, kw_only=True)
class DepthToSpace(Move):
    """Channels to pixels: ``y[c, r*b + i, k*b + j] = x[(i*b + j)*C + c, r, k]``.

    ``b`` is ``block``, ``C`` the channels of ``y``: ONNX ``DepthToSpace`` in mode DCR. For mode CRD
    ``block_last`` is set, and the channel read is ``(c*b + i)*b + j``.
    """

    block: int
    block_last: bool = False

    def infer(self, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        channels, height, width = x.shape
        shape = Shape(channels // self.block**2, height * self.block, width * self.block)
        apart = (shape.channels, -1) if self.block_last else (-1, shape.channels)
        axis = 1 if self.block_last else 0
        lo, hi = x.lo.reshape(apart).min(axis=axis), x.hi.reshape(apart).max(axis=axis)
        return TensorType(shape, lo, hi, x.step)

    def problems(self, *inputs: TensorType) -> Iterator[str]:
        (x,) = inputs
        if self.block < 1 or x.shape.channels % self.block**2:
            yield f"blocks of {self.block} do not divide the channels of {x.shape}"

    def text(self) -> str:
        return f"DepthToSpace {self.block}{', block last' if self.block_last else ''}"

    def is_identity(self, x: TensorType) -> bool:
        return self.block == 1

    def channels_read(self, live: Mask, *inputs: TensorType) -> tuple[Mask, ...]:
        count = self.block**2
        return (np.repeat(live, count) if self.block_last else np.tile(live, count),)

    def channels_given(self, *live: Mask) -> Mask | None:
        (mask,), count = live, self.block**2
        apart = mask.reshape(-1, count).T if self.block_last else mask.reshape(count, -1)
        given: Mask = np.logical_or.reduce(apart)
        return given
