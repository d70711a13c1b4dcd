"""Which values each step of an engine takes, where several steps' values are in registers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corgibuilder.plan.components.window_sources import Picks

from .wide_conv import values_of_output

if TYPE_CHECKING:
    from .conv import ConvStage
    from .windowed import WindowedStage


def window_operands(stage: ConvStage) -> Picks:
    """For each step the values of the window, in the order of the window's layout.

    A window's values come column by column, in it row by row, in it channel by channel. A shared
    step takes the next ``inputs`` of them; a depthwise step takes ``inputs`` taps of ``outputs``
    channels.
    """
    layer, folding = stage.layer, stage.folding
    channels, count = layer.x.shape.channels, stage.taps
    if stage.output_serial:
        folds = stage.output_folds // layer.output_pixels
        values = [values_of_output(layer, u) for u in range(layer.output_pixels)]
        short: list[int | None] = [None] * (stage.input_folds * folding.inputs - stage.operands)
        return tuple(
            tuple((v + short)[s * folding.inputs : (s + 1) * folding.inputs])
            for v in values
            for _ in range(folds)
            for s in range(stage.input_folds)
        )
    if not stage.depthwise:
        size = count * channels
        return tuple(
            tuple(
                k if k < size else None for k in range(s * folding.inputs, (s + 1) * folding.inputs)
            )
            for s in range(stage.input_folds)
        )
    return tuple(
        tuple(
            tap * channels + c if tap < count and c < channels else None
            for c in range(g * folding.outputs, (g + 1) * folding.outputs)
            for tap in range(s * folding.inputs, (s + 1) * folding.inputs)
        )
        for g in range(stage.output_folds)
        for s in range(stage.input_folds)
    )


def grouped_operands(stage: WindowedStage) -> Picks:
    """For each step the values among a word of every tap: all taps of a group, then of the next."""
    lanes, group = stage.lanes, stage.folding.outputs
    return tuple(
        tuple(tap * lanes + lane if lane < lanes else None for lane in range(first, first + group))
        for first in range(0, stage.folding.groups_per_word * group, group)
        for tap in range(stage.taps)
    )
