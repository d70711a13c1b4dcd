"""Weights of a layer in the order in which its multiplier array takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from corgibuilder.ir import Ints

if TYPE_CHECKING:
    from .conv import ConvStage


def weight_steps(stage: ConvStage) -> Ints:
    """int64 ``(weight_rows, outputs, inputs)``; lanes without an operand hold a spare weight."""
    conv, folding, spare = stage.array_conv, stage.folding, stage.spare_weight
    groups = stage.weight_rows // stage.input_folds
    windows = stage.has_whole_windows
    if stage.depthwise:
        order = conv.weights[:, 0]  # (channels, rows, columns)
        if windows:
            order = order.transpose(0, 2, 1)
        taps = order.reshape(len(order), -1)
        taps = _padded(taps, groups * folding.outputs, stage.input_folds * folding.inputs, spare)
        blocks = taps.reshape(groups, folding.outputs, stage.input_folds, folding.inputs)
        return blocks.transpose(0, 2, 1, 3).reshape(
            stage.weight_rows, folding.outputs, folding.inputs
        )
    dense = conv.dense_weights() if conv.groups > 1 else conv.weights
    outputs = len(dense)
    if windows:
        rows = dense.transpose(0, 3, 2, 1).reshape(outputs, -1)  # column, row, channel
        rows = _padded(rows, groups * folding.outputs, stage.input_folds * folding.inputs, spare)
    else:
        rows = dense.transpose(0, 2, 3, 1)  # row, column, channel
        short = stage.words * folding.inputs - rows.shape[-1]
        ends = ((0, 0), (0, 0), (0, 0), (0, short))
        rows = np.pad(rows, ends, constant_values=spare).reshape(outputs, -1)
        rows = _padded(rows, groups * folding.outputs, rows.shape[1], spare)
    blocks = rows.reshape(groups, folding.outputs, stage.input_folds, folding.inputs)
    return blocks.transpose(0, 2, 1, 3).reshape(stage.weight_rows, folding.outputs, folding.inputs)


def _padded(rows: Ints, height: int, width: int, spare: int) -> Ints:
    ends = ((0, height - rows.shape[0]), (0, width - rows.shape[1]))
    return np.pad(rows, ends, constant_values=spare)
