"""Operators of graphs, as data: tensors that meet, values that move, and functions that bend."""

from dataclasses import dataclass

import numpy as np

from ..frontend.models import Model


@dataclass(frozen=True, eq=False)
class Add:
    """The sum of two maps."""

    def add(self, model: Model, name: str, first: str, second: str) -> str:
        return model.node("Add", second, name=name, after=first)


@dataclass(frozen=True, eq=False)
class Concat:
    """The channels of one map after those of another."""

    def add(self, model: Model, name: str, first: str, *others: str) -> str:
        return model.node("Concat", *others, name=name, after=first, axis=1)


@dataclass(frozen=True, eq=False)
class Resize:
    """Each pixel so many (rows, columns) times."""

    factors: tuple[int, int]

    def add(self, model: Model, name: str, after: str) -> str:
        region, scales = model.const([]), model.const([1, 1, *self.factors])
        return model.node(
            "Resize",
            region,
            scales,
            name=name,
            after=after,
            mode="nearest",
            coordinate_transformation_mode="asymmetric",
            nearest_mode="floor",
        )


@dataclass(frozen=True, eq=False)
class DepthToSpace:
    """Channels to blocks of pixels; ``mode`` is DCR or CRD."""

    block: int
    mode: str = "DCR"

    def add(self, model: Model, name: str, after: str) -> str:
        return model.node(
            "DepthToSpace", name=name, after=after, blocksize=self.block, mode=self.mode
        )


@dataclass(frozen=True, eq=False)
class Pad:
    """Rows and columns of ``value`` around a map; ``pads`` as for windows."""

    pads: tuple[int, int, int, int]
    value: float = 0.0

    def add(self, model: Model, name: str, after: str) -> str:
        top, left, bottom, right = self.pads
        pads = model.const([0, 0, top, left, 0, 0, bottom, right], np.int64)
        return model.node("Pad", pads, model.const(self.value), name=name, after=after)


@dataclass(frozen=True, eq=False)
class Curve:
    """A function of floats: an operator of ONNX, or with ``gated`` the input times that."""

    kind: str  #: Sigmoid, Tanh, HardSigmoid, Abs
    gated: bool = False

    def add(self, model: Model, name: str, after: str) -> str:
        if not self.gated:
            return model.node(self.kind, name=name, after=after)
        gate = model.node(self.kind, name=f"{name}_gate", after=after)
        return model.node("Mul", gate, name=name, after=after)
