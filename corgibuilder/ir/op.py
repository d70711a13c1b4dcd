"""What every operation of the integer network says of itself."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import ClassVar, Self, TypeVar

import numpy as np

from .types import Ints, Mask, Shape, TensorType


class Op(ABC):
    """An operation: what it computes, and all that follows from that but for its hardware.

    A kind is a frozen dataclass in a file of its own in :mod:`corgibuilder.ir.kinds`, whose
    docstring is the formula: ``x`` is the input, indexed ``[channel, row, column]``, and ``x_0``,
    ``x_1``, ... are the inputs of an op that has several; everything is an exact integer. Outside
    the map ``x`` is padding: 0 for convolutions and sums, absent for maxima.

    What is said here holds for ops that keep channels apart, and have one input.
    """

    __slots__ = ()

    arity: ClassVar[tuple[int, int | None]] = (1, 1)  #: fewest and most inputs
    absorbs_activation: ClassVar[bool] = False  #: whether one stage computes both
    joins_parts: ClassVar[bool] = False  #: whether it stays itself without one of its inputs

    @abstractmethod
    def infer(self, *inputs: TensorType) -> TensorType:
        """Type of the output; ranges for independent inputs, any tap of which may be padding."""

    def problems(self, *inputs: TensorType) -> Iterator[str]:
        """What is wrong with the op where it has these inputs."""
        yield from ()

    def text(self) -> str:
        """Its kind and main numbers, for people."""
        return type(self).__name__

    def sums(self, *inputs: TensorType) -> tuple[TensorType, Ints]:
        """Type of the output without the bias, and the bias, int64 ``(channels,)``."""
        made = self.infer(*inputs)
        return made, np.zeros(made.shape.channels, np.int64)

    def macs(self, made: Shape) -> int:
        """Multiply-accumulates of one frame that gives a map of this shape."""
        return 0

    @property
    def parameters(self) -> int:
        """Numbers that the file gives: weights and biases, steps, values of a table."""
        return 0

    def is_identity(self, x: TensorType) -> bool:
        """Whether it gives every ``x``, its only input, unchanged."""
        return False

    # Channels. An op that keeps channels apart is tied to its inputs: it has their channels, and
    # no others.

    @property
    def keeps_all_channels(self) -> bool:
        """Whether no channel of the output may be left out."""
        return False

    def channels_read(self, live: Mask, *inputs: TensorType) -> tuple[Mask, ...]:
        """For each input the channels that have to be there for the ``live`` ones."""
        return (live,) * len(inputs)

    def channels_given(self, *live: Mask) -> Mask | None:
        """The channels that the output has as the inputs have these; ``None`` if it is not tied."""
        given: Mask = np.logical_or.reduce(live)
        return given

    def pruned(self, kept: Mask, given: Mask, x: TensorType) -> Self:
        """The op with its ``kept`` channels, for the ``given`` ones of ``x``, its first input."""
        return self

    def reordered(self, order: Ints) -> Self:
        """The op whose channel ``c`` is its channel ``order[c]``, that of a tied input as well."""
        return self


class Move(Op):
    """An operation that computes nothing: values are put elsewhere, or a constant is.

    Which one goes where does not depend on any value.
    """

    __slots__ = ()


class Activation(Op):
    """A function of single values, which the layer before it may absorb."""

    __slots__ = ()

    @abstractmethod
    def repeated(self, channels: int, times: int) -> Self:
        """The same for ``times`` as many channels, those of the next ``channels`` again."""

    @abstractmethod
    def at(self, x: Ints) -> Ints:
        """Its values for ``x``, ``(channels, n)``."""


Known = TypeVar("Known")


def of_kind(table: Mapping[type, Known], op: Op | None) -> Known | None:
    """The entry of a table for the kind of ``op``, or for the nearest family that it is of."""
    return next((table[kind] for kind in type(op).__mro__ if kind in table), None)
