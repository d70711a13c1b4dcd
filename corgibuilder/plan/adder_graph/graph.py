"""Adder graphs: the outputs of a constant matrix as sums and differences of two values each."""

from dataclasses import dataclass

from corgibuilder.ir import QInt


@dataclass(frozen=True, slots=True)
class Term:
    """``value << shift``. Values are numbered: the inputs, then the sums."""

    value: int
    shift: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """``a + b``, or ``a - b`` if it is a ``difference``; at least one of the two shifts is 0.

    ``range`` has the smallest and the largest value that occur. ``level`` is 1 more than that of
    the higher of the two values, where inputs have level 0. ``full_adders`` are those of the
    result's bits that depend on both values.
    """

    a: Term
    b: Term
    difference: bool
    range: QInt
    level: int
    full_adders: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AdderGraph:
    """A constant matrix times a vector.

    ``inputs`` are the ranges of the vector's values. An output is a term, or ``None`` where it is
    always 0. The terms of a sum are values before it.
    """

    inputs: tuple[QInt, ...]
    sums: tuple[Sum, ...]
    outputs: tuple[Term | None, ...]

    def range_of(self, value: int) -> QInt:
        """Range of an input or a sum."""
        inputs = len(self.inputs)
        return self.inputs[value] if value < inputs else self.sums[value - inputs].range

    @property
    def full_adders(self) -> int:
        return sum(found.full_adders for found in self.sums)
