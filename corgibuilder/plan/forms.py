"""Equal forms of a step function, from the cheapest to the one that always exists.

A :class:`~corgibuilder.ir.Threshold` says *what* is computed. How hardware computes it is chosen
here, among forms that are equal for every accumulator that can occur; equality is decided exactly,
step by step, never by sampling.
"""

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np

from corgibuilder.ir import Clamp, Ints, QInt, TensorType, Threshold

MAX_SHIFT = 40  #: shifts below this are tried
MAX_SECOND_SHIFT = 8  #: a second rounding shifts by at most this, up or down
PAIRS_AT_ONCE = 1 << 20  #: pairs of steps looked at together
NEVER = -(1 << 62)  #: below every bound
FEW_STEPS = 3  #: up to here comparing with every step is cheapest


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounding:
    """``clip(round_half_even(x / 2**shift), out.lo, out.hi)``; a negative shift multiplies."""

    shift: int
    out: QInt


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ShiftForm:
    """Add ``offset[c]``, then one or two roundings: what powers of two as scales amount to."""

    offset: Ints
    roundings: tuple[Rounding, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScaleForm:
    """``clip((x*mult[c] + offset[c]) >> shift, out.lo, out.hi)``, ``>>`` towards minus infinity."""

    mult: Ints
    offset: Ints
    shift: int
    out: QInt


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StepsForm:
    """``base + #{k : x >= steps[c, k]}`` by binary search, one comparison per output bit."""

    steps: Ints
    base: int

    @property
    def levels(self) -> int:
        """Comparisons of the search, one after the other."""
        return max(int(self.steps.shape[1]).bit_length(), 1)


Form = ShiftForm | ScaleForm | StepsForm


def find_form(op: Threshold | Clamp | None, x: TensorType, bias: Ints) -> Form:
    """Cheapest form of ``op`` applied to ``acc + bias`` for accumulators of type ``x - bias``.

    Parameters
    ----------
    op
        Step function, clamp, or ``None`` for no change.
    x
        Type of the input of ``op``, bias included.
    bias
        int64 ``(channels,)``: added to the accumulator before ``op``, here folded into the form.
    """
    if op is None:
        return ShiftForm(offset=bias, roundings=(Rounding(shift=0, out=x.range),))
    if isinstance(op, Clamp):
        return ShiftForm(offset=bias, roundings=(Rounding(shift=0, out=op.range),))
    steps, base = trimmed(op, x)
    if steps.shape[1] > FEW_STEPS:
        shift = shift_form(steps, base, x.lo, x.hi)
        if shift is not None:
            return ShiftForm(offset=shift.offset + bias, roundings=shift.roundings)
        scale = scale_form(steps, base, x.lo, x.hi)
        if scale is not None:
            offset = scale.offset + bias * scale.mult
            return ScaleForm(mult=scale.mult, offset=offset, shift=scale.shift, out=scale.out)
    return StepsForm(steps=steps - bias[:, None], base=base)


def trimmed(op: Threshold, x: TensorType) -> tuple[Ints, int]:
    """Steps within the range of each channel, without those that all channels or none reach.

    A step that is always reached is moved to the channel's ``lo``, one that never is to ``hi + 1``.
    """
    shape = (x.shape.channels, op.steps.shape[1])
    steps = np.broadcast_to(op.steps, shape).clip(x.lo[:, None], x.hi[:, None] + 1)
    always = int((steps <= x.lo[:, None]).sum(axis=1).min())
    ever = int((steps <= x.hi[:, None]).sum(axis=1).max())
    return steps[:, always:ever], op.base + always


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

    ``steps`` as :func:`trimmed` gives them. A step between two others fixes the sum of the shifts
    and each channel's offset; whether the form then has the very same steps is looked up.
    """
    n = steps.shape[1]
    inside = (steps > lo[:, None]) & (steps <= hi[:, None])
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
    inside = (steps > lo[:, None]) & (steps <= hi[:, None])
    k = inside.argmax(axis=1)
    on_step = first[k] - np.take_along_axis(steps, k[:, None], axis=1)[:, 0]
    reached = (steps <= lo[:, None]).sum(axis=1)
    beyond = np.where(reached == 0, first[0] - hi - 1, first[reached - 1] - lo)
    offsets: Ints = np.where(inside.any(axis=1), on_step, beyond)
    return offsets


def scale_form(steps: Ints, base: int, lo: Ints, hi: Ints) -> ScaleForm | None:
    """The step function as multiply, add, shift with the smallest common shift, if it is one.

    ``v = (x*m + a) >> s`` is right at a step ``t`` to level ``l`` if ``m*t + a >= l * 2**s`` and
    ``m*(t - 1) + a <= l * 2**s - 1``, where both sides of the step can occur. For one ``m`` these
    are bounds on ``a``, and some ``a`` is left if and only if no lower bound exceeds an upper one;
    so every pair of steps bounds ``m``, and nothing else does.
    """
    channels, n = steps.shape
    levels = base + 1 + np.arange(n)
    chunk = max(1, PAIRS_AT_ONCE // n**2)
    bounds = [
        _Bounds.of(steps[c : c + chunk], levels, lo[c : c + chunk], hi[c : c + chunk])
        for c in range(0, channels, chunk)
    ]
    shift = 0
    for bound in bounds:
        shift = bound.least_shift(shift)
    if shift == MAX_SHIFT:
        return None
    found = [formed for bound in bounds if (formed := bound.multipliers(shift))]
    if len(found) < len(bounds):
        return None
    mult, offset = (np.concatenate(part) for part in zip(*found, strict=True))
    return ScaleForm(mult=mult, offset=offset, shift=shift, out=QInt(base, base + n))


@dataclass(frozen=True, slots=True)
class _Bounds:
    """Conditions ``m*at + a >= level * 2**s`` and ``m*before + a < level * 2**s`` of some channels.

    ``at`` and ``before`` are ``(channels, n)``, with a mask of those that are conditions at all;
    ``distance`` is ``before[l] - at[k]`` for every pair, ``(channels, k, l)``.
    """

    levels: Ints
    at: Ints
    is_at: np.ndarray
    before: Ints
    is_before: np.ndarray
    distance: Ints

    @classmethod
    def of(cls, steps: Ints, levels: Ints, lo: Ints, hi: Ints) -> "_Bounds":
        at, before = np.maximum(steps, lo[:, None]), np.minimum(steps - 1, hi[:, None])
        return cls(
            levels=levels,
            at=at,
            is_at=steps <= hi[:, None],
            before=before,
            is_before=steps > lo[:, None],
            distance=before[:, None, :] - at[:, :, None],
        )

    def least_shift(self, first: int) -> int:
        """The first shift from ``first`` on for which there are multipliers, or ``MAX_SHIFT``.

        If there are some for one shift, twice these will do for the next.
        """
        shifts = range(MAX_SHIFT)
        possible = first == MAX_SHIFT or self._possible(first)
        return first if possible else bisect_left(shifts, True, lo=first, key=self._possible)

    def _possible(self, shift: int) -> bool:
        """Whether every channel has a multiplier."""
        same = self._pair & (self.distance == 0)
        if (same & (self._room(shift) < 0)).any():
            return False
        least, most = self._range(shift)
        return bool((least <= most).all())

    @property
    def _pair(self) -> np.ndarray:
        pair: np.ndarray = self.is_at[:, :, None] & self.is_before[:, None, :]
        return pair

    def _room(self, shift: int) -> Ints:
        """What ``m * distance`` is at most, ``(k, l)``."""
        return (self.levels[None, :] - self.levels[:, None]) * (1 << shift) - 1

    def _range(self, shift: int) -> tuple[Ints, Ints]:
        """Smallest and largest multiplier of each channel that pairs of steps allow."""
        apart = np.where(self.distance == 0, 1, np.abs(self.distance))
        quotient = self._room(shift) // apart
        right, left = self._pair & (self.distance > 0), self._pair & (self.distance < 0)
        most = np.where(right, quotient, -NEVER).min(axis=(1, 2))
        return np.where(left, -quotient, 0).max(axis=(1, 2)), most

    def multipliers(self, shift: int) -> tuple[Ints, Ints] | None:
        """Smallest multiplier of each channel and an offset, for a shift that is possible.

        ``None`` where a product could leave 64 bits.
        """
        one = 1 << shift
        least, _ = self._range(shift)
        farthest = max(int(np.abs(values).max()) for values in (self.at, self.before))
        if int(least.max()) * farthest > -NEVER:
            return None
        lowest = np.where(self.is_at, self.levels * one - least[:, None] * self.at, NEVER)
        highest = np.where(
            self.is_before, self.levels * one - 1 - least[:, None] * self.before, -NEVER
        )
        some = self.is_at.any(axis=1)
        return least, np.where(some, lowest.max(axis=1), highest.min(axis=1))
