"""Operators of graphs, as data: tensors that meet, values that move, and functions that bend.

All that is known of an operator that moves values is said here, once: see :class:`Moving`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from corgibuilder.ir import TensorType

from ..frontend.models import Model

Map = tuple[int, int, int]  #: channels, rows, columns
MOST_PIXELS = 600  #: of a map that grows


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


class Moving:
    """Puts the values of a map elsewhere."""

    keeps_channels: ClassVar[bool] = True

    def add(self, model: Model, name: str, after: str) -> str:
        """Add it to a file; the name of its output."""
        raise NotImplementedError

    def shape(self, x: Map) -> Map:
        """Shape of its output."""
        raise NotImplementedError

    def fitted(self, x: Map) -> Self:
        """As near to itself as a map of other channels allows."""
        return self

    def simpler(self) -> Iterator[Self]:
        """Simpler ones of its kind, those first that leave out most."""
        raise NotImplementedError

    @classmethod
    def drawn(cls, rng: np.random.Generator, x: TensorType, reach: float) -> Self | None:
        """A random one for a map whose largest number is ``reach`` from its smallest one."""
        raise NotImplementedError


def less(number: int, least: int = 1) -> list[int]:
    """Smaller numbers worth a try."""
    return sorted({n for n in (least, number // 2, number - 1) if least <= n < number})


@dataclass(frozen=True, eq=False)
class Resize(Moving):
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

    def shape(self, x: Map) -> Map:
        return x[0], x[1] * self.factors[0], x[2] * self.factors[1]

    def simpler(self) -> Iterator[Self]:
        for axis in range(2):
            for factor in less(self.factors[axis]):
                both = (factor, self.factors[1]) if axis == 0 else (self.factors[0], factor)
                yield replace(self, factors=both)

    @classmethod
    def drawn(cls, rng: np.random.Generator, x: TensorType, reach: float) -> Self | None:
        factors = (int(rng.integers(1, 4)), int(rng.integers(1, 4)))
        return cls(factors) if np.prod(factors) * x.shape.pixels <= MOST_PIXELS else None


@dataclass(frozen=True, eq=False)
class DepthToSpace(Moving):
    """Channels to blocks of pixels; ``mode`` is DCR or CRD."""

    keeps_channels: ClassVar[bool] = False

    block: int
    mode: str = "DCR"

    def add(self, model: Model, name: str, after: str) -> str:
        return model.node(
            "DepthToSpace", name=name, after=after, blocksize=self.block, mode=self.mode
        )

    def shape(self, x: Map) -> Map:
        return x[0] // self.block**2, x[1] * self.block, x[2] * self.block

    def fitted(self, x: Map) -> Self:
        return replace(self, block=max(n for n in range(1, self.block + 1) if not x[0] % n**2))

    def simpler(self) -> Iterator[Self]:
        if self.mode != "DCR":
            yield replace(self, mode="DCR")

    @classmethod
    def drawn(cls, rng: np.random.Generator, x: TensorType, reach: float) -> Self | None:
        most = MOST_PIXELS / x.shape.pixels
        blocks = [n for n in (2, 3) if x.shape.channels % n**2 == 0 and n**2 <= most]
        mode = str(rng.choice(["DCR", "CRD"]))
        return cls(int(rng.choice(blocks)), mode) if blocks else None


@dataclass(frozen=True, eq=False)
class Pad(Moving):
    """Rows and columns of ``value`` around a map; ``pads`` as for windows."""

    pads: tuple[int, int, int, int]
    value: float = 0.0

    def add(self, model: Model, name: str, after: str) -> str:
        top, left, bottom, right = self.pads
        pads = model.const([0, 0, top, left, 0, 0, bottom, right], np.int64)
        return model.node("Pad", pads, model.const(self.value), name=name, after=after)

    def shape(self, x: Map) -> Map:
        top, left, bottom, right = self.pads
        return x[0], x[1] + top + bottom, x[2] + left + right

    def simpler(self) -> Iterator[Self]:
        for side in range(4):
            for pad in less(self.pads[side], 0):
                yield replace(self, pads=(*self.pads[:side], pad, *self.pads[side + 1 :]))
        if self.value:
            yield replace(self, value=0.0)

    @classmethod
    def drawn(cls, rng: np.random.Generator, x: TensorType, reach: float) -> Self | None:
        pads = tuple(int(n) for n in rng.choice([0, 0, 1, 1, 2, 3], 4))
        return cls(pads, float(rng.choice([0, 0, 1, -1, np.rint(reach)])))


@dataclass(frozen=True, eq=False)
class Select(Moving):
    """These channels of a map."""

    keeps_channels: ClassVar[bool] = False

    channels: tuple[int, ...]

    def add(self, model: Model, name: str, after: str) -> str:
        return model.node(
            "Gather", model.const(self.channels, np.int64), name=name, after=after, axis=1
        )

    def shape(self, x: Map) -> Map:
        return len(self.channels), *x[1:]

    def fitted(self, x: Map) -> Self:
        return replace(self, channels=tuple(channel % x[0] for channel in self.channels))

    def simpler(self) -> Iterator[Self]:
        for count in less(len(self.channels)):
            yield replace(self, channels=self.channels[:count])
            yield replace(self, channels=self.channels[-count:])

    @classmethod
    def drawn(cls, rng: np.random.Generator, x: TensorType, reach: float) -> Self | None:
        count = int(rng.integers(1, x.shape.channels + 2))
        again = bool(count > x.shape.channels or rng.random() < 0.2)
        return cls(tuple(rng.choice(x.shape.channels, count, replace=again).tolist()))


#: One of each kind, on 8 channels of multiples of 16.
MOVES: dict[str, Moving] = {
    "resize": Resize((2, 3)),
    "space": DepthToSpace(2),
    "pad": Pad((1, 0, 2, 3), 16.0),
    "select": Select((5, 0, 7, 2, 2, 6)),
}


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
