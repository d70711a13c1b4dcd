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


def multipliers(steps: Ints, lo: Ints, hi: Ints) -> tuple[Ints, Ints, int] | None:
    """Smallest common shift, the smallest multiplier of each channel for it, and an offset.

    ``(x*mult[c] + offset[c]) >> shift`` is then the number of steps that ``x`` has reached.
    Returned are ``mult``, ``offset`` and ``shift``; ``None`` where there is no such shift, or where
    a product could leave 64 bits.

    Parameters
    ----------
    steps
        int64 ``(channels, n)``, non-decreasing along ``n``, within ``lo..hi + 1``; ``n`` above 0.
    lo, hi
        int64 ``(channels,)``: the smallest and largest ``x`` of each channel.
    """
    if steps.shape[1] > MAX_LEVELS:
        return None
    shift = 0
    for bounds in _some_channels(steps, lo, hi):
        shift = bounds.least_shift(shift)
    if shift == MAX_SHIFT:
        return None
    mults, offsets = [], []
    for bounds in _some_channels(steps, lo, hi):
        mult = bounds.least_multipliers(shift)
        assert mult is not None, "a shift that is possible is so for every larger one"
        mults.append(mult)
        offsets.append(bounds.offsets(mult, shift))
    mult, offset = np.concatenate(mults), np.concatenate(offsets)
    farthest = max(int(np.abs(ends).max()) for ends in (lo, hi)) + 1
    if int(mult.max()) * farthest > FAR:
        return None
    start = np.maximum(steps[:, 0], lo)
    return mult, offset - mult * start, shift


def _some_channels(steps: Ints, lo: Ints, hi: Ints) -> Iterator["_Bounds"]:
    """The bounds of all channels, a few channels at a time."""
    count = max(1, STEPS_AT_ONCE // steps.shape[1])
    for c in range(0, len(steps), count):
        some = slice(c, c + count)
        yield _Bounds.of(steps[some], lo[some], hi[some])


@dataclass(frozen=True, slots=True)
class _Bounds:
    """Conditions ``m*at + a >= level * 2**s`` and ``m*before + a < level * 2**s`` of some channels.

    ``at`` and ``before`` are ``(channels, n)``, counted from the first ``at`` of each channel, with
    a mask of those that are conditions at all. ``levels`` are 1 to ``n``.
    """

    levels: Ints
    at: Ints
    is_at: np.ndarray
    before: Ints
    is_before: np.ndarray

    @classmethod
    def of(cls, steps: Ints, lo: Ints, hi: Ints) -> "_Bounds":
        lowest, highest = lo[:, None], hi[:, None]
        at, before = np.maximum(steps, lowest), np.minimum(steps - 1, highest)
        start = at[:, :1]
        return cls(
            levels=1 + np.arange(steps.shape[1]),
            at=at - start,
            is_at=steps <= highest,
            before=before - start,
            is_before=steps > lowest,
        )

    def least_shift(self, first: int) -> int:
        """The first shift from ``first`` on for which there are multipliers, or ``MAX_SHIFT``.

        If there are some for one shift, twice these will do for the next.
        """

        def possible(shift: int) -> bool:
            return self.least_multipliers(shift) is not None

        if first == MAX_SHIFT or possible(first):
            return first
        return bisect_left(range(MAX_SHIFT), True, lo=first, key=possible)

    def least_multipliers(self, shift: int) -> Ints | None:
        """The smallest multiplier of each channel that leaves room for an offset, if all have one.

        The first ``at`` and the last ``before`` say how large a multiplier can be at most. Up to
        there no product exceeds ``3 * MAX_LEVELS << MAX_SHIFT``, as all others lie between these
        two, but for a distance of 1.
        """
        mult = np.zeros(len(self.at), np.int64)
        widest = self.before[:, -1]
        most = ((len(self.levels) - 1) << shift) // np.maximum(widest, 1)
        most[widest <= 0] = FAR
        open_channels = np.arange(len(mult))
        while len(open_channels):
            c = open_channels
            lower, upper = self._lower(c, mult[c], shift), self._upper(c, mult[c], shift)
            on, below = lower.argmax(axis=1), upper.argmin(axis=1)
            rows = np.arange(len(c))
            no_room = upper[rows, below] < lower[rows, on]
            c, on, below = c[no_room], on[no_room], below[no_room]
            apart = self.at[c, on] - self.before[c, below]
            if (apart <= 0).any():
                return None
            needed = ((self.levels[on] - self.levels[below]) << shift) + 1
            mult[c] = -(-needed // apart)
            if (mult[c] > most[c]).any():
                return None
            open_channels = c
        return mult

    def offsets(self, mult: Ints, shift: int) -> Ints:
        """The smallest offset of each channel; where no step is reached, the largest."""
        c = np.arange(len(mult))
        lower, upper = self._lower(c, mult, shift), self._upper(c, mult, shift)
        offsets: Ints = np.where(self.is_at[:, 0], lower.max(axis=1), upper.min(axis=1))
        return offsets

    def _lower(self, c: Ints, mult: Ints, shift: int) -> Ints:
        """Lower bounds on the offsets of the channels ``c``, ``(len(c), n)``."""
        bounds = (self.levels << shift) - mult[:, None] * self.at[c]
        return np.where(self.is_at[c], bounds, -FAR)

    def _upper(self, c: Ints, mult: Ints, shift: int) -> Ints:
        """Upper bounds on the offsets of the channels ``c``, ``(len(c), n)``."""
        bounds = (self.levels << shift) - 1 - mult[:, None] * self.before[c]
        return np.where(self.is_before[c], bounds, FAR)
