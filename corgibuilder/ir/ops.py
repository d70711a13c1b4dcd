"""The operations of the integer network. Each docstring is the specification of its op.

``x`` is the input, indexed ``[channel, row, column]``, and ``x_0``, ``x_1``, ... are the inputs of
an op that has several; everything is an exact integer. Outside the map ``x`` is padding: 0 for
:class:`Conv` and sums, absent for maxima.
"""

import enum
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from .types import Ints, QInt, Shape

Side = TypeVar("Side", int, Ints)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pads:
    """Rows and columns of padding on each side."""

    top: int = 0
    left: int = 0
    bottom: int = 0
    right: int = 0

    def __bool__(self) -> bool:
        return bool(self.top or self.left or self.bottom or self.right)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """How a window moves over a map: kernel and stride as (rows, columns), and padding."""

    kernel: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    pads: Pads = Pads()

    def output_size(self, height: Side, width: Side) -> tuple[Side, Side]:
        """Rows and columns of the output: ``(size + pads - kernel) // stride + 1``."""
        rows = height + self.pads.top + self.pads.bottom - self.kernel[0]
        columns = width + self.pads.left + self.pads.right - self.kernel[1]
        return rows // self.stride[0] + 1, columns // self.stride[1] + 1

    def least_input(self, height: int, width: int) -> tuple[int, int]:
        """Rows and columns of the least map that gives so many rows and columns, or more."""
        rows = (height - 1) * self.stride[0] + self.kernel[0] - self.pads.top - self.pads.bottom
        columns = (width - 1) * self.stride[1] + self.kernel[1] - self.pads.left - self.pads.right
        return max(1, rows), max(1, columns)

    def span(self, width: int) -> int:
        """Pixels from the first to the last of one window, in raster order of a map that wide."""
        return (self.kernel[0] - 1) * width + self.kernel[1]

    @property
    def column(self) -> "Window":
        """The same rows of windows, seen as windows one column wide."""
        pads = Pads(top=self.pads.top, bottom=self.pads.bottom)
        return Window(kernel=(self.kernel[0], 1), stride=(self.stride[0], 1), pads=pads)

    @property
    def tiles(self) -> bool:
        """Windows that neither overlap nor leave gaps nor reach into padding."""
        return self.kernel == self.stride and not self.pads


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """Activations that arrive from outside, one frame of ``shape`` at a time, all in ``range``."""

    shape: Shape
    range: QInt


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Conv:
    """Cross-correlation, the ONNX ``Conv`` and ``MatMul`` on integers.

    ``acc[o, r, c] = bias[o] + sum(w[o, i, j, k] * x[g*I + i, r*sy + j - top, c*sx + k - left])``
    with ``I = w.shape[1]`` inputs in each group and ``g = o // (O / groups)``.

    ``weights`` is int64 ``(O, I, rows, columns)``, ``bias`` int64 ``(O,)``. A fully connected layer
    is the case where the kernel is the whole map.
    """

    weights: Ints
    bias: Ints
    window: Window
    groups: int = 1

    @property
    def depthwise(self) -> bool:
        """One input and one output channel in every group, and more than one group."""
        return self.groups > 1 and self.weights.shape[:2] == (self.groups, 1)

    def dense_weights(self) -> Ints:
        """The weights as one group: ``(O, I * groups, rows, columns)``, zeros between groups."""
        outputs, inputs = self.weights.shape[:2]
        dense = np.zeros((outputs, inputs * self.groups, *self.window.kernel), np.int64)
        for o in range(outputs):
            start = o // (outputs // self.groups) * inputs
            dense[o, start : start + inputs] = self.weights[o]
        return dense


class PoolKind(enum.Enum):
    MAX = "max"
    SUM = "sum"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Largest value, or sum, of each channel in each window. Padding is never the largest."""

    kind: PoolKind
    window: Window


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Threshold:
    """A monotone step function for each channel: ``y = base + #{k : x >= steps[c, k]}``.

    ``steps`` is int64 ``(channels, n)`` and non-decreasing along ``n``. Bringing an accumulator
    back to the activation grid, whatever form the file gave it (QONNX ``Quant``,
    ``MultiThreshold``, BatchNorm in between), is this function. A step beyond the range of ``x`` is
    never reached.
    """

    steps: Ints
    base: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Clamp:
    """``min(max(x, range.lo), range.hi)``: ReLU and clips on values that are not requantised."""

    range: QInt


@dataclass(frozen=True, slots=True, kw_only=True)
class Argmax:
    """Index of the largest channel at each position; of equal ones the lowest index."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Add:
    """``y = sum(factors[k] * x_k)``, value by value: maps of one shape on a common scale.

    A residual connection whose branches have different scales has factors that bring both to one.
    """

    factors: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Concat:
    """The channels of ``x_0``, then those of ``x_1``, ...: maps with the same rows and columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upsample:
    """``y[c, r, k] = x[c, r // rows, k // columns]``: nearest neighbour by whole factors."""

    factors: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class DepthToSpace:
    """Channels to pixels: ``y[c, r*b + i, k*b + j] = x[(i*b + j)*C + c, r, k]``.

    ``b`` is ``block``, ``C`` the channels of ``y``: ONNX ``DepthToSpace`` in mode DCR. For mode CRD
    ``block_last`` is set, and the channel read is ``(c*b + i)*b + j``.
    """

    block: int
    block_last: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pad:
    """``x`` with rows and columns of ``value`` around it."""

    pads: Pads
    value: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """``y = values[c, x - lo]``: any function of each channel's values, monotone or not.

    ``values`` is int64 ``(channels, n)``, or ``(1, n)`` where all channels have the same function;
    ``lo`` is the smallest ``x``, and ``lo + n - 1`` the largest.
    """

    values: Ints
    lo: int


Op = (
    Input
    | Conv
    | Pool
    | Threshold
    | Clamp
    | Argmax
    | Add
    | Concat
    | Upsample
    | DepthToSpace
    | Pad
    | Table
)
