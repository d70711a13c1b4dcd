"""Convolutions: the one kind whose weights lie in memory."""

from corgibuilder.ir import Conv, QInt
from corgibuilder.plan.layers import Layer

from .sums import Sums
from .window import WindowSums


def conv_sums(stage: Layer) -> Sums:
    conv = stage.op
    assert isinstance(conv, Conv)
    outputs = len(conv.weights) // conv.groups
    return WindowSums.of(
        stage.inputs,
        conv.weights.reshape(conv.groups, outputs, -1),
        conv.bias.reshape(conv.groups, outputs),
        window=conv.window,
        weight_range=_held(conv),
    )


def _held(conv: Conv) -> QInt:
    """Range of the weights in memory; groups that are built as one have zeros between them."""
    held = QInt.of(conv.weights)
    zeros = conv.groups > 1 and not conv.depthwise
    return held if held.step > 1 and not zeros else held.with_zero
