"""Padding, and one strided view of the map for each position in the window."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corgibuilder.ir import Pads, Window

Array = NDArray[Any]


def padded(x: Array, pads: Pads, value: int) -> Array:
    """``x`` with ``value`` around it."""
    if not pads:
        return x
    sides = ((0, 0), (0, 0), (pads.top, pads.bottom), (pads.left, pads.right))
    return np.pad(x, sides, constant_values=value)


def taps(x: Array, window: Window) -> Iterator[tuple[int, int, Array]]:
    """Row and column in the window, and what lies under them at every output position.

    ``x`` is padded already.
    """
    rows = (x.shape[2] - window.kernel[0]) // window.stride[0] + 1
    columns = (x.shape[3] - window.kernel[1]) // window.stride[1] + 1
    for j in range(window.kernel[0]):
        for k in range(window.kernel[1]):
            row_end = j + (rows - 1) * window.stride[0] + 1
            column_end = k + (columns - 1) * window.stride[1] + 1
            yield j, k, x[:, :, j : row_end : window.stride[0], k : column_end : window.stride[1]]
