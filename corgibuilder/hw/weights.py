"""Weights of a layer in the order in which its multiplier array takes them."""

import numpy as np

from corgibuilder.ir import Conv, Ints
from corgibuilder.plan.folded import Folded
from corgibuilder.plan.folding import Feed


def weight_steps(folded: Folded) -> Ints:
    """int64 ``(weight_rows, outputs, inputs)``; lanes without an operand hold a spare weight."""
    stage, folding, spare = folded.stage, folded.folding, folded.spare_weight
    conv = stage.node.op if folded.by_output else stage.engine
    assert isinstance(conv, Conv)
    groups = folded.weight_rows // folded.passes
    windows = folding.feed in (Feed.COLUMNS, Feed.BANKS)
    if folded.depthwise:
        order = conv.weights[:, 0]  # (channels, rows, columns)
        if windows:
            order = order.transpose(0, 2, 1)
        taps = order.reshape(len(order), -1)
        taps = _padded(taps, groups * folding.outputs, folded.passes * folding.inputs, spare)
        blocks = taps.reshape(groups, folding.outputs, folded.passes, folding.inputs)
        return blocks.transpose(0, 2, 1, 3).reshape(
            folded.weight_rows, folding.outputs, folding.inputs
        )
    dense = conv.dense_weights() if conv.groups > 1 else conv.weights
    outputs = len(dense)
    if windows:
        rows = dense.transpose(0, 3, 2, 1).reshape(outputs, -1)  # column, row, channel
        rows = _padded(rows, groups * folding.outputs, folded.passes * folding.inputs, spare)
    else:
        rows = dense.transpose(0, 2, 3, 1)  # row, column, channel
        short = folded.words * folding.inputs - rows.shape[-1]
        ends = ((0, 0), (0, 0), (0, 0), (0, short))
        rows = np.pad(rows, ends, constant_values=spare).reshape(outputs, -1)
        rows = _padded(rows, groups * folding.outputs, rows.shape[1], spare)
    blocks = rows.reshape(groups, folding.outputs, folded.passes, folding.inputs)
    return blocks.transpose(0, 2, 1, 3).reshape(folded.weight_rows, folding.outputs, folding.inputs)


def _padded(rows: Ints, height: int, width: int, spare: int) -> Ints:
    ends = ((0, height - rows.shape[0]), (0, width - rows.shape[1]))
    return np.pad(rows, ends, constant_values=spare)
