"""Random operators that suit the value which they read."""

import numpy as np

from corgibuilder.ir import QInt, Shape, TensorType

from .layers import (
    AveragePool,
    BatchNorm,
    Bipolar,
    Clip,
    Conv,
    Dense,
    GlobalAverage,
    GlobalMax,
    MaxPool,
    MultiThreshold,
    Operator,
    Quant,
    Relu,
    Times,
)

__all__ = ["Relu", "activation", "bias", "engine", "input_type", "quant", "weights"]

MOST_WEIGHTS = 4000  #: of a layer
MOST_BITS = 16  #: of activations
MODES = ("ROUND", "CEIL", "FLOOR", "UP", "DOWN", "HALF_UP", "HALF_DOWN")
OUTPUTS = (1, 2, 3, 4, 5, 6, 7, 8, 11, 13, 16, 17)


def input_type(shape: tuple[int, int, int], values: str) -> TensorType:
    """Type of an input as its annotation has it."""
    if values == "BIPOLAR":
        entry = QInt(-1, 1)
    else:
        bits = int(values.removeprefix("U").removeprefix("INT"))
        half = 1 << bits - 1
        entry = QInt(0, 2 * half - 1) if values.startswith("U") else QInt(-half, half - 1)
    channels = shape[0]
    lo, hi = np.full(channels, entry.lo), np.full(channels, entry.hi)
    return TensorType(Shape(*shape), lo, hi)


