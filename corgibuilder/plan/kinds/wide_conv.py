"""A convolution over several pixels side by side is another convolution over wide pixels.

    conv C -> O, kernel k        becomes      conv P*C -> U*O, a row of U windows of k side by side

``U`` outputs leave for ``P`` pixels that enter. Padding is 0, so a wide pixel half in the padding
is none: the map's edge lies between two wide pixels, and beyond it a weight multiplies 0 whether it
is 0 or not. The wide layer is a single group, whatever the convolution is: it has zeros between
groups, too.
"""

from dataclasses import replace
from functools import lru_cache

import numpy as np

from corgibuilder.ir import Conv, Ints, Window
from corgibuilder.plan.layers import Layer

MAX_WEIGHTS = 1 << 25  #: of a wide layer, zeros included, so that they fit in memory


def conv_output_pixels(layer: Layer, conv: Conv, pixels: int) -> int:
    """Outputs that leave side by side if ``pixels`` enter so; 0 where they cannot."""
    stride = conv.window.stride[1]
    if _one_window(layer, conv, pixels):
        leaving = 1
    else:
        leaving = pixels // stride if pixels % stride == 0 else 0
    if not leaving or layer.x.shape.width % pixels or layer.acc.shape.width % leaving:
        return 0
    sizes = (leaving * layer.acc.shape.channels, pixels * layer.x.shape.channels)
    kernel = wide_window(layer, conv, pixels, leaving).kernel
    return leaving if int(np.prod((*sizes, *kernel))) <= MAX_WEIGHTS else 0


def _one_window(layer: Layer, conv: Conv, pixels: int) -> bool:
    """Whether a row has a single window, which reaches the last wide pixel."""
    window = conv.window
    reach = window.kernel[1] - window.pads.left + pixels - 1
    return layer.acc.shape.width == 1 and reach // pixels >= layer.x.shape.width // pixels


def wide_window(layer: Layer, conv: Conv, pixels: int, leaving: int) -> Window:
    """The window that holds, in wide pixels, those of all outputs that leave side by side."""
    window = conv.window
    left = -(-window.pads.left // pixels)
    last = (leaving - 1) * window.stride[1] - window.pads.left + window.kernel[1] - 1
    columns = last // pixels + 1  # from the first pixel of the outputs on
    right = layer.acc.shape.width // leaving - 1 + columns - layer.x.shape.width // pixels
    return Window(
        kernel=(window.kernel[0], left + columns),
        stride=(window.stride[0], 1),
        pads=replace(window.pads, left=left, right=right),
    )


@lru_cache(maxsize=64)
def as_one_group(conv: Conv) -> Conv:
    """The same convolution as a single group; remembered, as every folding asks for it again."""
    return conv if conv.groups == 1 else replace(conv, weights=conv.dense_weights(), groups=1)


def wide_conv(layer: Layer, conv: Conv, pixels: int, leaving: int) -> Conv:
    """The convolution over wide pixels."""
    window = wide_window(layer, conv, pixels, leaving)
    weights = _side_by_side(conv, window, pixels, leaving)
    return Conv(weights=weights, bias=np.tile(conv.bias, leaving), window=window)


def _side_by_side(conv: Conv, window: Window, pixels: int, leaving: int) -> Ints:
    """Weights of the wide layer: those of ``conv`` once for each output, a stride further on."""
    dense = as_one_group(conv).weights.transpose(0, 3, 1, 2)  # (outputs, columns, inputs, rows)
    outputs, columns, inputs, rows = dense.shape
    wide = np.zeros((leaving, outputs, window.kernel[1] * pixels, inputs, rows), np.int64)
    for u in range(leaving):
        start = _first_column(conv, window, pixels, u)
        wide[u, :, start : start + columns] = dense
    shape = (leaving * outputs, window.kernel[1], pixels * inputs, rows)
    return np.ascontiguousarray(wide.reshape(shape).transpose(0, 2, 3, 1))


def _first_column(conv: Conv, window: Window, pixels: int, output: int) -> int:
    """Column, in pixels, of the wide window at which that of one output begins."""
    return window.pads.left * pixels - conv.window.pads.left + output * conv.window.stride[1]


def values_of_output(layer: Layer, output: int) -> list[int]:
    """Where the values of one output's window lie in the wide one, both in their own layout.

    A window's values come column by column, in it row by row, in it channel by channel.
    """
    wide, conv, pixels = layer.op, layer.node.op, layer.input_pixels
    assert isinstance(wide, Conv) and isinstance(conv, Conv)
    rows, columns = conv.window.kernel
    first = _first_column(conv, wide.window, pixels, output)
    at = np.arange(wide.weights[0].size).reshape(-1, rows, pixels, layer.pixel_channels)
    by_column = at.transpose(0, 2, 1, 3).reshape(-1, rows * layer.pixel_channels)
    return [int(k) for k in by_column[first : first + columns].ravel()]
