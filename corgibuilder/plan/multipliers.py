"""The cheapest ``(x*m + a) >> s`` that is a step function, for every channel and exactly.

A step at ``t`` to level ``l`` asks two things of ``m`` and ``a``: ``m*t + a >= l * 2**s``, and
``m*(t - 1) + a < l * 2**s``, each where that value of ``x`` can occur. For one ``m`` the first are
lower bounds on ``a``, of which the largest counts, and the second are upper bounds, of which the
smallest counts. The room between the two is a concave function of ``m``, so Newton's method
from the left finds the smallest ``m``: the two bounds that leave no room for one ``m`` give a
larger ``m`` that is needed at least, or show that no ``m`` will do.

One iteration looks at every step once, and few are needed, however many steps there are.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from corgibuilder.ir import Ints

MAX_SHIFT = 40  #: shifts below this are tried
MAX_LEVELS = 1 << 20  #: of one step function, so that bounds fit in 64 bits
STEPS_AT_ONCE = 1 << 18  #: of several channels, looked at together
FAR = 1 << 62  #: beyond every bound


NONE = -1  #: in place of a multiplier: there is none


def multipliers(
    steps: Ints, lo: Ints, hi: Ints, *, levels: Ints | None = None, shared: bool = False
) -> tuple[Ints, Ints, int] | None:
    """Smallest common shift, the smallest multiplier of each channel for it, and an offset.

    ``(x*mult[c] + offset[c]) >> shift`` is then at least ``levels[c, k]`` if and only if ``x`` has
    reached ``steps[c, k]``. Returned are ``mult``, ``offset`` and ``shift``; ``None`` where there
    is no such shift, or where a product could leave 64 bits.

    Parameters
    ----------
    steps
        int64 ``(channels, n)``, non-decreasing along ``n``, within ``lo..hi + 1``; ``n`` above 0.
    lo, hi
        int64 ``(channels,)``: the smallest and largest ``x`` of each channel.
    levels
        int64 ``(channels, n)`` or ``(n,)``, from 1 on, non-decreasing along ``n``, the same where
        steps are the same. Without them ``1..n``: the result is the number of steps reached.
    shared
        Whether all channels have the same multiplier.
    """
    problem = _Problem.of(steps, lo, hi, levels)
    if problem is None:
        return None
    shift = problem.least_shift(shared=shared)
    mult = problem.least_multipliers(shift, shared=shared)
    if shift == MAX_SHIFT or mult is None:
        return None
    farthest = max(int(np.abs(ends).max()) for ends in (lo, hi)) + 1
    if int(mult.max()) * farthest > FAR:
        return None
    return mult, problem.offsets(mult, shift) - mult * np.maximum(steps[:, 0], lo), shift


def have_multipliers(steps: Ints, lo: Ints, hi: Ints, levels: Ints) -> np.ndarray:
    """For each channel whether :func:`multipliers` would find some for it alone."""
    problem = _Problem.of(steps, lo, hi, levels)
    if problem is None:
        return np.zeros(len(steps), bool)
    return np.concatenate([
        part.least_multipliers(MAX_SHIFT - 1) != NONE for part in problem.some_channels()
    ])


@dataclass(frozen=True, slots=True)
class _Problem:
    """Steps, ends and levels of all channels."""

    steps: Ints
    lo: Ints
    hi: Ints
    levels: Ints

    @classmethod
    def of(cls, steps: Ints, lo: Ints, hi: Ints, levels: Ints | None) -> "_Problem | None":
        """``None`` where levels are too large for 64 bits."""
        if levels is None:
            levels = 1 + np.arange(steps.shape[1])
        if int(levels.max()) > MAX_LEVELS:
            return None
        return cls(steps, lo, hi, np.broadcast_to(levels, steps.shape))

    def some_channels(self) -> Iterator["_Bounds"]:
        """The bounds of all channels, a few channels at a time."""
        count = max(1, STEPS_AT_ONCE // self.steps.shape[1])
        for c in range(0, len(self.steps), count):
            some = slice(c, c + count)
            yield _Bounds.of(self.steps[some], self.lo[some], self.hi[some], self.levels[some])

    def least_shift(self, *, shared: bool) -> int:
        """The first shift for which there are multipliers, or ``MAX_SHIFT``.

        If there are some for one shift, twice these will do for the next.
        """
        if shared:
            shifts = range(MAX_SHIFT)
            return bisect_left(
                shifts, True, key=lambda s: self.least_multipliers(s, shared=True) is not None
            )
        shift = 0
        for bounds in self.some_channels():
            shift = bounds.least_shift(shift)
        return shift

    def least_multipliers(self, shift: int, *, shared: bool) -> Ints | None:
        """The smallest multiplier of each channel, or the smallest that will do for all."""
        start, parts = 0, 1
        while parts:
            found = [b.least_multipliers(shift, start) for b in self.some_channels()]
            mult = np.concatenate(found)
            if (mult == NONE).any():
                return None
            # one that is larger than those of other channels may leave no room there
            parts = shared and (mult != start).any()
            start = int(mult.max())
        return mult

    def offsets(self, mult: Ints, shift: int) -> Ints:
        """The smallest offset of each channel; where no step is reached, the largest."""
        found, c = [], 0
        for bounds in self.some_channels():
            found.append(bounds.offsets(mult[c : c + len(bounds.at)], shift))
            c += len(bounds.at)
        return np.concatenate(found)


@dataclass(frozen=True, slots=True)
class _Bounds:
    """Conditions ``m*at + a >= level * 2**s`` and ``m*before + a < level * 2**s`` of some channels.

    All are ``(channels, n)``. ``at`` and ``before`` are counted from the first ``at`` of each
    channel, with a mask of those that are conditions at all.
    """

    levels: Ints
    at: Ints
    is_at: np.ndarray
    before: Ints
    is_before: np.ndarray

    @classmethod
    def of(cls, steps: Ints, lo: Ints, hi: Ints, levels: Ints) -> "_Bounds":
        lowest, highest = lo[:, None], hi[:, None]
        at, before = np.maximum(steps, lowest), np.minimum(steps - 1, highest)
        start = at[:, :1]
        return cls(
            levels=levels,
            at=at - start,
            is_at=steps <= highest,
            before=before - start,
            is_before=steps > lowest,
        )

    def least_shift(self, first: int) -> int:
        """The first shift from ``first`` on for which there are multipliers, or ``MAX_SHIFT``."""

        def possible(shift: int) -> bool:
            return bool((self.least_multipliers(shift) != NONE).all())

        if first == MAX_SHIFT or possible(first):
            return first
        return bisect_left(range(MAX_SHIFT), True, lo=first, key=possible)

    def least_multipliers(self, shift: int, start: int = 0) -> Ints:
        """The smallest multiplier from ``start`` on that leaves room for an offset, or ``NONE``."""
        mult = np.full(len(self.at), start, np.int64)
        most = self._most(shift)
        mult[mult > most] = NONE
        c = np.flatnonzero(mult != NONE)
        while len(c):
            lower, upper = self._lower(c, mult[c], shift), self._upper(c, mult[c], shift)
            on, below = lower.argmax(axis=1), upper.argmin(axis=1)
            rows = np.arange(len(c))
            no_room = upper[rows, below] < lower[rows, on]
            c, on, below = c[no_room], on[no_room], below[no_room]
            apart = self.at[c, on] - self.before[c, below]
            needed = ((self.levels[c, on] - self.levels[c, below]) << shift) + 1
            mult[c] = np.where(apart > 0, -(-needed // np.maximum(apart, 1)), NONE)
            mult[c[mult[c] > most[c]]] = NONE
            c = c[mult[c] != NONE]
        return mult

    def _most(self, shift: int) -> Ints:
        """No multiplier is larger, and with none up to here a product leaves 64 bits.

        The first ``at`` and the last ``before`` bound it, where both are conditions. Up to there no
        product exceeds ``3 * MAX_LEVELS << MAX_SHIFT``, as all others lie between these two, but
        for a distance of 1.
        """
        widest = self.before[:, -1]
        most = ((self.levels[:, -1] - self.levels[:, 0]) << shift) // np.maximum(widest, 1)
        most[widest <= 0] = FAR
        bounded = self.is_at[:, 0] & self.is_before[:, -1]
        farthest = np.maximum(np.maximum(self.at[:, -1], widest), 1)
        return np.where(bounded, most, (FAR >> 2) // farthest)

    def offsets(self, mult: Ints, shift: int) -> Ints:
        """As :meth:`_Problem.offsets`."""
        c = np.arange(len(mult))
        lower, upper = self._lower(c, mult, shift), self._upper(c, mult, shift)
        offsets: Ints = np.where(self.is_at[:, 0], lower.max(axis=1), upper.min(axis=1))
        return offsets

    def _lower(self, c: Ints, mult: Ints, shift: int) -> Ints:
        """Lower bounds on the offsets of the channels ``c``, ``(len(c), n)``."""
        bounds = (self.levels[c] << shift) - mult[:, None] * self.at[c]
        return np.where(self.is_at[c], bounds, -FAR)

    def _upper(self, c: Ints, mult: Ints, shift: int) -> Ints:
        """Upper bounds on the offsets of the channels ``c``, ``(len(c), n)``."""
        bounds = (self.levels[c] << shift) - 1 - mult[:, None] * self.before[c]
        return np.where(self.is_before[c], bounds, FAR)
