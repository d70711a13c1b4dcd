"""What the values that can occur prove about sums: how wide they must be, where 16 bits suffice."""

from dataclasses import dataclass

import numpy as np

from corgibuilder.ir import Conv, Ints, QInt, TensorType

INT16 = QInt(-(2**15), 2**15 - 1)
SIGNED = 128  #: added to signed bytes to make them unsigned


@dataclass(frozen=True, slots=True, kw_only=True)
class Halves:
    """How sums of products of bytes stay in 16 bits.

    Every weight is the sum of ``passes`` parts; sums of at most ``chunk`` groups of four products
    then never leave 16 bits, whatever the input.
    """

    passes: int
    chunk: int


def flip(x: TensorType) -> int:
    """What is added to the values of ``x`` so that they are unsigned bytes."""
    return SIGNED if x.range.lo < 0 else 0


def is_bytes(op: Conv, x: TensorType) -> bool:
    """Whether inputs and weights of ``op`` are bytes."""
    low, high = int(op.weights.min()), int(op.weights.max())
    return x.range.hi - x.range.lo < 256 and _fits(x.range) and low >= -128 and high <= 127


def _fits(values: QInt) -> bool:
    return (values.lo >= 0 and values.hi <= 255) or (values.lo >= -128 and values.hi <= 127)


def flipped_bias(op: Conv, x: TensorType) -> Ints:
    """Bias that takes back what :func:`flip` adds to the inputs."""
    result: Ints = op.bias - flip(x) * op.weights.sum(axis=(1, 2, 3))
    return result


def sum_reach(op: Conv, x: TensorType, *, flipped: bool) -> QInt:
    """Range of every partial sum of products and bias, in any order, and one value around it."""
    low, high = _products(op, x, flip(x) if flipped else 0)
    bias = flipped_bias(op, x) if flipped else op.bias
    lowest = low.sum(axis=1) + np.minimum(bias, 0)
    highest = high.sum(axis=1) + np.maximum(bias, 0)
    return QInt(int(lowest.min()) - 1, int(highest.max()) + 1)


def halves(op: Conv, x: TensorType) -> Halves:
    """The fewest passes and the longest chunk that are proven not to saturate."""
    whole = op.weights
    half = np.trunc(whole / 2).astype(np.int64)
    for parts in ((whole,), (half, whole - half)):
        reaches = [_pairs(*_products(op, x, flip(x), part)) for part in parts]
        if all(_inside(low, high) for low, high in reaches):
            chunk = min(_longest(low, high) for low, high in reaches)
            return Halves(passes=len(parts), chunk=chunk)
    raise AssertionError(x.range)


def _products(
    op: Conv, x: TensorType, added: int, weights: Ints | None = None
) -> tuple[Ints, Ints]:
    """Lowest and highest value, zero included, of each product: ``(outputs, taps * inputs)``."""
    weights = op.weights if weights is None else weights
    outputs, inputs = weights.shape[:2]
    group = np.arange(outputs) // (outputs // op.groups)
    channel = group[:, None] * inputs + np.arange(inputs)
    flat = weights.transpose(0, 2, 3, 1)
    # padding is inside 0 or 128, and so is what stands between real values
    lo = np.minimum(x.lo, 0)[channel][:, None, None, :] + added
    hi = np.maximum(x.hi, 0)[channel][:, None, None, :] + added
    ends = flat * lo, flat * hi
    low = np.minimum(np.minimum(*ends), 0).reshape(outputs, -1)
    high = np.maximum(np.maximum(*ends), 0).reshape(outputs, -1)
    return low, high


def _pairs(low: Ints, high: Ints) -> tuple[Ints, Ints]:
    """Sums of two neighbours, ``(outputs, groups of four, 2)``."""
    missing = -low.shape[1] % 4
    shape = (len(low), -1, 2, 2)
    low, high = (np.pad(part, ((0, 0), (0, missing))).reshape(shape) for part in (low, high))
    return low.sum(axis=3), high.sum(axis=3)


def _inside(low: Ints, high: Ints) -> bool:
    return bool(INT16.lo <= low.min() and high.max() <= INT16.hi)


def _longest(low: Ints, high: Ints) -> int:
    """Most groups of four in a chunk, all chunks starting at a multiple of that number."""
    count = low.shape[1]
    for pieces in range(1, count + 1):
        chunk = -(-count // pieces)
        starts = np.arange(0, count, chunk)
        if _inside(np.add.reduceat(low, starts, axis=1), np.add.reduceat(high, starts, axis=1)):
            return int(chunk)
    raise AssertionError(count)
