"""Step functions as the finders of requantisers take them: only steps that someone reaches."""

import numpy as np
from numpy.typing import NDArray

from corgibuilder.ir import Ints, QInt, TensorType, Threshold


def trimmed(op: Threshold, x: TensorType) -> tuple[Ints, int]:
    """Steps within the range of each channel, without those that all channels or none reach.

    A step that is always reached is moved to the channel's ``lo``, one that never is to ``hi + 1``.
    """
    shape = (x.shape.channels, op.steps.shape[1])
    steps = np.broadcast_to(op.steps, shape).clip(x.lo[:, None], x.hi[:, None] + 1)
    always = int((steps <= x.lo[:, None]).sum(axis=1).min())
    ever = int((steps <= x.hi[:, None]).sum(axis=1).max())
    return steps[:, always:ever], op.base + always


def coded(op: Threshold, out: QInt) -> Threshold:
    """``op`` giving the codes of its values, which are those of ``out``, instead of the values."""
    if out.step == 1:
        return op
    first = out.lo - op.base + out.step - 1
    last = first + (out.hi - out.lo)
    return Threshold(steps=op.steps[:, first : last : out.step], base=0)


def inner(steps: Ints, lo: Ints, hi: Ints) -> NDArray[np.bool_]:
    """Which steps lie between two values of their channel: neither always nor never reached."""
    return np.asarray((steps > lo[:, None]) & (steps <= hi[:, None]))


def inner_only(steps: Ints, lo: Ints, hi: Ints) -> Ints:
    """The steps, each other one replaced by the nearest inner one of its channel, or by ``lo``."""
    inside = inner(steps, lo, hi)
    first, last = inside.argmax(axis=1), steps.shape[1] - 1 - inside[:, ::-1].argmax(axis=1)
    nearest = np.arange(steps.shape[1]).clip(first[:, None], last[:, None])
    near = np.take_along_axis(steps, nearest, axis=1)
    return np.where(inside.any(axis=1, keepdims=True), near, lo[:, None])
