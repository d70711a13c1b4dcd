"""Each op on a batch ``(frames, channels, height, width)`` of integers of any integer dtype."""

from functools import singledispatch
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corgibuilder.ir import Argmax, Clamp, Conv, Op, Pool, PoolKind, Threshold

from . import convolve, steps
from .dtypes import smallest_dtype
from .windows import padded, taps

Array = NDArray[Any]


@singledispatch
def evaluate(op: Op, x: Array) -> Array:
    """Value of ``op`` at ``x``, as its docstring specifies it."""
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
