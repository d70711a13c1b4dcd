"""Each op on a batch ``(frames, channels, height, width)`` of integers of any integer dtype."""

from functools import singledispatch
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corgibuilder.ir import (
    Add,
    Argmax,
    Clamp,
    Conv,
    DepthToSpace,
    Op,
    Pad,
    Pool,
    PoolKind,
    Routing,
    Table,
    Threshold,
    Upsample,
)

from . import convolve, steps
from .dtypes import smallest_dtype
from .windows import padded, taps

Array = NDArray[Any]


@singledispatch
def evaluate(op: Op, *inputs: Array) -> Array:
    """Value of ``op`` at its inputs, as its docstring specifies it."""
    raise NotImplementedError(type(op).__name__)


@evaluate.register
def _(op: Conv, x: Array) -> Array:
    return convolve.convolve(op, x)


@evaluate.register
def _(op: Threshold, x: Array) -> Array:
    return steps.threshold(op, x)


@evaluate.register
def _(op: Clamp, x: Array) -> Array:
    return np.clip(x.astype(np.int64), op.range.lo, op.range.hi).astype(smallest_dtype(op.range))


@evaluate.register
def _(op: Argmax, x: Array) -> Array:
    return np.expand_dims(x.argmax(axis=1), 1)


@evaluate.register
def _(op: Pool, x: Array) -> Array:
    if op.kind is PoolKind.SUM:
        wide = padded(x, op.window.pads, 0)
        total = None
        for _, _, part in taps(wide, op.window):
            total = part.astype(np.int64) if total is None else total + part
        assert total is not None
        return total
    lowest = np.iinfo(x.dtype).min
    best = None
    for _, _, part in taps(padded(x, op.window.pads, lowest), op.window):
        best = part.copy() if best is None else np.maximum(best, part, out=best)
    assert best is not None
    return best


@evaluate.register
def _(op: Add, *inputs: Array) -> Array:
    terms = (x.astype(np.int64) * factor for factor, x in zip(op.factors, inputs, strict=True))
    return np.asarray(sum(terms))


@evaluate.register
def _(op: Routing, *inputs: Array) -> Array:
    channels = np.concatenate([x.astype(np.int64, copy=False) for x in inputs], axis=1)
    return channels[:, op.sources(*(x.shape[1] for x in inputs))]


@evaluate.register
def _(op: Upsample, x: Array) -> Array:
    return x.repeat(op.factors[0], axis=2).repeat(op.factors[1], axis=3)


@evaluate.register
def _(op: DepthToSpace, x: Array) -> Array:
    frames, channels, height, width = x.shape
    b, count = op.block, channels // op.block**2
    if op.block_last:
        apart = x.reshape(frames, count, b, b, height, width)
    else:
        apart = x.reshape(frames, b, b, count, height, width).transpose(0, 3, 1, 2, 4, 5)
    order = apart.transpose(0, 1, 4, 2, 5, 3)
    return order.reshape(frames, count, height * b, width * b)


@evaluate.register
def _(op: Pad, x: Array) -> Array:
    return padded(x.astype(np.int64, copy=False), op.pads, op.value)


@evaluate.register
def _(op: Table, x: Array) -> Array:
    values = np.broadcast_to(op.values, (x.shape[1], op.values.shape[1]))
    channel = np.arange(x.shape[1])[:, None, None]
    found: Array = values[channel, x.astype(np.int64) - op.lo]
    return found
