"""Delays of what is planned, in a technology: how long the paths between registers are."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from corgibuilder.technology import GENERIC, Delays, read_technology

SMALL_DEPTH = 16  #: words that one level looks up, and each further level twice as many


class Path(NamedTuple):
    """A path from register to register: what is computed there, for people, and how long, in ns."""

    operation: str
    ns: float


@dataclass(frozen=True, slots=True)
class DelayModel:
    """Delays in ns of operations on values of some bits."""

    delays: Delays

    @property
    def register(self) -> float:
        """Of a register at the start of a path, with the setup of that at its end."""
        return self.delays.register

    def levels(self, count: float) -> float:
        """Of so many gates or look-up tables, one behind the other."""
        return self.delays.level * count

    def adders(self, count: int, width: int) -> float:
        """Of so many adders or comparators, one behind the other."""
        return self.delays.adder * count + self.delays.carry * width if count else 0.0

    def tree(self, terms: int, width: int) -> float:
        """Of the sum of so many terms: full adders make two of three, and an adder is last.

        That is how synthesis adds them up, whatever the order in which they are written.
        """
        if terms < 2:
            return 0.0
        reduced = math.ceil(round(math.log(terms / 2, 1.5), 6))
        return self.levels(reduced) + self.adders(1, width)

    def product(self, a: int, b: int) -> float:
        """Of the product of values of ``a`` and ``b`` bits.

        In a hard multiplier or in logic, whichever is slower: which one it is is not planned.
        """
        return max(self.delays.multiplier, self.tree(min(a, b), a + b))

    def constant_product(self, digits: int, width: int) -> float:
        """Of the product of a value and a constant that has so many digits which are not 0."""
        return self.tree(digits, width)

    def memory(self, depth: int) -> float:
        """Until a word is there: from a block of memory, or from the register behind logic."""
        return self.delays.memory if depth >= self.delays.block_depth else self.register

    def lookup(self, depth: int) -> float:
        """From an address to a block of memory, or through logic to the register behind it."""
        if depth >= self.delays.block_depth:
            return self.levels(1)
        return self.levels(1 + math.ceil(math.log2(max(depth / SMALL_DEPTH, 1))))


@dataclass(frozen=True, slots=True)
class ClockGoal:
    """A clock ``period`` in ns to keep, as far as the ``delays`` allow."""

    delays: DelayModel
    period: float


def longest(paths: Iterable[Path]) -> Path:
    """The path that takes longest; none is a path of no delay."""
    return max(paths, key=lambda path: path.ns, default=Path("none", 0.0))


@cache
def generic_delays() -> DelayModel:
    """Delays as slow as those of the slowest FPGA that a technology is there for."""
    delays = read_technology(GENERIC).delays
    assert delays is not None
    return DelayModel(delays)
