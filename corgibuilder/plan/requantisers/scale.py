"""``scale``: multiply, add, shift."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from corgibuilder.ir import Ints, QInt
from corgibuilder.plan.delays import DelayModel, Path
from corgibuilder.plan.multipliers import multipliers
from corgibuilder.plan.resources import Resources, clipped
from corgibuilder.plan.signed_digits import most_digits

from .constants import Rom, added, constant_roms, constants_delay, is_constant, product, range_of

LARGEST = 1 << 62  #: of an offset


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScaleForm:
    """``clip((x*mult[c] + offset[c]) >> shift, out.lo, out.hi)``, ``>>`` towards minus infinity."""

    mult: Ints
    offset: Ints
    shift: int
    out: QInt

    @property
    def latency(self) -> int:
        """The operands, the sum and the result are registers."""
        return 3

    def apply(self, x: Ints) -> Ints:
        """Values of ``x``, ``(channels, n)``."""
        scaled = (x * self.mult[:, None] + self.offset[:, None]) >> self.shift
        values: Ints = scaled.clip(self.out.lo, self.out.hi)
        return values

    def biased(self, bias: Ints) -> "ScaleForm":
        """The same of ``x + bias``."""
        return replace(self, offset=self.offset + bias * self.mult)

    def fits(self, lo: Ints, hi: Ints, bias: Ints) -> bool:
        """Whether 64 bits hold what every multiplier and offset can make of any accumulator.

        ``lo`` and ``hi`` are the ends of the accumulators with ``bias``, which is to be folded in.
        """
        accumulators = int(np.abs([lo - bias, hi - bias]).max())
        mult = int(self.mult.max())
        offset = int(np.abs(self.offset).max()) + mult * int(np.abs(bias).max())
        return mult * accumulators + offset < 1 << 63

    def scaled(self, acc: QInt) -> QInt:
        """Range of ``x*mult + offset``."""
        ends = [acc.lo * self.mult, acc.hi * self.mult]
        lowest, highest = np.minimum(*ends) + self.offset, np.maximum(*ends) + self.offset
        return QInt(int(lowest.min()), int(highest.max()))

    def memories(self, acc: QInt, channels: int, lanes: int) -> Iterator[Rom]:
        yield from constant_roms("mult", self.mult, lanes)
        yield from constant_roms("offset", self.offset, lanes)

    def paths(self, delays: DelayModel, acc: QInt, channels: int, lanes: int) -> Iterator[Path]:
        """The product and its sum, then the clip: comparisons and two choices."""
        width = self.scaled(acc).width
        begin = max(constants_delay(delays, each, lanes) for each in (self.mult, self.offset))
        factors = range_of(self.mult)
        product = (
            delays.constant_product(most_digits(factors), width)
            if is_constant(self.mult, lanes)
            else delays.product(acc.width, factors.width)
        )
        yield Path("requantiser's product and sum", begin + product + delays.adders(1, width))
        clip = delays.adders(1, width - self.shift) + delays.levels(2)
        yield Path("requantiser's clip", delays.register + clip)

    def resources(self, acc: QInt, channels: int, lanes: int) -> Resources:
        q = self.scaled(acc)
        shifted = QInt(q.lo >> self.shift, q.hi >> self.shift)
        clips = (shifted.lo < self.out.lo) + (shifted.hi > self.out.hi)
        lane = (
            product(acc, self.mult, lanes)
            + added(q.width, self.offset, lanes)
            + clipped(shifted.width, clips, self.out.width)
            + Resources(registers=acc.width + q.width + self.out.width)
        )
        return lane * lanes

    def __str__(self) -> str:
        return f"multiply, shift {self.shift}"


def scale_form(
    steps: Ints, base: int, lo: Ints, hi: Ints, levels: Ints | None = None
) -> ScaleForm | None:
    """The step function as multiply, add, shift with the smallest common shift, if it is one.

    ``steps`` as :func:`~.steps.trimmed` gives them. The result of step ``k`` is ``levels[k]``, by
    default ``base + 1 + k``.
    """
    if levels is None:
        levels = base + 1 + np.arange(steps.shape[1])
    below = int(levels[0]) - 1
    found = multipliers(steps, lo, hi, levels=levels - below)
    if found is None:
        return None
    mult, offset, shift = found
    out = QInt(below, int(levels[-1]))
    if max(abs(out.lo), abs(out.hi)) << shift >= LARGEST:
        return None
    return ScaleForm(mult=mult, offset=offset + (below << shift), shift=shift, out=out)
