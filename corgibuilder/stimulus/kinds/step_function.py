"""The function from sums to outputs, as what looks for faults sees it: where its value changes."""

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from corgibuilder.ir import Ints

NOWHERE = np.inf  #: no change in that direction
Margins = tuple[NDArray[np.float64], NDArray[np.float64]]


class StepFunction(ABC):
    """A function for each channel, of sums from ``lo`` to ``hi``, each int64 ``(channels,)``."""

    def __init__(self, lo: Ints, hi: Ints) -> None:
        self.lo = lo
        self.hi = hi

    @abstractmethod
    def steps(self, channel: int) -> Ints:
        """Sums, in order, at which the output of a channel differs from that of one below.

        Where that is everywhere, only some of them.
        """

    @abstractmethod
    def margins(self, acc: Ints) -> Margins:
        """How much has to be added to each sum, or taken from it, to change the output.

        With more the output changes, too. ``acc`` is ``(n, channels)``; :data:`NOWHERE` where
        nothing does.
        """

    def crosses(self, channel: int, first: Ints, last: Ints) -> NDArray[np.bool_]:
        """Whether the output changes anywhere from each sum ``first`` up to ``last``."""
        steps = self.steps(channel)
        return np.asarray(
            np.searchsorted(steps, last, "right") > np.searchsorted(steps, first, "right")
        )

    def neighbours(self, channel: int) -> tuple[Ints, Ints]:
        """Sums whose output is not that of one above; in the second row, of one below.

        As ranges: from the first to the last array, in any of the ``n``; ``(2, n)`` each.
        """
        steps = self.steps(channel)
        both = np.stack([steps - 1, steps])
        return both, both

    def entries(self, channel: int) -> Ints:
        """Sums at each of which a constant of the function itself is looked up."""
        return np.empty(0, np.int64)

    @staticmethod
    def some_steps(lo: int, hi: int) -> Ints:
        """A few of a function that changes everywhere from ``lo`` to ``hi``."""
        if hi <= lo:
            return np.empty(0, np.int64)
        return np.unique(np.linspace(lo + 1, hi, 3).astype(np.int64))
