"""What the reader knows of a tensor of the file: a constant, or a value computed at run time."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from corgibuilder.ir import Shape

from .elementwise import Array, FloatOperation
from .grid import Grid
from .quantisers import Quantiser

if TYPE_CHECKING:
    from .exact_sum import ExactSum

MAX_VIEW = 2**24  #: values of a frame that are looked at one by one


@dataclass(frozen=True, slots=True, eq=False)
class Const:
    """A tensor known while reading.

    ``scale`` is the quantiser's own scale (broadcast to the array's shape) where the tensor is the
    output of one: ``array ~ integers * scale`` but for float32 rounding.
    """

    array: Array
    scale: Array | None = None


@dataclass(frozen=True, slots=True)
class Relayout:
    """Rearrangement of a frame before anything else: transpose, then a new shape, frames first."""

    order: tuple[int, ...]
    shape: tuple[int, ...]

    def __call__(self, x: Array) -> Array:
        frames = len(x)
        return x.transpose(self.order).reshape(frames, *self.shape)


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """An operation of a chain and the name of the node in the file that it comes from."""

    operation: FloatOperation | Quantiser
    node: str

    @property
    def quantises(self) -> bool:
        return hasattr(self.operation, "levels")


def evaluate(chain: Sequence[Step], x: Array) -> Array:
    """The functions of ``chain``, in turn, on floats ``(frames, channels, rows, columns)``."""
    with np.errstate(all="ignore"):
        for step in chain:
            x = step.operation(x)
    return x


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """A tensor computed at run time: integers of ``node``, then float functions, then a view.

    Parameters
    ----------
    node
        Node of the integer network.
    map_shape
        Shape of ``node``'s frames.
    dims
        Shape of a frame in the file; the same elements in the same order.
    grid
        The floats that the integers stand for.
    chain
        What the file does to the floats.
    shared
        Something else in the file reads the integers of ``node`` or a value on the way to here.
    error
        float64 ``(channels,)``: how far the executor's float may be from ``grid``, as its sums are
        rounded in an order of its own; 0 where it is proven exact.
    layout
        For the float input before its quantiser: how the map comes from the user's array.
    integer_type
        The file holds whole numbers as integers here, which only look-ups and casts take.
    exact_sum
        For a sum of two tensors whose ``error`` is not 0: the floats that it has exactly.
    """

    node: str
    map_shape: Shape
    dims: tuple[int, ...]
    grid: Grid
    error: NDArray[np.float64]
    chain: tuple[Step, ...] = ()
    shared: bool = False
    layout: tuple[Relayout, ...] | None = None
    integer_type: bool = False
    exact_sum: "ExactSum | None" = None

    def then(self, *steps: Step) -> "Value":
        return replace(self, chain=self.chain + steps)

    @property
    def quantised(self) -> bool:
        return any(step.quantises for step in self.chain)

    @property
    def is_map(self) -> bool:
        """Channels, rows and columns; or channels and columns, which is a map with one row."""
        return self.dims == tuple(self.map_shape) or self.is_sequence

    @property
    def is_sequence(self) -> bool:
        """What one-dimensional layers read: channels and columns."""
        channels, height, width = self.map_shape
        return height == 1 and self.dims == (channels, width)

    def moved(self, node: str, map_shape: Shape) -> "Value":
        """The result of a layer that reads this map, with as many dimensions."""
        dims = (map_shape.channels, map_shape.width) if self.is_sequence else tuple(map_shape)
        return replace(self, node=node, map_shape=map_shape, dims=dims, shared=False)


def per_channel(value: Value, constant: Array) -> Array | None:
    """``constant`` as the executor broadcasts it, ``(channels, 1, 1)`` or ``()``.

    None if it would change the shape of ``value`` or differs between positions of a channel.
    """
    if constant.size == 1:
        return constant.reshape(()) if constant.ndim <= len(value.dims) + 1 else None
    channels = value.map_shape.channels
    try:
        if np.broadcast_shapes(constant.shape, (1, *value.dims)) != (1, *value.dims):
            return None
    except ValueError:
        return None
    frame = constant.reshape([1] * (len(value.dims) + 1 - constant.ndim) + list(constant.shape))[0]
    if value.dims[0] != channels:  # channels are not a dimension of their own
        if value.map_shape.size > MAX_VIEW:
            return None
        frame = np.broadcast_to(frame, value.dims).reshape(channels, -1)
    rows = frame.reshape(len(frame), -1)
    if not (rows == rows[:, :1]).all():
        return None
    return np.ascontiguousarray(np.broadcast_to(rows[:, 0], channels))[:, None, None]


def map_shape_of(dims: tuple[int, ...]) -> Shape | None:
    """Channels, rows and columns of a frame; None where the file's shape is of another kind."""
    if len(dims) == 1:
        return Shape(dims[0], 1, 1)
    if len(dims) == 2:
        return Shape(dims[0], 1, dims[1])
    if len(dims) == 3:
        return Shape(*dims)
    if len(dims) > 1 and math.prod(dims[1:]) == 1:
        return Shape(dims[0], 1, 1)
    return None


Tensor = Const | Value
