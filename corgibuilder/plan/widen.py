"""Rewrite a stage so that adjacent pixels of a row enter and leave as one.

A stream carries values in raster order, channels innermost. So P adjacent pixels of C channels are
the same values in the same order as one wide pixel of P*C channels, on a map of a P-th of the
width, and a layer over pixels is another layer over wide pixels:

    conv C -> O, kernel k        becomes      conv P*C -> U*O, a row of U windows of k side by side

U outputs leave for P pixels that enter. Neighbours need not know: their words hold the same values.

Needs:  widths that P and U divide.
Keeps:  every value. Padding is 0, so a wide pixel half in the padding is none: the map's edge lies
        between two wide pixels, and beyond it a weight multiplies 0 whether it is 0 or not.
"""

from dataclasses import replace

import numpy as np

from corgibuilder.ir import Conv, Ints, Pads, Pool, Shape, TensorType, Threshold, Window

from .stages import Stage

MAX_PIXELS = 16  #: that enter a stage as one
MAX_WEIGHTS = 1 << 25  #: of a wide layer, zeros included, so that they fit in memory


def widths(stage: Stage) -> tuple[int, ...]:
    """The numbers of pixels that may enter ``stage`` as one, the smallest first, which is 1."""
    return tuple(p for p in range(1, MAX_PIXELS + 1) if p == 1 or _can_enter(stage, p))


def _can_enter(stage: Stage, pixels: int) -> bool:
    leaving = leaving_pixels(stage, pixels)
    if not leaving or stage.x.shape.width % pixels or stage.acc.shape.width % leaving:
        return False
    if not isinstance(stage.engine, Conv):
        return True
    sizes = (leaving * stage.acc.shape.channels, pixels * stage.x.shape.channels)
    return int(np.prod((*sizes, *wide_window(stage, pixels).kernel))) <= MAX_WEIGHTS


def leaving_pixels(stage: Stage, pixels: int) -> int:
    """Outputs that leave as one if ``pixels`` enter as one; 0 where they cannot."""
    engine = stage.engine
    if engine is None:
        return pixels
    if isinstance(engine, Conv):
        stride = engine.window.stride[1]
        if _one_window(stage, pixels):
            return 1
        return pixels // stride if pixels % stride == 0 else 0
    if isinstance(engine, Pool) and engine.window.tiles:
        columns = engine.window.kernel[1]
        if pixels % columns == 0:
            return pixels // columns
        return 1 if columns % pixels == 0 else 0
    return 0


def _one_window(stage: Stage, pixels: int) -> bool:
    """Whether a row has a single window, which reaches the last wide pixel."""
    assert isinstance(stage.engine, Conv)
    window = stage.engine.window
    reach = window.kernel[1] - window.pads.left + pixels - 1
    return stage.acc.shape.width == 1 and reach // pixels >= stage.x.shape.width // pixels


def wide_window(stage: Stage, pixels: int) -> Window:
    """The window that holds, in wide pixels, the windows of all outputs that leave as one."""
    assert isinstance(stage.engine, Conv)
    window = stage.engine.window
    leaving = leaving_pixels(stage, pixels)
    left = -(-window.pads.left // pixels)
    last = (leaving - 1) * window.stride[1] - window.pads.left + window.kernel[1] - 1
    columns = last // pixels + 1  # from the first pixel of the outputs on
    right = stage.acc.shape.width // leaving - 1 + columns - stage.x.shape.width // pixels
    return Window(
        kernel=(window.kernel[0], left + columns),
        stride=(window.stride[0], 1),
        pads=replace(window.pads, left=left, right=right),
    )


def widen(stage: Stage, pixels: int) -> Stage:
    """``stage`` with ``pixels``, one of its :func:`widths`, entering as one."""
    if pixels == 1:
        return stage
    leaving = leaving_pixels(stage, pixels)
    engine, finish = stage.engine, stage.finish
    if isinstance(engine, Conv):
        window = wide_window(stage, pixels)
        weights = _side_by_side(engine, window, pixels, leaving)
        engine = Conv(weights=weights, bias=np.tile(engine.bias, leaving), window=window)
    elif isinstance(engine, Pool):
        # What lies in one wide pixel is pooled before; see Stage.across.
        rows, columns = engine.window.kernel
        tile = (rows, max(columns // pixels, 1))
        engine = replace(engine, window=Window(kernel=tile, stride=tile, pads=Pads()))
    if isinstance(finish, Threshold):
        shape = (stage.acc.shape.channels, finish.steps.shape[1])
        steps = np.tile(np.broadcast_to(finish.steps, shape), (leaving, 1))
        finish = replace(finish, steps=steps)
    return replace(
        stage,
        engine=engine,
        finish=finish,
        x=_wide_type(stage.x, pixels),
        acc=_wide_type(stage.acc, leaving),
        out=_wide_type(stage.out, leaving),
        entering=pixels,
        leaving=leaving,
    )


def _wide_type(kind: TensorType, pixels: int) -> TensorType:
    channels, height, width = kind.shape
    shape = Shape(channels * pixels, height, width // pixels)
    lo, hi = np.tile(kind.lo, pixels), np.tile(kind.hi, pixels)
    return TensorType(shape, lo, hi, kind.step)


def _side_by_side(conv: Conv, window: Window, pixels: int, leaving: int) -> Ints:
    """Weights of the wide layer: those of ``conv`` once for each output, a stride further on."""
    dense = conv.dense_weights().transpose(0, 3, 1, 2)  # (outputs, columns, inputs, rows)
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


def values_of_output(stage: Stage, output: int) -> list[int]:
    """Where the values of one output's window lie in the wide one, both in their own layout.

    A window's values come column by column, in it row by row, in it channel by channel.
    """
    wide, conv, pixels = stage.engine, stage.node.op, stage.entering
    assert isinstance(wide, Conv) and isinstance(conv, Conv)
    rows, columns = conv.window.kernel
    first = _first_column(conv, wide.window, pixels, output)
    at = np.arange(wide.weights[0].size).reshape(-1, rows, pixels, stage.pixel_channels)
    by_column = at.transpose(0, 2, 1, 3).reshape(-1, rows * stage.pixel_channels)
    return [int(k) for k in by_column[first : first + columns].ravel()]
