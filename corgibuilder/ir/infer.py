"""The type of each op's output from that of its input: value ranges, channel by channel."""

from functools import singledispatch

import numpy as np

from .ops import Argmax, Clamp, Conv, Input, Op, Pool, PoolKind, Threshold
from .types import Ints, Shape, TensorType


@singledispatch
def infer(op: Op, *inputs: TensorType) -> TensorType:
    """Output type of ``op``; the ranges are the tightest that hold for independent inputs."""
    raise NotImplementedError(type(op).__name__)


@infer.register
def _(op: Input) -> TensorType:
    channels = op.shape.channels
    lo, hi = (np.full(channels, end, np.int64) for end in (op.range.lo, op.range.hi))
    return TensorType(op.shape, lo, hi, op.range.step)


@infer.register
def _(op: Conv, x: TensorType) -> TensorType:
    lo, hi = x.lo, x.hi
    if op.window.pads:
        lo, hi = np.minimum(lo, 0), np.maximum(hi, 0)
    outputs, inputs = op.weights.shape[:2]
    # (O, I): range of the input channel that each weight multiplies
    group = np.arange(outputs) // (outputs // op.groups)
    channel = group[:, None] * inputs + np.arange(inputs)
    up = np.maximum(op.weights, 0).sum(axis=(2, 3))
    down = np.minimum(op.weights, 0).sum(axis=(2, 3))
    low = (up * lo[channel] + down * hi[channel]).sum(axis=1) + op.bias
    high = (up * hi[channel] + down * lo[channel]).sum(axis=1) + op.bias
    return TensorType(
        Shape(outputs, *op.window.output_size(x.shape.height, x.shape.width)), low, high
    )


@infer.register
def _(op: Pool, x: TensorType) -> TensorType:
    shape = Shape(x.shape.channels, *op.window.output_size(x.shape.height, x.shape.width))
    if op.kind is PoolKind.MAX:
        return TensorType(shape, x.lo, x.hi, x.step)
    taps = op.window.kernel[0] * op.window.kernel[1]
    lo, hi = x.lo * taps, x.hi * taps
    if op.window.pads:
        lo, hi = np.minimum(lo, 0), np.maximum(hi, 0)
    return TensorType(shape, lo, hi)


@infer.register
def _(op: Threshold, x: TensorType) -> TensorType:
    lo = op.base + (x.lo[:, None] >= op.steps).sum(axis=1)
    hi = op.base + (x.hi[:, None] >= op.steps).sum(axis=1)
    return TensorType(x.shape, lo.astype(np.int64), hi.astype(np.int64), _step(op.steps, x))


def _step(steps: Ints, x: TensorType) -> int:
    """Largest number of which all differences of reached counts of ``steps`` are multiples.

    The count is ``k`` for an ``x`` of the range from step ``k - 1`` on, and below step ``k``.
    """
    lo, hi, n = x.lo[:, None], x.hi[:, None], steps.shape[1]
    reached = np.ones(n + 1, bool)
    if n:
        before, after = steps[:, :-1], steps[:, 1:]
        reached[0], reached[n] = (steps[:, :1] > lo).any(), (steps[:, -1:] <= hi).any()
        reached[1:n] = ((before < after) & (before <= hi) & (after > lo)).any(axis=0)
    counts = np.flatnonzero(reached)
    return max(int(np.gcd.reduce(counts - counts[0])), 1)


@infer.register
def _(op: Clamp, x: TensorType) -> TensorType:
    return TensorType(
        x.shape, x.lo.clip(op.range.lo, op.range.hi), x.hi.clip(op.range.lo, op.range.hi)
    )


@infer.register
def _(op: Argmax, x: TensorType) -> TensorType:
    shape = Shape(1, x.shape.height, x.shape.width)
    return TensorType(shape, np.zeros(1, np.int64), np.full(1, x.shape.channels - 1, np.int64))
