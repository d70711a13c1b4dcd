"""The type of each op's output from that of its input: value ranges, channel by channel."""

import math
from dataclasses import replace
from functools import singledispatch

import numpy as np

from .ops import (
    Add,
    Argmax,
    Clamp,
    Concat,
    Conv,
    DepthToSpace,
    Input,
    Op,
    Pad,
    Pool,
    PoolKind,
    Table,
    Threshold,
    Upsample,
)
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


@infer.register
def _(op: Add, *inputs: TensorType) -> TensorType:
    ends = [
        (factor * (x.lo if factor > 0 else x.hi), factor * (x.hi if factor > 0 else x.lo))
        for factor, x in zip(op.factors, inputs, strict=True)
    ]
    lo, hi = np.sum(ends, axis=0)
    step = math.gcd(*(f * _varying_step(x) for f, x in zip(op.factors, inputs, strict=True)))
    return TensorType(inputs[0].shape, lo, hi, _common_step(lo, hi, step))


@infer.register
def _(op: Concat, *inputs: TensorType) -> TensorType:
    _, height, width = inputs[0].shape
    shape = Shape(sum(x.shape.channels for x in inputs), height, width)
    lo, hi = (np.concatenate(ends) for ends in zip(*((x.lo, x.hi) for x in inputs), strict=True))
    step = math.gcd(*(_varying_step(x) for x in inputs))
    return TensorType(shape, lo, hi, _common_step(lo, hi, step))


@infer.register
def _(op: Upsample, x: TensorType) -> TensorType:
    channels, height, width = x.shape
    return replace(x, shape=Shape(channels, height * op.factors[0], width * op.factors[1]))


@infer.register
def _(op: DepthToSpace, x: TensorType) -> TensorType:
    channels, height, width = x.shape
    shape = Shape(channels // op.block**2, height * op.block, width * op.block)
    apart = (shape.channels, -1) if op.block_last else (-1, shape.channels)
    axis = 1 if op.block_last else 0
    lo, hi = x.lo.reshape(apart).min(axis=axis), x.hi.reshape(apart).max(axis=axis)
    return TensorType(shape, lo, hi, x.step)


@infer.register
def _(op: Pad, x: TensorType) -> TensorType:
    channels, height, width = x.shape
    pads = op.pads
    shape = Shape(channels, height + pads.top + pads.bottom, width + pads.left + pads.right)
    if not pads:
        return x
    lo, hi = np.minimum(x.lo, op.value), np.maximum(x.hi, op.value)
    step = math.gcd(x.step, op.value - int(x.lo[0]))
    return TensorType(shape, lo, hi, _common_step(lo, hi, step))


@infer.register
def _(op: Table, x: TensorType) -> TensorType:
    index = np.arange(op.values.shape[1]) + op.lo
    assert op.lo <= x.range.lo and x.range.hi <= index[-1], (op.lo, len(index), x.range)
    reached = (index >= x.lo[:, None]) & (index <= x.hi[:, None])
    reached &= (index - x.lo[:, None]) % x.step == 0
    values = np.broadcast_to(op.values, reached.shape)
    lo = np.where(reached, values, np.iinfo(np.int64).max).min(axis=1)
    hi = np.where(reached, values, np.iinfo(np.int64).min).max(axis=1)
    return TensorType(x.shape, lo, hi, max(int(np.gcd.reduce(values[reached] - lo[0])), 1))


def _varying_step(x: TensorType) -> int:
    """The step of values; 0, a multiple of any, where there is only one, which needs no code."""
    return x.step if x.lo.min() < x.hi.max() else 0


def _common_step(lo: Ints, hi: Ints, step: int) -> int:
    """Largest step for channels that each hold ``lo``, ``lo + step``, ..., ``hi``."""
    if lo.min() == hi.max():
        return 1
    return max(int(np.gcd.reduce([step, *(lo - lo[0]), *(hi - lo[0])])), 1)


def sums(op: Op | None, *inputs: TensorType) -> tuple[TensorType, Ints]:
    """Type of what ``op`` adds up without its bias, and the bias, int64 ``(channels,)``.

    Ops without a bias have one of 0; ``None`` passes its input on.
    """
    if op is None:
        return inputs[0], np.zeros(inputs[0].shape.channels, np.int64)
    if isinstance(op, Conv):
        return infer(replace(op, bias=np.zeros_like(op.bias)), *inputs), op.bias
    made = infer(op, *inputs)
    return made, np.zeros(made.shape.channels, np.int64)
