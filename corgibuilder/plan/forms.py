"""Equal forms of a step function, from the cheapest to the one that always exists.

A :class:`~corgibuilder.ir.Threshold` says *what* is computed. How hardware computes it is chosen
here, among forms that are equal for every accumulator that can occur; equality is decided exactly,
step by step, never by sampling.
"""

from dataclasses import dataclass, replace

import numpy as np

from corgibuilder.ir import Clamp, Ints, QInt, TensorType, Threshold

from .multipliers import multipliers

MAX_SECOND_SHIFT = 8  #: a second rounding shifts by at most this, up or down
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
        if scale is not None and _fits(scale, x, bias):
            return replace(scale, offset=scale.offset + bias * scale.mult)
    return StepsForm(steps=steps - bias[:, None], base=base)


def coded(op: Threshold | Clamp | None, out: QInt) -> Threshold | Clamp | None:
    """``op`` giving the codes of its values, which are those of ``out``, instead of the values."""
    if out.step == 1:
        return op
    assert isinstance(op, Threshold), op
    first = out.lo - op.base + out.step - 1
    last = first + (out.hi - out.lo)
    return Threshold(steps=op.steps[:, first : last : out.step], base=0)


def _fits(scale: ScaleForm, x: TensorType, bias: Ints) -> bool:
    """Whether 64 bits hold what every multiplier and offset can make of any accumulator."""
    accumulators = int(np.abs([x.lo - bias, x.hi - bias]).max())
    mult = int(scale.mult.max())
    offset = int(np.abs(scale.offset).max()) + mult * int(np.abs(bias).max())
    return mult * accumulators + offset < 1 << 63


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
    """The step function as multiply, add, shift with the smallest common shift, if it is one."""
    found = multipliers(steps, lo, hi)
    if found is None:
        return None
    mult, offset, shift = found
    if (abs(base) + steps.shape[1]) << shift >= 1 << 62:
        return None  # the offset could leave 64 bits
    out = QInt(base, base + steps.shape[1])
    return ScaleForm(mult=mult, offset=offset + (base << shift), shift=shift, out=out)


def form_cycles(form: Form) -> int:
    """Latency of the requantiser."""
    match form:
        case ShiftForm():
            return 2
        case ScaleForm():
            return 3
        case StepsForm():
            return form.levels + 1
