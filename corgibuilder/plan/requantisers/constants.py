"""Constants of a requantiser: wires, logic or ROMs, whichever the hardware makes of them."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from corgibuilder.ir import Ints, QInt
from corgibuilder.plan.folding import words_per_pixel

FEW_ENTRIES = 16  #: constants that are chosen from by logic; of more a memory is made


class Rom(NamedTuple):
    """A memory that is only read: ``depth`` words of ``width`` bits."""

    name: str
    depth: int
    width: int

    @property
    def bits(self) -> int:
        return self.depth * self.width


def range_of(values: Ints) -> QInt:
    """Smallest range with a step of 1 that holds all ``values``."""
    return QInt(int(values.min()), int(values.max()))


def is_constant(values: Ints, lanes: int) -> bool:
    """Whether a constant of each channel, ``(channels,)``, is always the same in a lane."""
    return len(values) <= lanes or bool((values == values[0]).all())


def constant_roms(name: str, values: Ints, lanes: int) -> Iterator[Rom]:
    """The ROM of one constant of each channel; none where it does not change."""
    if not is_constant(values, lanes):
        yield Rom(name, words_per_pixel(len(values), lanes), lanes * range_of(values).width)


def product_bits(x: QInt, factors: Ints, lanes: int) -> int:
    """Bits of the product of ``x`` and one factor of each channel, in one lane."""
    if not is_constant(factors, lanes):
        return x.width * range_of(factors).width
    different = np.unique(factors).tolist()
    ones = sum(int(factor).bit_count() for factor in different)
    return x.width * ones // len(different)
