"""Frames of several kinds: a network meets other sums in each of them."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from corgibuilder.ir import Ints, TensorType

Draw = Callable[[np.random.Generator, Ints, Ints, tuple[int, ...]], Ints]


def varied(x: TensorType, number: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """A random map ``(channels, height, width)`` of values that each channel can have.

    ``number`` picks the kind, one after the other.
    """
    rest = x.range.lo % x.step  # of every value
    low, high = ((end[:, None, None] - rest) // x.step for end in (x.lo, x.hi))
    return KINDS[number % len(KINDS)](rng, low, high, tuple(x.shape)) * x.step + rest


def _uniform(rng: np.random.Generator, low: Ints, high: Ints, shape: tuple[int, ...]) -> Ints:
    return rng.integers(low, high, shape, endpoint=True)


def _smooth(rng: np.random.Generator, low: Ints, high: Ints, shape: tuple[int, ...]) -> Ints:
    """Slopes, as in the pictures of a camera: neighbours are alike."""
    y, x = np.linspace(0, 1, shape[1])[:, None], np.linspace(0, 1, shape[2])
    a, b, c = rng.uniform(-1, 1, (3, shape[0], 1, 1))
    part = (0.5 + 0.5 * np.sin(3 * (a * y + b * x + c))) * 0.9 + rng.uniform(0, 0.1, shape)
    return np.asarray(low + np.rint(part * (high - low)), np.int64)


def _sparse(rng: np.random.Generator, low: Ints, high: Ints, shape: tuple[int, ...]) -> Ints:
    """Mostly zeros."""
    zero = np.clip(0, low, high)
    return np.where(rng.random(shape) < 0.25, _uniform(rng, low, high, shape), zero)


def _ends(rng: np.random.Generator, low: Ints, high: Ints, shape: tuple[int, ...]) -> Ints:
    return np.where(rng.random(shape) < 0.5, low, high)


def _weak(rng: np.random.Generator, low: Ints, high: Ints, shape: tuple[int, ...]) -> Ints:
    """A third of the range on both sides of zero."""
    zero = np.clip(0, low, high)
    near = (_uniform(rng, low, high, shape) - zero) / 3
    return np.asarray(zero + np.rint(near), np.int64)


KINDS: tuple[Draw, ...] = (_uniform, _smooth, _sparse, _weak, _ends)
