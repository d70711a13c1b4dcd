"""Step functions: a table over the accumulator where its range is small, a search elsewhere."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from corgibuilder.ir import QInt, Threshold

from .dtypes import smallest_dtype

Array = NDArray[Any]

MAX_TABLE = 2**16  #: entries for one channel


def threshold(op: Threshold, x: Array) -> Array:
    """``base`` plus the number of steps of its channel that each value has reached."""
    count = op.steps.shape[1]
    result = np.empty(x.shape, smallest_dtype(QInt(op.base, op.base + count)))
    for c, steps in enumerate(op.steps):
        channel = x[:, c]
        lo, hi = int(channel.min(initial=0)), int(channel.max(initial=0))
        if hi - lo < min(MAX_TABLE, channel.size):
            table = _count(steps, np.arange(lo, hi + 1), op.base, result.dtype)
            result[:, c] = table[channel - np.int64(lo)]
        else:
            result[:, c] = _count(steps, channel, op.base, result.dtype)
    return result


def _count(steps: Array, values: Array, base: int, dtype: np.dtype[Any]) -> Array:
    return (np.searchsorted(steps, values, side="right") + base).astype(dtype)
