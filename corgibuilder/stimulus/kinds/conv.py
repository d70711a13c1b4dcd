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
    """Range of the weights in memory."""
    held = QInt.of(conv.weights)
    return held if held.step > 1 else held.with_zero
