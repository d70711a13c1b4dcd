"""What components are made of, counted in bits: area in any technology follows from that."""

from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from corgibuilder.ir import Ints, Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """Bits of logic and registers, without memories.

    Parameters
    ----------
    products
        Of multiplications: ``a * b`` bits for values of ``a`` and ``b`` bits that both change.
    adders
        Of adders, subtractors and comparators of values that change: a full adder each.
    choices
        That a signal chooses from two values: ``n - 1`` times the bits of one for one of ``n``.
    masks
        That a signal lets through or replaces by a constant.
    constants
        Of constants looked up in logic.
    registers
        Flip-flops, most of which have an enable.
    """

    products: float = 0
    adders: float = 0
    choices: float = 0
    masks: float = 0
    constants: float = 0
    registers: float = 0

    def __add__(self, other: Self) -> Self:
        return type(self)(  # spelled out, as a search for foldings adds a hundred thousand times
            products=self.products + other.products,
            adders=self.adders + other.adders,
            choices=self.choices + other.choices,
            masks=self.masks + other.masks,
            constants=self.constants + other.constants,
            registers=self.registers + other.registers,
        )

    def __mul__(self, times: float) -> Self:
        return type(self)(**{n: getattr(self, n) * times for n in NAMES})


NAMES = tuple(field.name for field in fields(Resources))

NOTHING = Resources()

#: One word of a stream: its valid bit, and what says when it is taken.
HANDSHAKE = Resources(masks=4, registers=1)


def counter(limit: int) -> Resources:
    """A counter from 0 to ``limit - 1``, which knows that it is at its last."""
    bits = (limit - 1).bit_length()
    return Resources(adders=bits / 2, masks=2 * bits, registers=bits)


def raster(shape: Shape, resizable: bool) -> Resources:
    """Row and column of a map of the largest ``shape``; whose size may come with each frame."""
    place = counter(shape.width) + counter(shape.height)
    sides = shape.width.bit_length() + shape.height.bit_length()
    return place + compared(sides) if resizable else place


def size_queue(held: int, bits: int) -> Resources:
    """So many sizes of maps that wait: each takes the place of the one before, or its own."""
    places = Resources(choices=bits, registers=bits) * held
    return places + counter(held + 1) + HANDSHAKE


def compared(bits: float) -> Resources:
    """Which of two values is larger."""
    return Resources(adders=2 * bits / 3)


def clipped(bits: int, limits: int, out: int) -> Resources:
    """A value compared with so many constant ``limits``, one of which may take its place."""
    return Resources(adders=limits * bits / 3, masks=limits * out)


def changing_bits(values: Ints) -> Ints:
    """For each column of ``(rows, columns)`` the bits of its values that are not always the same.

    Sign bits that always equal the bit below count as one with it.
    """
    ones, zeros = np.bitwise_or.reduce(values, axis=0), np.bitwise_and.reduce(values, axis=0)
    low, high = values.min(axis=0), values.max(axis=0)
    width = np.maximum(_width(low), _width(high))
    changing: Ints = np.bitwise_count((ones ^ zeros) & ((1 << width) - 1)).astype(np.int64)
    return changing


def _width(values: Ints) -> Ints:
    """Bits of each value in two's complement, without those that only repeat the sign."""
    magnitude = np.where(values < 0, ~values, values)
    width: Ints = np.frexp(magnitude.astype(np.float64))[1].astype(np.int64) + 1
    return width
