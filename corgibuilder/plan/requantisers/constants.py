"""Constants of a requantiser: wires, logic or ROMs, whichever the hardware makes of them."""

from collections.abc import Iterator
from typing import NamedTuple

from corgibuilder.ir import Ints, QInt
from corgibuilder.plan.delays import DelayModel
from corgibuilder.plan.folding import words_per_pixel
from corgibuilder.plan.resources import NOTHING, Resources
from corgibuilder.plan.signed_digits import digit_counts

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


def constants_delay(delays: DelayModel, values: Ints, lanes: int) -> float:
    """Until one constant of each channel is there, behind a register or from its ROM."""
    depths = [each.depth for each in constant_roms("constants", values, lanes)]
    return delays.memory(max(depths, default=0))


def product(x: QInt, factors: Ints, lanes: int) -> Resources:
    """The product of ``x`` and one factor of each channel, in one lane.

    A product by itself takes less than one of a sum, whose adders count with it. A lane whose
    factor is always the same adds up one copy of ``x`` for each digit of it.
    """
    if not is_constant(factors, lanes):
        return Resources(products=0.8 * x.width * range_of(factors).width)
    return Resources(adders=x.width * float(digit_counts(factors).mean() - 1))


def added(width: int, values: Ints, lanes: int) -> Resources:
    """One constant of each channel added to a value, in one lane."""
    if not values.any():
        return NOTHING
    return Resources(adders=width / 2 if is_constant(values, lanes) else width)
