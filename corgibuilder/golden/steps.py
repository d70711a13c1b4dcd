"""Step functions: comparisons on small maps, a table or a search for each channel on large ones."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from corgibuilder.ir import QInt, Threshold

from .dtypes import smallest_dtype

Array = NDArray[Any]

MAX_TABLE = 2**16  #: entries for one channel
MAX_COMPARISONS = 2**14  #: for one channel; beyond, a table or a search is faster


def threshold(op: Threshold, x: Array) -> Array:
    """``base`` plus the number of steps of its channel that each value has reached."""
    count = op.steps.shape[1]
    dtype = smallest_dtype(QInt(op.base, op.base + count))
    if count * x.size <= MAX_COMPARISONS * len(op.steps):
        return _compare(op, x, dtype)
    result = np.empty(x.shape, dtype)
    for c, steps in enumerate(op.steps):
        channel = x[:, c]
        lo, hi = int(channel.min(initial=0)), int(channel.max(initial=0))
        if hi - lo < min(MAX_TABLE, channel.size):
            table = _search(steps, np.arange(lo, hi + 1), op.base, dtype)
            result[:, c] = table[channel - np.int64(lo)]
        else:
            result[:, c] = _search(steps, channel, op.base, dtype)
    return result


def _compare(op: Threshold, x: Array, dtype: np.dtype[Any]) -> Array:
    """All channels at once, one comparison for each step."""
    result = np.full(x.shape, op.base, dtype)
    limits = np.iinfo(x.dtype)
    fits = op.steps.size and limits.min <= op.steps.min() and op.steps.max() <= limits.max
    steps = op.steps.astype(x.dtype) if fits else op.steps
    for step in steps.T:
        result += x >= step[:, None, None]
    return result


def _search(steps: Array, values: Array, base: int, dtype: np.dtype[Any]) -> Array:
    return (np.searchsorted(steps, values, side="right") + base).astype(dtype)
