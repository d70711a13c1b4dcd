"""Convolutions, and fully connected layers."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from corgibuilder.ir.checks import int64_problems, reach, sum_problems
from corgibuilder.ir.op import Op
from corgibuilder.ir.texts import numbers_text
from corgibuilder.ir.types import Ints, Mask, Shape, TensorType
from corgibuilder.ir.window import Window


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Conv(Op):
    """Cross-correlation, the ONNX ``Conv`` and ``MatMul`` on integers.

    ``acc[o, r, c] = bias[o] + sum(w[o, i, j, k] * x[g*I + i, r*sy + j - top, c*sx + k - left])``
    with ``I = w.shape[1]`` inputs in each group and ``g = o // (O / groups)``.

    ``weights`` is int64 ``(O, I, rows, columns)``, ``bias`` int64 ``(O,)``. A fully connected layer
    is the case where the kernel is the whole map.
    """

    absorbs_activation: ClassVar[bool] = True

    weights: Ints
    bias: Ints
    window: Window
    groups: int = 1

    @property
    def depthwise(self) -> bool:
        """One input and one output channel in every group, and more than one group."""
        return self.groups > 1 and self.weights.shape[:2] == (self.groups, 1)

    def dense_weights(self) -> Ints:
        """The weights as one group: ``(O, I * groups, rows, columns)``, zeros between groups."""
        outputs, inputs = self.weights.shape[:2]
        dense = np.zeros((outputs, inputs * self.groups, *self.window.kernel), np.int64)
        for o in range(outputs):
            start = o // (outputs // self.groups) * inputs
            dense[o, start : start + inputs] = self.weights[o]
        return dense

    def infer(self, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        lo, hi = x.lo, x.hi
        if self.window.pads:
            lo, hi = np.minimum(lo, 0), np.maximum(hi, 0)
        outputs, width = self.weights.shape[:2]
        # (O, I): range of the input channel that each weight multiplies
        group = np.arange(outputs) // (outputs // self.groups)
        channel = group[:, None] * width + np.arange(width)
        up = np.maximum(self.weights, 0).sum(axis=(2, 3))
        down = np.minimum(self.weights, 0).sum(axis=(2, 3))
        low = (up * lo[channel] + down * hi[channel]).sum(axis=1) + self.bias
        high = (up * hi[channel] + down * lo[channel]).sum(axis=1) + self.bias
        size = self.window.output_size(x.shape.height, x.shape.width)
        return TensorType(Shape(outputs, *size), low, high)

    def problems(self, *inputs: TensorType) -> Iterator[str]:
        (x,) = inputs
        yield from int64_problems("weights", self.weights, 4)
        yield from int64_problems("bias", self.bias, 1)
        outputs, width, *kernel = self.weights.shape
        if self.groups < 1 or outputs % self.groups or width * self.groups != x.shape.channels:
            yield f"{self.groups} groups of {width} inputs, {outputs} outputs, for {x.shape}"
        if len(self.bias) != outputs:
            yield f"{len(self.bias)} biases for {outputs} outputs"
        if tuple(kernel) != self.window.kernel:
            yield f"weights for a kernel of {kernel}, and its window is {self.window.kernel}"
        yield from self.window.problems()
        weights = np.abs(self.weights.astype(float)).sum(axis=(1, 2, 3))
        yield from sum_problems((weights * reach(x) + np.abs(self.bias)).max(initial=0))

    def text(self) -> str:
        groups = f" in {self.groups} groups" if self.groups > 1 else ""
        weights = f"{numbers_text(self.weights)}, {int((self.weights != 0).sum())} of them not 0"
        return f"Conv {self.window}{groups}, weights {weights}, bias {numbers_text(self.bias)}"

    def sums(self, *inputs: TensorType) -> tuple[TensorType, Ints]:
        return replace(self, bias=np.zeros_like(self.bias)).infer(*inputs), self.bias

    def macs(self, made: Shape) -> int:
        return made.pixels * int(self.weights.size)

    @property
    def parameters(self) -> int:
        return int(self.weights.size + self.bias.size)

    @property
    def keeps_all_channels(self) -> bool:
        """Groups have to stay alike."""
        return self.groups > 1 and not self.depthwise

    def channels_read(self, live: Mask, *inputs: TensorType) -> tuple[Mask, ...]:
        (x,) = inputs
        if self.depthwise:
            return (live,)
        if self.keeps_all_channels:
            return (np.ones(x.shape.channels, bool),)
        meets: Mask = (self.weights[live] != 0).any(axis=(0, 2, 3))
        return (meets & ~self._known(x),)

    def _known(self, x: TensorType) -> Mask:
        """The channels whose every value that a window can meet is the same."""
        constant: Mask = x.lo == x.hi
        return constant & (x.lo == 0) if self.window.pads else constant

    def channels_given(self, *live: Mask) -> Mask | None:
        return live[0] if self.depthwise else None

    def pruned(self, kept: Mask, given: Mask, x: TensorType) -> Self:
        weights, bias = self.weights, self.bias
        if self.groups == 1:
            bias = bias + weights[:, ~given].sum(axis=(2, 3)) @ x.lo[~given]
            weights = weights[:, given]
        groups = int(kept.sum()) if self.depthwise else self.groups
        return replace(self, weights=weights[kept], bias=bias[kept], groups=groups)

    def reordered(self, order: Ints) -> Self:
        assert self.groups == 1
        return replace(self, weights=self.weights[order], bias=self.bias[order])
