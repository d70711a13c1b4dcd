"""Convolution: matrix products in a float type that is exact, or shifted sums of integers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from corgibuilder.ir import Conv, QInt

from .dtypes import exact_float, largest_magnitude, smallest_dtype
from .windows import padded, taps

Array = NDArray[Any]


def convolve(op: Conv, x: Array) -> Array:
    """Accumulators of ``op`` at ``x``, bias included."""
    bound = sum_bound(op, largest_magnitude(x))
    if op.depthwise:
        return _depthwise(op, x, bound)
    kind = exact_float(bound) or np.dtype(np.int64)
    parts = [
        _dense(weights, bias, channels, op, kind)
        for weights, bias, channels in _groups(op, padded(x, op.window.pads, 0))
    ]
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)


def sum_bound(op: Conv, reach: int) -> int:
    """Largest magnitude of any partial sum, in any order, if no input is larger than ``reach``."""
    magnitudes = np.abs(op.weights).sum(axis=(1, 2, 3))
    return int((magnitudes * reach + np.abs(op.bias)).max())


def _groups(op: Conv, x: Array) -> list[tuple[Array, Array, Array]]:
    weights = np.split(op.weights, op.groups)
    biases = np.split(op.bias, op.groups)
    return list(zip(weights, biases, np.split(x, op.groups, axis=1), strict=True))


def _dense(weights: Array, bias: Array, x: Array, op: Conv, kind: np.dtype[Any]) -> Array:
    """One group, as one product for each frame of weights and unfolded windows."""
    outputs = len(weights)
    matrix = weights.transpose(0, 2, 3, 1).reshape(outputs, -1).astype(kind)
    result = smallest_dtype(QInt(-(2**31), 2**31 - 1)) if kind != np.int64 else np.dtype(np.int64)
    if kind == np.float64:
        result = np.dtype(np.int64)
    rows, columns = op.window.output_size(
        x.shape[2] - op.window.pads.top - op.window.pads.bottom,
        x.shape[3] - op.window.pads.left - op.window.pads.right,
    )
    sums = np.empty((len(x), outputs, rows, columns), result)
    if rows * columns == 1:
        # the window is the whole map: one product for the whole batch
        unfolded = np.concatenate([part for _, _, part in taps(x, op.window)], axis=1)
        sums[:, :, 0, 0] = unfolded[:, :, 0, 0].astype(kind) @ matrix.T + bias.astype(kind)
        return sums
    for frame, output in zip(x, sums, strict=True):
        views = [part[0] for _, _, part in taps(frame[None], op.window)]
        unfolded = np.empty((len(views), len(frame), rows, columns), kind)
        for place, view in zip(unfolded, views, strict=True):
            place[...] = view
        product = matrix @ unfolded.reshape(matrix.shape[1], -1)
        product += bias.astype(kind)[:, None]
        output[...] = product.reshape(output.shape)
    return sums


def _depthwise(op: Conv, x: Array, bound: int) -> Array:
    """One channel in, one out: a sum of shifted maps, each times one weight per channel."""
    kind = smallest_dtype(QInt(-bound - 1, bound))
    wide = padded(x.astype(kind, copy=False), op.window.pads, 0)
    weights = op.weights.astype(kind)
    total = None
    scratch: Array | None = None
    for j, k, part in taps(wide, op.window):
        factor = weights[:, 0, j, k][:, None, None]
        if total is None:
            total = part * factor
            scratch = np.empty_like(total)
        else:
            total += np.multiply(part, factor, out=scratch)
    assert total is not None
    total += op.bias.astype(kind)[:, None, None]
    return np.asarray(total)