def engine(rng: np.random.Generator, x: TensorType) -> tuple[str, Operator]:
    """What a stage is built around, and a name for it."""
    channels, height, width = x.shape
    pick = rng.random()
    if pick < 0.42:
        return "conv", _conv(rng, x, "dense")
    if pick < 0.52:
        return "group", _conv(rng, x, "grouped")
    if pick < 0.67:
        return "depth", _conv(rng, x, "depthwise")
    if pick < 0.74:
        return "point", _conv(rng, x, "pointwise")
    if pick < 0.82:
        return "max", MaxPool(*_window(rng, height, width))
    if pick < 0.88:
        return "average", AveragePool(*_window(rng, height, width))
    if pick < 0.91:
        return "global", GlobalAverage() if rng.random() < 0.6 else GlobalMax()
    if pick < 0.96:
        inputs = channels * height * width
        outputs = int(min(rng.choice(OUTPUTS), max(1, 2 * MOST_WEIGHTS // inputs)))
        return "dense", Dense(weights(rng, (inputs, outputs)), bias(rng, outputs))
    return "clip", _clip(rng, x)


def _clip(rng: np.random.Generator, x: TensorType) -> Operator:
    if rng.random() < 0.5:
        return Relu()
    lo, hi = sorted(int(n) for n in rng.integers(x.range.lo, x.range.hi + 1, 2))
    return Clip(lo, hi)


def _size(rng: np.random.Generator, extent: int) -> int:
    """Rows or columns of a kernel, 1 to 9, mostly small and mostly inside the map."""
    most = 9 if rng.random() < 0.15 else min(9, extent + 2)
    return int(min(rng.choice([1, 2, 3, 3, 3, 5, rng.integers(1, 10)]), most))


def _window(rng: np.random.Generator, height: int, width: int):
    """Kernel, stride and padding; the frontend refuses what leaves nothing of the map."""
    kernel = (_size(rng, height), _size(rng, width))
    if rng.random() < 0.15:
        return kernel, kernel, (0, 0, 0, 0)  # tiles
    stride = tuple(int(rng.choice([1, 1, 1, 2, 2, 3, rng.integers(1, 7)])) for _ in range(2))
    match int(rng.integers(0, 3)):
        case 0:
            pads = (0, 0, 0, 0)
        case 1:  # as large as the map, or as near to it as may be
            rows, columns = kernel
            pads = ((rows - 1) // 2, (columns - 1) // 2, rows // 2, columns // 2)
        case _:
            pads = tuple(int(rng.integers(0, k)) for k in (*kernel, *kernel))
    return kernel, stride, pads


def _conv(rng: np.random.Generator, x: TensorType, kind: str) -> Conv:
    channels, height, width = x.shape
    kernel, stride, pads = _window(rng, height, width)
    if kind == "pointwise":
        kernel, stride, pads = (1, 1), (1, 1), (0, 0, 0, 0)
    groups, outputs = 1, int(rng.choice(OUTPUTS))
    if kind == "depthwise":
        groups = outputs = channels
    if kind == "grouped":
        groups = int(rng.choice([n for n in range(1, channels + 1) if channels % n == 0]))
        outputs = groups * int(rng.integers(1, 5))
    while outputs > groups and outputs * channels // groups * np.prod(kernel) > MOST_WEIGHTS:
        outputs = max(outputs // 2 // groups, 1) * groups
    kernels = weights(rng, (outputs, channels // groups, *kernel))
    scale = None
    if rng.random() < 0.2:
        scale = 2.0 ** rng.integers(-3, 3, outputs)
        if rng.random() < 0.4:
            scale = np.round(rng.uniform(0.05, 2, outputs), 3)
    constants = bias(rng, outputs) if scale is None else None
    return Conv(kernels, constants, scale, stride, pads, groups)


def weights(rng: np.random.Generator, shape: tuple[int, ...]):
    """Integers of 1 to 8 bits; zeros, ends of the range, and channels without any."""
    bits = int(rng.choice([1, 2, 2, 3, 4, 4, 5, 8]))
    if bits == 1:
        return rng.choice([-1, 1], shape)
    half = 1 << bits - 1
    drawn = rng.integers(-half, half, shape)
    if rng.random() < 0.3:
        drawn = np.where(rng.random(shape) < 0.6, 0, drawn)
    if rng.random() < 0.2:
        drawn = np.where(rng.random(shape) < 0.5, rng.choice([-half, half - 1], shape), drawn)
    if rng.random() < 0.15:
        drawn[int(rng.integers(0, shape[0]))] = 0
    return drawn


def bias(rng: np.random.Generator, outputs: int):
    return None if rng.random() < 0.5 else rng.integers(-40, 41, outputs)


def activation(rng: np.random.Generator, x: TensorType) -> list[tuple[str, Operator]]:
    """The operators after an engine whose sums are in the ranges of ``x``."""
    # Sums reach the ends of their range seldom: most steps lie where most sums do.
    reach = max(2.0, (x.range.hi - x.range.lo) / rng.choice([2, 4, 8, 16]))
    layers: list[tuple[str, Operator]] = []
    pick = rng.random()
    if pick < 0.07:
        return [("sign", Bipolar(float(rng.choice([1.0, 0.5, 2.0]))))]
    if pick < 0.37:
        return [("steps", _steps(rng, x, reach))]
    if pick < 0.55:
        gamma = rng.normal(0, 1, x.shape.channels)
        gamma[rng.random(x.shape.channels) < 0.1] = 0
        noise = [rng.normal(0, 1, x.shape.channels) for _ in range(2)]
        variance = rng.uniform(0.1, 1, x.shape.channels) * reach**2
        layers.append(("norm", BatchNorm(gamma, noise[0], noise[1] * reach / 8, variance)))
        reach = 3.0
    elif pick < 0.62:
        layers.append(("times", Times(float(rng.choice([-1, -0.5, 0.25, 0.3, -0.7])))))
    if rng.random() < 0.3:
        layers.append(("relu", Relu()))
    layers.append(("quant", quant(rng, reach)))
    return layers


def _steps(rng: np.random.Generator, x: TensorType, reach: float) -> MultiThreshold:
    levels = int(rng.choice([1, 2, 3, 7, 15, 20, 63, 255]))
    rows = 1 if rng.random() < 0.2 else x.shape.channels
    middle = (x.lo + x.hi)[:rows, None] // 2
    steps = middle + rng.integers(-int(reach), int(reach) + 1, (rows, levels))
    scale = float(rng.choice([1.0, 1.0, 1.0, 2.0, 0.5, -1.0]))
    bias = float(rng.choice([0, 0, -(levels // 2) - 1, 3])) * scale
    return MultiThreshold(np.sort(steps, axis=1), scale, bias)


def quant(rng: np.random.Generator, reach: float) -> Quant:
    signed = bool(rng.random() < 0.5)
    bits = int(rng.choice([1, 2, 3, 4, 4, 5, 6, 8, 8]))
    scale = reach / 2**bits
    if rng.random() < 0.5:
        scale = 2.0 ** round(np.log2(scale))
        bits = bits if rng.random() < 0.9 else int(rng.integers(9, MOST_BITS + 1))
    return Quant(
        np.float32(scale),
        zero=float(rng.choice([0, 0, 0, 1, -2])) if not signed else 0.0,
        bits=bits,
        signed=signed,
        narrow=bool(bits > 2 and rng.random() < 0.2),
        mode=str(rng.choice(MODES)),
    )
