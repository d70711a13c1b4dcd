"""How the user's input arrays become the integers of the Input node."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corgibuilder.diagnostics import CompileError, Origin
from corgibuilder.ir import Ints, QInt, Shape

from .elementwise import Array
from .grid import Grid
from .quantisers import Quantiser
from .threshold_extraction import MAX_LEVELS, cut, place_levels, too_many
from .value import Relayout, Step, Value, evaluate

FLOAT_ERROR = 2.0**-20  #: relative, of floats that come from float32 arithmetic


def _frames(name: str, shape: tuple[int, ...], frames: Array) -> Array:
    """``frames`` as an array of the right shape, one or more frames. Raises ``ValueError``."""
    x = np.asarray(frames)
    if x.shape[1:] != shape or not x.ndim:
        raise ValueError(f"input '{name}' takes frames of shape {shape}, these are {x.shape[1:]}")
    if x.dtype.kind not in "fiub":
        raise ValueError(f"input '{name}' takes numbers, not {x.dtype}")
    return x


@dataclass(frozen=True, slots=True, eq=False)
class IntegerInput:
    """The user's numbers are the integers themselves, checked against the annotated range."""

    name: str
    shape: tuple[int, ...]
    map_shape: Shape
    range: QInt

    def __call__(self, frames: NDArray[Any]) -> Ints:
        x = _frames(self.name, self.shape, frames)
        lo, hi, step = self.range.lo, self.range.hi, self.range.step
        with np.errstate(invalid="ignore"):
            whole = (x.astype(np.float64) - lo) % step == 0
        outside = ~((x >= lo) & (x <= hi) & whole)
        if outside.any():
            allowed = f"integers {lo}..{hi}" + (f" in steps of {step}" if step > 1 else "")
            raise ValueError(f"input '{self.name}' takes {allowed}, not {x[outside][0]}")
        return x.astype(np.int64).reshape(len(x), *self.map_shape)


@dataclass(frozen=True, slots=True, eq=False)
class ScaledInput:
    """The user's floats are integers of ``range`` times ``scale``, but for rounding."""

    name: str
    shape: tuple[int, ...]
    map_shape: Shape
    range: QInt
    scale: float

    def __call__(self, frames: NDArray[Any]) -> Ints:
        x = _frames(self.name, self.shape, frames).astype(np.float64)
        lo, hi = self.range.lo, self.range.hi
        with np.errstate(invalid="ignore"):
            whole = np.rint(x / self.scale)
            near = np.abs(x - whole * self.scale) <= np.abs(x) * FLOAT_ERROR
        outside = ~(near & (whole >= lo) & (whole <= hi))
        if outside.any():
            allowed = f"integers {lo}..{hi} times {self.scale:g}"
            raise ValueError(f"input '{self.name}' takes {allowed}, not {x[outside][0]:g}")
        return whole.astype(np.int64).reshape(len(x), *self.map_shape)


@dataclass(frozen=True, slots=True, eq=False)
class FloatInput:
    """The user's floats through the file's own float functions and quantiser, in float32.

    ``integers`` is ``(levels, channels)``: the integer of each index from ``lowest`` up.
    """

    name: str
    shape: tuple[int, ...]
    map_shape: Shape
    layout: tuple[Relayout, ...]
    before: tuple[Step, ...]
    quantiser: Quantiser
    lowest: int
    integers: Ints

    def __call__(self, frames: NDArray[Any]) -> Ints:
        x = _frames(self.name, self.shape, frames).astype(np.float32)
        if np.isnan(x).any():
            raise ValueError(f"input '{self.name}' takes numbers, and some of these are NaN")
        for relayout in self.layout:
            x = relayout(x)
        x = x.reshape(len(x), *self.map_shape)
        with np.errstate(all="ignore"):
            index = self.quantiser(evaluate(self.before, x)).astype(np.int64) - self.lowest
        channel = np.arange(self.map_shape.channels)[:, None, None]
        result: Ints = self.integers[index, channel]
        return result


def float_input(value: Value, at: Origin) -> tuple[FloatInput, QInt, Grid]:
    """Conversion, range and grid of the float input ``value``, whose chain ends in a quantiser."""
    assert value.layout is not None
    parts = cut(value.chain)
    levels = parts.quantiser.levels
    if levels is None or too_many(levels, value.map_shape.channels):
        raise CompileError(
            "CB303",
            f"the input is quantised to more than {MAX_LEVELS} levels",
            at=at,
            help="quantise the input to 16 bits or fewer",
        )
    integers, grid = place_levels(parts, levels, value.map_shape.channels, at, uniform=False)
    shape = value.layout[0].shape
    convert = FloatInput(
        value.node,
        shape,
        value.map_shape,
        value.layout[1:],
        parts.before,
        parts.quantiser,
        levels[0],
        integers,
    )
    assert math.prod(shape) == value.map_shape.size
    return convert, QInt.of(integers), grid
