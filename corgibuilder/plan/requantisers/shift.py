"""``shift``: an offset, then one or two half-even shifts. All that powers of two as scales need."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from corgibuilder.ir import Ints, QInt
from corgibuilder.plan.delays import DelayModel, Path
from corgibuilder.plan.resources import Resources, clipped

from .constants import Rom, added, constant_roms, constants_delay, range_of
from .steps import inner

MAX_SECOND_SHIFT = 8  #: a second rounding shifts by at most this, up or down


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounding:
    """``clip(round_half_even(x / 2**shift), out.lo, out.hi)``; a negative shift multiplies."""

    shift: int
    out: QInt

    def apply(self, x: Ints) -> Ints:
        if self.shift > 0:
            odd = (x >> self.shift) & 1
            x = (x + (1 << (self.shift - 1)) - 1 + odd) >> self.shift
        rounded: Ints = (x << max(-self.shift, 0)).clip(self.out.lo, self.out.hi)
        return rounded

    def entering(self, q: QInt) -> QInt:
        """Range of the value that is clipped, for values in ``q``."""
        half = (1 << self.shift >> 1) if self.shift > 0 else 0
        up = max(-self.shift, 0)
        return QInt(
            ((q.lo + half) << up) >> max(self.shift, 0), ((q.hi + half) << up) >> max(self.shift, 0)
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ShiftForm:
    """Add ``offset[c]``, then one or two roundings."""

    offset: Ints
    roundings: tuple[Rounding, ...]

    @property
    def latency(self) -> int:
        """The sum's operands and the result are registers."""
        return 2

    @property
    def out(self) -> QInt:
        return self.roundings[-1].out

    def apply(self, x: Ints) -> Ints:
        """Values of ``x``, ``(channels, n)``."""
        x = x + self.offset[:, None]
        for rounding in self.roundings:
            x = rounding.apply(x)
        return x

    def biased(self, bias: Ints) -> "ShiftForm":
        """The same of ``x + bias``."""
        return replace(self, offset=self.offset + bias)

    def summed(self, acc: QInt) -> QInt:
        """Range of ``x + offset``."""
        spread = range_of(self.offset)
        return QInt(acc.lo + spread.lo, acc.hi + spread.hi)

    def memories(self, acc: QInt, channels: int, lanes: int) -> Iterator[Rom]:
        yield from constant_roms("offset", self.offset, lanes)

    def paths(self, delays: DelayModel, acc: QInt, channels: int, lanes: int) -> Iterator[Path]:
        """The sum and all roundings and clips; a clip is comparisons and two choices."""
        q = self.summed(acc)
        ns = constants_delay(delays, self.offset, lanes)
        adders = int(self.offset.any())
        for rounding in self.roundings:
            entering = rounding.entering(q)
            clips = entering.lo < rounding.out.lo or entering.hi > rounding.out.hi
            adders += (rounding.shift > 0) + clips
            ns += delays.levels(2) if clips else 0
            q = rounding.out
        yield Path("requantiser's sum and rounding", ns + delays.adders(adders, acc.width))

    def resources(self, acc: QInt, channels: int, lanes: int) -> Resources:
        q = self.summed(acc)
        lane = added(q.width, self.offset, lanes)
        for rounding in self.roundings:
            lane += Resources(adders=q.width / 2 if rounding.shift > 0 else 0)
            q = rounding.entering(q)
            limits = (q.lo < rounding.out.lo) + (q.hi > rounding.out.hi)
            lane += clipped(q.width, limits, rounding.out.width)
            q = rounding.out
        return (lane + Resources(registers=acc.width + q.width)) * lanes

    def __str__(self) -> str:
        shifts = "+".join(str(r.shift) for r in self.roundings if r.shift)
        return f"shift {shifts}" if shifts else "add"


def rounding_steps(levels: Ints, shift: int) -> Ints:
    """Smallest ``x`` with ``round_half_even(x / 2**shift) >= level``, for every level.

    Half way between two levels the even one wins, so an odd level starts one later.
    """
    if shift <= 0:
        return -(-levels >> -shift)
    half = 1 << (shift - 1)
    return (levels << shift) - half + (levels & 1)


def shift_form(steps: Ints, base: int, lo: Ints, hi: Ints) -> ShiftForm | None:
    """The step function as one or two half-even roundings of ``x + offset[c]``, if it is one.

    ``steps`` as :func:`~.steps.trimmed` gives them. A step between two others fixes the sum of the
    shifts and each channel's offset; whether the form then has the very same steps is looked up.
    """
    n = steps.shape[1]
    inside = inner(steps, lo, hi)
    c = int(inside.sum(axis=1).argmax())
    k = np.flatnonzero(inside[c])
    if len(k) < 2:
        return None
    total = round(float(np.log2(max((steps[c, k[-1]] - steps[c, k[0]]) / (k[-1] - k[0]), 1))))
    levels = base + 1 + np.arange(n)
    out = QInt(base, base + n)
    for second in sorted(range(-MAX_SECOND_SHIFT, min(total, MAX_SECOND_SHIFT) + 1), key=abs):
        between = rounding_steps(levels, second)
        first = rounding_steps(between, total - second)
        offset = _offsets(first, steps, lo, hi)
        formed = (first - offset[:, None]).clip(lo[:, None], hi[:, None] + 1)
        if not np.array_equal(formed, steps):
            continue
        roundings = [Rounding(shift=second, out=out)] if second or not total else []
        if total != second:
            # Values beyond the outer levels may be cut before the second rounding as well.
            cut = QInt(int(between[0]) - 1, int(between[-1])) if second else out
            roundings.insert(0, Rounding(shift=total - second, out=cut))
        return ShiftForm(offset=offset, roundings=tuple(roundings))
    return None


def _offsets(first: Ints, steps: Ints, lo: Ints, hi: Ints) -> Ints:
    """The only offset per channel that can put ``first`` on ``steps``; see :func:`shift_form`."""
    inside = inner(steps, lo, hi)
    k = inside.argmax(axis=1)
    on_step = first[k] - np.take_along_axis(steps, k[:, None], axis=1)[:, 0]
    reached = (steps <= lo[:, None]).sum(axis=1)
    beyond = np.where(reached == 0, first[0] - hi - 1, first[reached - 1] - lo)
    offsets: Ints = np.where(inside.any(axis=1), on_step, beyond)
    return offsets
