"""Weights of a layer in the order in which its engine takes them, and how many digits they have."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from corgibuilder.ir import Conv, Ints
from corgibuilder.plan.signed_digits import digit_counts

if TYPE_CHECKING:
    from .conv import ConvStage


def weight_steps(stage: ConvStage) -> Ints:
    """int64 ``(weight_rows, outputs, inputs)``; lanes without an operand hold a spare weight."""
    folding, folds, spare = stage.folding, stage.input_folds, stage.spare_weight
    weights = stage.array_conv.weights
    if stage.has_whole_windows:
        rows = weights.transpose(0, 3, 2, 1)  # column, row, channel
    else:
        rows = weights.transpose(0, 2, 3, 1)  # row, column, channel
        short = stage.words_per_group * folding.inputs - rows.shape[-1]
        rows = np.pad(rows, ((0, 0), (0, 0), (0, 0), (0, short)), constant_values=spare)
    output_folds = stage.weight_rows // folds
    rows = rows.reshape(len(rows), -1)
    rows = _padded(rows, output_folds * folding.outputs, folds * folding.inputs, spare)
    blocks = rows.reshape(output_folds, folding.outputs, folds, folding.inputs)
    return blocks.transpose(0, 2, 1, 3).reshape(stage.weight_rows, folding.outputs, folding.inputs)


@lru_cache(maxsize=64)
def digits(conv: Conv) -> int:
    """Canonical signed digits of all weights.

    Remembered, as the search for a folding asks again and again.
    """
    return int(digit_counts(conv.weights).sum())


def _padded(rows: Ints, height: int, width: int, spare: int) -> Ints:
    ends = ((0, height - rows.shape[0]), (0, width - rows.shape[1]))
    return np.pad(rows, ends, constant_values=spare)
