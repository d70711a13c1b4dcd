"""Float functions of one variable, exactly as the file's executor computes them.

An operation maps an array ``(frames, channels, height, width)``, value by value; its parameters are
``(channels, 1, 1)`` or ``()``. ``direction`` tells for each channel whether the function rises (1),
falls (-1) or is constant (0): a rising function stays rising in rounded arithmetic. It is None for
a function that does none of these everywhere.
"""

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class FloatOperation(Protocol):
    """One function of a chain."""

    @property
    def direction(self) -> Array | None: ...

    @property
    def parameters(self) -> tuple[Array, ...]: ...

    def __call__(self, x: Array) -> Array: ...


class Arithmetic(enum.Enum):
    ADD = "Add"
    SUBTRACT = "Sub"
    SUBTRACT_FROM = "Sub from"
    MULTIPLY = "Mul"
    DIVIDE = "Div"
    MINIMUM = "Min"
    MAXIMUM = "Max"


FUNCTIONS: dict[Arithmetic, Callable[[Array, Array], Array]] = {
    Arithmetic.ADD: lambda x, other: x + other,
    Arithmetic.SUBTRACT: lambda x, other: x - other,
    Arithmetic.SUBTRACT_FROM: lambda x, other: other - x,
    Arithmetic.MULTIPLY: lambda x, other: x * other,
    Arithmetic.DIVIDE: lambda x, other: x / other,
    Arithmetic.MINIMUM: np.minimum,
    Arithmetic.MAXIMUM: np.maximum,
}


@dataclass(frozen=True, slots=True, eq=False)
class WithConstant:
    """``x`` and a constant, joined by one float32 operation (onnxruntime ``Add``, ``Mul``, ...)."""

    function: Arithmetic
    other: Array

    @property
    def parameters(self) -> tuple[Array, ...]:
        return (self.other,)

    @property
    def direction(self) -> Array:
        if self.function in (Arithmetic.MULTIPLY, Arithmetic.DIVIDE):
            return np.sign(self.other)
        falls = self.function is Arithmetic.SUBTRACT_FROM
        return np.full_like(self.other, -1 if falls else 1)

    def __call__(self, x: Array) -> Array:
        return FUNCTIONS[self.function](x, self.other)


@dataclass(frozen=True, slots=True, eq=False)
class Affine:
    """``x * scale + offset`` with two roundings: ``BatchNormalization`` in onnxruntime."""

    scale: Array
    offset: Array

    @property
    def parameters(self) -> tuple[Array, ...]:
        return self.scale, self.offset

    @property
    def direction(self) -> Array:
        return np.sign(self.scale)

    def __call__(self, x: Array) -> Array:
        result: Array = x * self.scale + self.offset
        return result


@dataclass(frozen=True, slots=True, eq=False)
class BatchNorm(Affine):
    """``BatchNormalization``, and the statistics that its scale and offset come from."""

    gamma: Array
    beta: Array
    mean: Array
    variance: Array
    epsilon: float


def batch_norm(
    gamma: Array, beta: Array, mean: Array, variance: Array, epsilon: float
) -> BatchNorm:
    """``(x - mean) / sqrt(variance + epsilon) * gamma + beta``, ordered as in onnxruntime.

    Its CPU kernel multiplies by the reciprocal of the root, and folds the mean into the offset.
    """
    one = np.float32(1)
    scale = gamma * (one / np.sqrt(variance + np.float32(epsilon)))
    return BatchNorm(scale, beta - mean * scale, gamma, beta, mean, variance, epsilon)


@dataclass(frozen=True, slots=True, eq=False)
class Dequantise:
    """``(index - zero_point) * scale``, the end of qonnx ``Quant``, in the dtypes of the file."""

    zero_point: Array
    scale: Array

    @property
    def parameters(self) -> tuple[Array, ...]:
        return self.zero_point, self.scale

    @property
    def direction(self) -> Array:
        return np.ones(self.scale.shape)

    def __call__(self, x: Array) -> Array:
        result: Array = ((x - self.zero_point) * self.scale).astype(np.float32)
        return result
