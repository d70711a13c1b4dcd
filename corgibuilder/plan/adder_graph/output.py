"""An output while it is made, and the digits that are still to be added up."""

from dataclasses import dataclass

#: A digit is a number, ``value << SHIFT_BITS | shift``; shifts are below half of what these hold.
SHIFT_BITS = 7


def digit_of(value: int, shift: int) -> int:
    return value << SHIFT_BITS | shift


def value_of(digit: int) -> int:
    return digit >> SHIFT_BITS


def shift_of(digit: int) -> int:
    return digit & ((1 << SHIFT_BITS) - 1)


@dataclass(slots=True)
class Output:
    """``signs`` of the digits that are left; ``positive`` ones are above 0, always one or more.

    ``slack`` is by how much ``sum(2**level)`` over their values may still grow.
    """

    signs: dict[int, int]
    positive: int
    slack: int
