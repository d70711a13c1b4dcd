"""Coarser grids that all steps of a layer lie on: what the first rounding of a cascade makes.

A network that quantises sums, scales them per channel and quantises again has steps only where the
first quantiser has some. Which quantiser that was shows in the distances between steps.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corgibuilder.ir import Ints, QInt
from corgibuilder.plan.multipliers import multipliers

from .scale import LARGEST, ScaleForm
from .shift import Rounding, ShiftForm
from .steps import inner, inner_only

MAX_GRID_SHIFT = 32
SURE_SHIFT = 3  #: smaller ones may be chance, where there are few steps
LEAST_PITCH = 4  #: of a grid that is no power of two; finer ones a cascade gains nothing from
MOST_PARTS = 3  #: of the smallest distance between steps, one of which may be the pitch
WIDEST = QInt(-(1 << 62), 1 << 62)

FirstRounding = ShiftForm | ScaleForm


def grids(steps: Ints, lo: Ints, hi: Ints) -> Iterator[FirstRounding]:
    """Roundings that change at every inner step, not clipped yet; the coarsest of each kind."""
    if not inner(steps, lo, hi).any():
        return
    even, floor = half_even_grid(steps, lo, hi), floor_grid(steps, lo, hi)
    yield from (grid for grid in (even, floor) if grid is not None)
    shift = max(even.roundings[0].shift if even else 0, floor.shift if floor else 0)
    scaled = scaled_grid(steps, lo, hi) if shift < SURE_SHIFT else None
    if scaled is not None:
        yield scaled


def half_even_grid(steps: Ints, lo: Ints, hi: Ints) -> ShiftForm | None:
    """The largest half-even shift.

    It has steps at ``j*2**s - 2**(s-1)``, and one later where ``j`` is odd; two steps of a channel
    have a distance of ``0`` modulo ``2**(s+1)`` if both are alike, else ``2**s`` and one more or
    less.
    """
    steps = inner_only(steps, lo, hi)
    apart = steps - steps[:, :1]
    for shift in range(MAX_GRID_SHIFT, 0, -1):
        pair = 2 << shift
        rest = apart & (pair - 1)
        alike = rest == 0
        first_even = (alike | (rest == (1 << shift) + 1)).all(axis=1)
        first_odd = (alike | (rest == (1 << shift) - 1)).all(axis=1)
        if (first_even | first_odd).all():
            even = _nearest(-(1 << shift >> 1) - steps[:, 0], pair)
            odd = _nearest((1 << shift) - (1 << shift >> 1) + 1 - steps[:, 0], pair)
            nearer = first_even & (~first_odd | (np.abs(even) <= np.abs(odd)))
            offset = np.where(nearer, even, odd)
            offset[~inner(steps, lo, hi).any(axis=1)] = 0
            return ShiftForm(offset=offset, roundings=(Rounding(shift=shift, out=WIDEST),))
    return None


def floor_grid(steps: Ints, lo: Ints, hi: Ints) -> ScaleForm | None:
    """The largest shift that rounds down, which divides all distances between steps."""
    steps = inner_only(steps, lo, hi)
    divisor = int(np.gcd.reduce(steps - steps[:, :1], axis=None))
    shift = min((divisor & -divisor).bit_length() - 1, MAX_GRID_SHIFT)
    if shift <= 0:
        return None
    offset = _nearest(-steps[:, 0] - (1 << shift >> 1), 1 << shift) + (1 << shift >> 1)
    return ScaleForm(mult=np.ones_like(lo), offset=offset, shift=shift, out=WIDEST)


def _nearest(offset: Ints, period: int) -> Ints:
    """The number nearest to 0 that differs by a multiple of ``period``."""
    nearest: Ints = (offset + period // 2) % period - period // 2
    return nearest


def scaled_grid(steps: Ints, lo: Ints, hi: Ints) -> ScaleForm | None:
    """A pitch that is no power of two, the same in all channels, as multiply, add, shift.

    Every distance between two steps of a channel is a multiple of the pitch, but for less than 1.
    The smallest distances say roughly what it is, larger ones more and more exactly.
    """
    steps = inner_only(steps, lo, hi)
    gaps = np.diff(steps, axis=1)
    gaps = gaps[gaps > 0]
    if not len(gaps):
        return None
    apart = np.unique(steps - steps[:, :1])[1:]
    for parts in range(1, MOST_PARTS + 1):
        pitch = _pitch(apart, int(gaps.min()), parts)
        grid = None if pitch is None else _on_pitch(steps, lo, hi, pitch)
        if grid is not None:
            return grid
    return None


@dataclass(frozen=True, slots=True)
class _Interval:
    """What a pitch may be."""

    low: float
    high: float

    @property
    def middle(self) -> float:
        return (self.low + self.high) / 2

    @property
    def reach(self) -> float:
        """Up to this distance it is certain what multiple of the pitch is nearest."""
        return self.middle**2 / max(self.high - self.low, 1e-9) * 0.9

    def narrowed(self, apart: NDArray[np.int64]) -> "_Interval":
        multiples = np.rint(apart / self.middle)
        low, high = ((apart - 1) / multiples).max(), ((apart + 1) / multiples).min()
        return _Interval(max(self.low, float(low)), min(self.high, float(high)))


def _pitch(apart: Ints, smallest: int, parts: int) -> float | None:
    """The pitch that all distances ``apart``, in order, are multiples of."""
    found = _Interval((smallest - 1) / parts, (smallest + 1) / parts)
    if found.low < LEAST_PITCH:
        return None
    known = 0
    while known < len(apart):
        certain = int(np.searchsorted(apart, found.reach, side="right"))
        if certain <= known:
            return None
        known = certain
        found = found.narrowed(apart[:known])
        if found.low > found.high:
            return None
    return found.middle


def _on_pitch(steps: Ints, lo: Ints, hi: Ints, pitch: float) -> ScaleForm | None:
    """A rounding with that pitch whose steps are ``steps`` and others."""
    start = np.floor(steps[:, :1] / pitch + 0.5)
    labels = (start + np.rint((steps - steps[:, :1]) / pitch)).astype(np.int64)
    labels[~inner(steps, lo, hi).any(axis=1)] = labels.min()
    below = int(labels.min()) - 1
    for shared in (True, False):
        found = multipliers(steps, lo, hi, levels=labels - below, shared=shared)
        if found is not None:
            mult, offset, shift = found
            if max(abs(below), int(labels.max())) << shift < LARGEST:
                offset += below << shift
                return ScaleForm(mult=mult, offset=offset, shift=shift, out=WIDEST)
    return None
