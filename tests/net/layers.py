"""The operators of a case, as data. Each one adds itself to an ONNX file.

Those of :mod:`.moves` are among them. Arrays are lists of numbers, or numpy arrays. Windows are
(rows, columns), ``pads`` as in ONNX: top, left, bottom, right.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..frontend.models import QONNX, Model
from .moves import *  # noqa: F403  all are operators
from .moves import Add, Concat, Curve, Moving


@dataclass(frozen=True, eq=False)
class Conv:
    """Integer ``weights`` (outputs, inputs of a group, rows, columns), maybe with a ``scale``."""

    weights: Any
    bias: Any = None
    scale: Any = None  #: for each output
    stride: tuple[int, int] = (1, 1)
    pads: tuple[int, int, int, int] = (0, 0, 0, 0)
    group: int = 1
    dilations: tuple[int, int] = (1, 1)

    @property
    def shape(self):
        return np.shape(self.weights)

    @property
    def kernel(self):
        """Rows and columns of the map that a window covers."""
        pairs = zip(self.shape[2:], self.dilations, strict=True)
        return tuple((size - 1) * apart + 1 for size, apart in pairs)

    def add(self, model: Model, name: str, after: str) -> str:
        weights = _scaled(model, self.weights, self.scale, name)
        return model.conv(
            weights,
            self.bias,
            name=name,
            after=after,
            strides=list(self.stride),
            pads=list(self.pads),
            group=self.group,
            dilations=list(self.dilations),
        )


def _scaled(model: Model, weights, scale, name: str):
    """The weights, or the name of a Quant's output where they have a scale."""
    weights = np.asarray(weights, np.float32)
    if scale is None:
        return weights
    scale = np.asarray(scale, np.float32).reshape(-1, 1, 1, 1)
    return model.node(
        "Quant",
        *map(model.const, (scale, 0.0, 9.0)),
        name=f"{name}_weights",
        after=model.const(weights * scale),
        domain=QONNX,
        signed=1,
        narrow=0,
        rounding_mode="ROUND",
    )


@dataclass(frozen=True, eq=False)
class Dense:
    """Fully connected, on a flattened map: ``weights`` (inputs, outputs)."""

    weights: Any
    bias: Any = None

    def add(self, model: Model, name: str, after: str) -> str:
        flat = model.node("Flatten", name=f"{name}_flat", after=after)
        constants = [self.weights] if self.bias is None else [self.weights, self.bias]
        return model.node("Gemm", *map(model.const, constants), name=name, after=flat)


@dataclass(frozen=True, eq=False)
class Quant:
    scale: Any
    zero: float = 0.0
    bits: int = 4
    signed: bool = True
    narrow: bool = False
    mode: str = "ROUND"

    def add(self, model: Model, name: str, after: str) -> str:
        return model.quant(
            np.asarray(self.scale, np.float32),
            self.zero,
            self.bits,
            signed=int(self.signed),
            narrow=int(self.narrow),
            mode=self.mode,
            name=name,
            after=after,
        )


@dataclass(frozen=True, eq=False)
class Bipolar:
    scale: float = 1.0

    def add(self, model: Model, name: str, after: str) -> str:
        return model.node(
            "BipolarQuant", model.const(self.scale), name=name, after=after, domain=QONNX
        )


@dataclass(frozen=True, eq=False)
class MultiThreshold:
    """``out_bias + out_scale * #{k : x >= steps[c, k]}``; one row of steps may serve all."""

    steps: Any
    out_scale: float = 1.0
    out_bias: float = 0.0

    def add(self, model: Model, name: str, after: str) -> str:
        return model.node(
            "MultiThreshold",
            model.const(self.steps),
            name=name,
            after=after,
            domain=QONNX,
            out_scale=self.out_scale,
            out_bias=self.out_bias,
            out_dtype="INT17",
        )


@dataclass(frozen=True, eq=False)
class BatchNorm:
    gamma: Any
    beta: Any
    mean: Any
    variance: Any

    def add(self, model: Model, name: str, after: str) -> str:
        statistics = (self.gamma, self.beta, self.mean, self.variance)
        constants = map(model.const, statistics)
        return model.node("BatchNormalization", *constants, name=name, after=after, epsilon=1e-3)


@dataclass(frozen=True, eq=False)
class Times:
    """Multiplication of everything by one number, which may be negative."""

    factor: float

    def add(self, model: Model, name: str, after: str) -> str:
        return model.node("Mul", model.const(self.factor), name=name, after=after)


@dataclass(frozen=True, eq=False)
class Relu:
    def add(self, model: Model, name: str, after: str) -> str:
        return model.node("Relu", name=name, after=after)


@dataclass(frozen=True, eq=False)
class Clip:
    lo: float
    hi: float

    def add(self, model: Model, name: str, after: str) -> str:
        return model.node(
            "Clip", model.const(self.lo), model.const(self.hi), name=name, after=after
        )


@dataclass(frozen=True, eq=False)
class MaxPool:
    kernel: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    pads: tuple[int, int, int, int] = (0, 0, 0, 0)

    def add(self, model: Model, name: str, after: str) -> str:
        return _pool(model, "MaxPool", self, name, after)


@dataclass(frozen=True, eq=False)
class AveragePool:
    kernel: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    pads: tuple[int, int, int, int] = (0, 0, 0, 0)

    def add(self, model: Model, name: str, after: str) -> str:
        return _pool(model, "AveragePool", self, name, after, count_include_pad=1)


def _pool(model: Model, kind: str, pool: MaxPool | AveragePool, name: str, after: str, **more):
    return model.node(
        kind,
        name=name,
        after=after,
        kernel_shape=list(pool.kernel),
        strides=list(pool.stride),
        pads=list(pool.pads),
        **more,
    )


@dataclass(frozen=True, eq=False)
class GlobalAverage:
    def add(self, model: Model, name: str, after: str) -> str:
        return model.node("GlobalAveragePool", name=name, after=after)


@dataclass(frozen=True, eq=False)
class GlobalMax:
    def add(self, model: Model, name: str, after: str) -> str:
        return model.node("GlobalMaxPool", name=name, after=after)


@dataclass(frozen=True, eq=False)
class ArgMax:
    def add(self, model: Model, name: str, after: str) -> str:
        return model.node("ArgMax", name=name, after=after, axis=1, keepdims=1)


Operator = (
    Conv | Dense | Quant | Bipolar | MultiThreshold | BatchNorm | Times | Relu | Clip
    | MaxPool | AveragePool | GlobalAverage | GlobalMax | ArgMax
    | Add | Concat | Curve | Moving
)  # fmt: skip
Windowed = Conv | MaxPool | AveragePool
