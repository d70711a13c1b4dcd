"""Finds the cascade of roundings that a step function is, if it is one."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from corgibuilder.ir import Ints, QInt
from corgibuilder.plan.multipliers import have_multipliers

from .cascade import CascadeForm
from .clip import ClipForm
from .grids import FirstRounding, grids
from .scale import scale_form
from .shift import Rounding, ShiftForm, rounding_steps
from .steps import inner

SECOND_SHIFTS = (0, -1, 1, -2, 2, 3, 4)  #: after the multiplication, in the order they are tried
MANY_STEPS = 1 << 12  #: beyond, only the first of these


def cascade_forms(steps: Ints, base: int, lo: Ints, hi: Ints) -> Iterator[CascadeForm]:
    """The step function as a rounding, a multiply-add-shift, and perhaps a half-even shift.

    ``steps`` as :func:`~.steps.trimmed` gives them.
    """
    for grid in grids(steps, lo, hi):
        for shift in SECOND_SHIFTS if steps.shape[1] <= MANY_STEPS else SECOND_SHIFTS[:1]:
            form = _behind(grid, steps, base, lo, hi, shift)
            if form is not None:
                yield form
                break


def _behind(
    grid: FirstRounding, steps: Ints, base: int, lo: Ints, hi: Ints, shift: int
) -> CascadeForm | None:
    """The cascade that begins with ``grid`` and ends with a half-even ``shift``.

    What the grid makes of sums is cut as closely as the steps allow, which asks the least of the
    multipliers: below the first step that any channel reaches, and at the last one.
    """
    inside = inner(steps, lo, hi)
    at = grid.apply(steps)
    assert (at > grid.apply(steps - 1))[inside].all(), "the grid has all steps"
    cut = QInt(int(at[inside].min()) - 1, int(at[inside].max()))
    ends = grid.apply(np.stack([lo, hi], axis=1)).clip(cut.lo, cut.hi)
    levels = rounding_steps(base + 1 + np.arange(steps.shape[1]), shift)
    first = _clipped(grid, cut)
    if have_multipliers(*_seen(steps, at, lo, hi, ends), levels - levels[0] + 1).all():
        clips: tuple[ClipForm, ...] = ()
    else:
        clip = _clip(steps, at, lo, hi, ends, cut, levels - levels[0] + 1)
        if clip is None:
            return None
        clips, ends = (clip,), clip.apply(ends)
    seen, low, high = _seen(steps, at, lo, hi, ends)
    scale = scale_form(seen, 0, low, high, levels)
    if scale is None:
        return None
    last = Rounding(shift=shift, out=QInt(base, base + steps.shape[1]))
    rounding = ShiftForm(offset=np.zeros_like(lo), roundings=(last,))
    return CascadeForm(parts=(first, *clips, scale, *((rounding,) if shift else ())))


def _clipped(grid: FirstRounding, cut: QInt) -> FirstRounding:
    if isinstance(grid, ShiftForm):
        return replace(grid, roundings=(replace(grid.roundings[0], out=cut),))
    return replace(grid, out=cut)


def _seen(steps: Ints, at: Ints, lo: Ints, hi: Ints, ends: Ints) -> tuple[Ints, Ints, Ints]:
    """Steps, lowest and highest value as the multiplication sees them.

    ``at`` are the grid's values of the steps, ``ends`` those of ``lo`` and ``hi``.
    """
    low, high = ends[:, :1], ends[:, 1:]
    seen = np.where(steps <= lo[:, None], low, np.where(steps > hi[:, None], high + 1, at))
    return seen, low[:, 0], high[:, 0]


def _clip(
    steps: Ints, at: Ints, lo: Ints, hi: Ints, ends: Ints, cut: QInt, levels: Ints
) -> ClipForm | None:
    """Limits for each channel, where the common ones leave some channels no multiplier.

    That is so for channels that batch normalisation negates: -128 to 127 becomes -127 to 128. So
    limits that differ by 1 are tried before those that are a channel's own.
    """
    inside = inner(steps, lo, hi)
    some = inside.any(axis=1)
    own_lo = np.where(some, np.where(inside, at, cut.hi).min(axis=1) - 1, ends[:, 0])
    own_hi = np.where(some, np.where(inside, at, cut.lo).max(axis=1), ends[:, 1])

    def possible(low: Ints, high: Ints) -> Ints:
        within = ends.clip(low[:, None], high[:, None])
        return have_multipliers(*_seen(steps, at, lo, hi, within), levels)

    low, high = own_lo, own_hi
    if not possible(low, high).all():
        return None
    for limit in (cut.hi - 1, cut.hi):
        tried = np.maximum(limit, own_hi)
        high = np.where(possible(low, tried), tried, high)
    for limit in (cut.lo + 1, cut.lo):
        tried = np.minimum(limit, own_lo)
        low = np.where(possible(tried, high), tried, low)
    return ClipForm(lo=low, hi=high)
