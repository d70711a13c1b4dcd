"""Random layers that move values or bend them, and windows that keep the size of a map."""

from dataclasses import replace

import numpy as np

from corgibuilder.ir import TensorType

from . import random_layers
from .growing import Growing
from .layers import Bipolar, Conv, Curve, MaxPool, Operator, Relu, Times
from .moves import MOVES

CURVES = (
    Curve("Sigmoid"),
    Curve("Tanh"),
    Curve("HardSigmoid"),
    Curve("Sigmoid", gated=True),
    Curve("HardSigmoid", gated=True),
    Curve("Abs"),
)


def moved(rng: np.random.Generator, growing: Growing, source: str) -> Growing:
    """With the values of ``source`` elsewhere, or the same again where that does not fit."""
    kind = growing.type(source)
    if kind is None:
        return growing
    reach, names = growing.reach(source), list(MOVES)
    for name in rng.permutation(names):
        op = type(MOVES[name]).drawn(rng, kind, reach)
        if op is not None:
            return growing.tried(name, op, source) or growing
    return growing


def same_size(
    rng: np.random.Generator, x: TensorType, *, outputs: int, stride: tuple[int, int] = (1, 1)
) -> tuple[str, Operator]:
    """Windows on maps of which only the stride changes the size, whatever it is."""
    channels = x.shape.channels
    if outputs == channels and rng.random() < 0.15:
        kernel, pads = _window(rng, (1, 1))
        return "max", MaxPool(kernel, stride, pads)
    dilations = (1, 1)
    if rng.random() < 0.2:
        dilations = (int(rng.integers(1, 4)), int(rng.integers(1, 4)))
    kernel, pads = _window(rng, dilations)
    groups = channels if outputs == channels and rng.random() < 0.3 else 1
    many = outputs * channels // groups * np.prod(kernel) > random_layers.MOST_WEIGHTS
    if many or rng.random() < 0.3:
        kernel, pads = (1, 1), (0, 0, 0, 0)
    drawn = random_layers.weights(rng, (outputs, channels // groups, *kernel))
    constants = random_layers.bias(rng, outputs)
    kind = "depth" if groups > 1 else "conv"
    return kind, Conv(drawn, constants, None, stride, pads, groups, dilations)


def _window(rng: np.random.Generator, dilations: tuple[int, int]):
    """A kernel, and padding by one pixel less than it covers."""
    kernel = tuple(int(rng.choice([1, 2, 3, 3, 3, 4, 5])) for _ in range(2))
    added = [(size - 1) * apart for size, apart in zip(kernel, dilations, strict=True)]
    top, left = (n // 2 if rng.random() < 0.7 else int(rng.integers(0, n + 1)) for n in added)
    return kernel, (top, left, added[0] - top, added[1] - left)


def quantised(rng: np.random.Generator, growing: Growing, scale: float | None = None) -> Growing:
    """With a quantiser, of that scale if one is given, maybe after a function."""
    more = growing
    if rng.random() < 0.2:
        more = _curved(rng, growing)
    elif rng.random() < 0.3:
        more = growing.with_layer("relu", Relu(), growing.last)
    elif rng.random() < 0.08 and scale is None:
        return growing.tried("sign", Bipolar(1.0), growing.last) or growing
    return _requantised(rng, more, scale) or _requantised(rng, growing, scale) or growing


def _requantised(
    rng: np.random.Generator, growing: Growing, scale: float | None = None
) -> Growing | None:
    """With a quantiser that leaves most of the range, or has that scale."""
    reach = max(growing.reach(growing.last), 2.0**-6) / float(rng.choice([1, 2, 4]))
    op = random_layers.quant(rng, reach)
    if scale is None and rng.random() < 0.9:  # else the executor's own sums round
        scale = 2.0 ** round(np.log2(op.scale))
    if scale is not None:
        bits = int(np.clip(round(np.log2(reach / scale)), 1, 8))
        op = replace(op, scale=np.float32(scale), bits=bits, narrow=False)
    return growing.tried("quant", op, growing.last)


def _curved(rng: np.random.Generator, growing: Growing) -> Growing:
    """With a function of floats, the numbers before it brought to where it bends."""
    reach = max(growing.reach(growing.last), 2.0**-6)
    factor = 2.0 ** round(np.log2(float(rng.choice([4, 8, 16])) / reach))
    more = growing.with_layer("times", Times(factor), growing.last)
    if rng.random() < 0.6:
        more = _requantised(rng, more) or more
    op = CURVES[int(rng.integers(len(CURVES)))]
    return more.tried("curve", op, more.last) or growing
