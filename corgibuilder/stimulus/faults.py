"""Sums at which a wrong constant of a scale, a cascade or a table shows."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import singledispatch

import numpy as np

from corgibuilder.ir import Ints
from corgibuilder.plan.requantisers import CascadeForm, ClipForm, ScaleForm, ShiftForm, TableForm

Part = ShiftForm | ScaleForm | ClipForm
CONSTANTS = {ShiftForm: ["offset"], ScaleForm: ["mult", "offset"], ClipForm: ["lo", "hi"]}


@singledispatch
def form_faults(
    form: ScaleForm | CascadeForm | TableForm, channel: int, lo: int, hi: int
) -> tuple[Ints, Ints]:
    """Ranges of sums, ``(faults, n)`` for their ends, in any of which a fault shows.

    There is a fault for each constant of the channel that is one too large or too small. Sums are
    ``lo`` to ``hi``, without bias; a range is empty where its first sum is above its last.
    """
    raise NotImplementedError(type(form).__name__)


@form_faults.register
def _(form: TableForm, channel: int, lo: int, hi: int) -> tuple[Ints, Ints]:
    """Every entry that can be read, too large and too small."""
    sums = np.arange(lo, hi + 1, form.acc.step)
    both = np.concatenate([sums, sums])[:, None]
    return both, both


@form_faults.register
def _(form: ScaleForm, channel: int, lo: int, hi: int) -> tuple[Ints, Ints]:
    return form_faults(CascadeForm(parts=(form,)), channel, lo, hi)


@form_faults.register
def _(form: CascadeForm, channel: int, lo: int, hi: int) -> tuple[Ints, Ints]:
    """Where levels begin too early or too late.

    What a wrong part makes of its values is compared with what the right one does, and the values
    that differ are followed back to sums.
    """
    levels = np.arange(form.out.lo + 1, form.out.hi + 1)
    parts = [_of_channel(part, channel) for part in form.parts]
    firsts, lasts = [], []
    for k, part in enumerate(parts):
        before, behind = parts[:k], parts[k + 1 :]
        ends = _evaluated(before, np.array([lo, hi])).tolist()
        right = _first_with([part, *behind], levels, *ends)
        for wrong in _off_by_one(part) if _has_constants(form.parts[k]) else ():
            moved = _first_with([wrong, *behind], levels, *ends)
            firsts.append(_first_with(before, np.minimum(right, moved), lo, hi))
            lasts.append(_first_with(before, np.maximum(right, moved), lo, hi) - 1)
    return np.stack(firsts), np.stack(lasts)


def _has_constants(part: Part) -> bool:
    """False for a shift without offsets, which hardware does not add."""
    return not isinstance(part, ShiftForm) or bool(part.offset.any())


def _of_channel(part: Part, channel: int) -> Part:
    arrays = {name: getattr(part, name)[channel : channel + 1] for name in CONSTANTS[type(part)]}
    return replace(part, **arrays)


def _off_by_one(part: Part) -> Iterator[Part]:
    """The part of one channel with each constant wrong; no negative factors, which would fall."""
    for name in CONSTANTS[type(part)]:
        for by in (1, -1):
            constant = getattr(part, name) + by
            if name != "mult" or constant.min() >= 0:
                yield replace(part, **{name: constant})


def _evaluated(parts: Sequence[Part], x: Ints) -> Ints:
    for part in parts:
        x = part.apply(x[None])[0]
    return x


def _first_with(parts: Sequence[Part], levels: Ints, lo: int, hi: int) -> Ints:
    """For each level the first of ``lo..hi`` that reaches it, else ``hi + 1``, by bisection."""
    low, high = np.full(levels.shape, lo), np.full(levels.shape, hi + 1)
    while (low < high).any():
        middle = (low + high) // 2
        reached = _evaluated(parts, middle) >= levels
        # `middle` is beyond `hi` only where both ends already are
        high = np.where(reached & (low < high), middle, high)
        low = np.where(~reached & (low < high), middle + 1, low)
    return low
