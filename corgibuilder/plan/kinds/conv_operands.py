"""Which values each step of an engine takes, where several steps' values are in registers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from corgibuilder.ir import QInt
from corgibuilder.plan.components.window_sources import LaneMap

from .wide_conv import values_of_output

if TYPE_CHECKING:
    from .conv import ConvStage
    from .windowed import WindowedStage


def window_operands(stage: ConvStage) -> LaneMap:
    """For each step the values of the window, in the order of the window's layout.

    A window's values come column by column, in it row by row, in it channel by channel. A step
    takes the next ``inputs`` of each group at work. Steps of the same values, for other outputs of
    a group, are left out.
    """
    inputs, folds, at_once = stage.folding.inputs, stage.input_folds, stage.groups_at_once
    values = [_padded(group, folds * inputs) for group in _groups(stage)]
    values += [_padded([], folds * inputs)] * (-len(values) % at_once)
    return tuple(
        tuple(v for group in values[g : g + at_once] for v in group[s : s + inputs])
        for g in range(0, len(values), at_once)
        for s in range(0, folds * inputs, inputs)
    )


def lane_ranges(stage: ConvStage) -> tuple[QInt, ...]:
    """For each lane of the words of an engine the values that it brings in any step."""
    x = stage.layer.x
    lo, hi = (np.minimum(x.lo, 0), np.maximum(x.hi, 0)) if stage.window.pads else (x.lo, x.hi)
    if stage.has_whole_windows:
        channels = np.array(window_operands(stage)) % x.shape.channels
    else:
        channels = np.arange(x.shape.channels)[None]
    ends = zip(lo[channels].min(axis=0), hi[channels].max(axis=0), strict=True)
    return tuple(QInt(int(low), int(high)) for low, high in ends)


def _groups(stage: ConvStage) -> list[list[int]]:
    """The values of the window that each group of outputs needs."""
    layer, inputs = stage.layer, stage.group_inputs
    if stage.output_serial:
        return [values_of_output(layer, u) for u in range(layer.output_pixels)]
    channels = layer.x.shape.channels
    return [
        [tap * channels + c for tap in range(stage.taps) for c in range(first, first + inputs)]
        for first in range(0, channels, inputs)
    ]


def _padded(values: list[int], length: int) -> list[int | None]:
    return [*values, *([None] * (length - len(values)))]


def grouped_operands(stage: WindowedStage, values: int) -> LaneMap:
    """For each step its ``values`` among a word of every tap: group by group, in it tap by tap."""
    lanes = stage.lanes
    return tuple(
        tuple(tap * lanes + lane if lane < lanes else None for lane in range(first, first + values))
        for first in range(0, stage.folding.groups_per_word * values, values)
        for tap in range(stage.taps)
    )
