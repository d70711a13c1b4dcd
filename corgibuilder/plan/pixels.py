"""Pixel parallelism: rewrite a layer so that adjacent pixels of a row enter and leave as one.

A stream carries values in raster order, channels innermost. So P adjacent pixels of C channels are
the same values in the same order as one wide pixel of P*C channels, on a map of a P-th of the
width, and a layer over pixels is another layer over wide pixels.

U outputs leave for P pixels that enter. Neighbours need not know: their words hold the same values.

Needs:  widths that P and U divide.
Keeps:  every value.
"""

from dataclasses import replace

import numpy as np

from corgibuilder.ir import Op, Shape, TensorType

from .layers import Layer

MAX_PIXELS = 16  #: that enter a stage side by side


def widened(layer: Layer, op: Op | None, *, input_pixels: int, output_pixels: int) -> Layer:
    """``layer`` with so many pixels entering and leaving side by side, computed by ``op``."""
    activation = layer.activation
    if activation is not None:
        activation = activation.repeated(layer.acc.shape.channels, output_pixels)
    return replace(
        layer,
        op=op,
        activation=activation,
        inputs=tuple(_wide_type(x, input_pixels) for x in layer.inputs),
        acc=_wide_type(layer.acc, output_pixels),
        bias=np.tile(layer.bias, output_pixels),
        out=_wide_type(layer.out, output_pixels),
        input_pixels=input_pixels,
        output_pixels=output_pixels,
    )


def _wide_type(kind: TensorType, pixels: int) -> TensorType:
    channels, height, width = kind.shape
    shape = Shape(channels * pixels, height, width // pixels)
    lo, hi = np.tile(kind.lo, pixels), np.tile(kind.hi, pixels)
    return TensorType(shape, lo, hi, kind.step)
