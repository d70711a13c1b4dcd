"""The float sum of two tensors, pair by pair: whole factors that give the executor's own steps.

A float32 addition of two values has one result, so nothing need be left open: whether a pair of
integers reaches a level is what the executor says. A step function of ``f0 * q0 + f1 * q1`` is
exact if each of its steps lies above all pairs that do not reach its level, and not above any that
does.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from corgibuilder.ir import Ints, TensorType

from .grid import Floats, Grid
from .value import Step, evaluate

MAX_PAIRS = 2**26  #: of integers next to the steps of a layer: beyond, they are not looked at
CHUNK = 2**20  #: pairs at a time
NEVER = 2**62

Some = slice | Ints  #: steps, by number


class Reached(Protocol):
    """Whether floats ``(steps, channels, pairs, 1)`` of the sum reach each of ``some`` steps."""

    def __call__(self, x: Floats, some: Some) -> NDArray[np.bool_]: ...


@dataclass(frozen=True, eq=False)
class Addend:
    """One of the two tensors: integers of a node, and the floats that they stand for."""

    kind: TensorType
    grid: Grid
    chain: tuple[Step, ...]

    @cached_property
    def counts(self) -> Ints:
        """How many integers each channel has."""
        return (self.kind.hi - self.kind.lo) // self.kind.step + 1

    def number(self, n: Ints, rising: NDArray[np.bool_]) -> Ints:
        """Integer ``n`` (from 0) of each channel, ``(rows, channels, pairs, 1)``, in its order."""
        up = self.kind.lo[:, None, None] + n * self.kind.step
        down = self.kind.hi[:, None, None] - n * self.kind.step
        result: Ints = np.where(rising[:, None, None], up, down)
        return result

    def real(self, q: Ints) -> Floats:
        return evaluate(self.chain, self.grid.real(q))


@dataclass(frozen=True, slots=True, eq=False)
class ExactSum:
    """How the integers ``y`` of a value come from pairs: ``y = sum(factors[k] * q_k)``.

    Parameters
    ----------
    node
        The Add, as long as it can still take other factors.
    addends
        The two tensors as the file adds them.
    factors
        int64 ``(2, channels)``.
    choices
        Other factors for all channels, smallest first, that may do as well.
    skip
        Leading steps of the value's chain that the file does not have: they lead from the grid of
        ``y`` to the floats of the sum.
    """

    node: str
    addends: tuple[Addend, Addend]
    factors: Ints
    choices: tuple[tuple[int, int], ...]
    skip: int

    @property
    def pairs(self) -> int:
        """How many pairs there are at each step, in all channels together: those next to it."""
        counts = [int(addend.counts.max()) for addend in self.addends]
        return min(counts) * len(self.factors[0])

    def turned(self, falling: NDArray[np.bool_]) -> "ExactSum":
        """The same for integers that are negated in ``falling`` channels, and then undone."""
        factors = np.where(falling, -self.factors, self.factors)
        return replace(self, factors=factors, skip=self.skip + 1)

    def ends(self) -> Floats:
        """Floats ``(2, channels, 1, 1)`` of the smallest and the largest ``y``."""
        parts = []
        for addend, factor in zip(self.addends, self.factors, strict=True):
            rising = np.stack([addend.kind.lo, addend.kind.hi])
            ends = np.where(factor >= 0, rising, rising[::-1])
            parts.append(addend.real(ends[:, :, None, None]))
        return np.asarray(parts[0] + parts[1])


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """Where the steps lie for ``factors``: ``first`` is the least ``y`` that reaches each.

    ``missed`` counts the steps that no ``y`` separates.
    """

    factors: Ints
    first: Ints
    missed: int


def exact_steps(total: ExactSum, guess: Ints, slack: Ints, reached: Reached) -> Steps:
    """The steps of the first of the choices that misses none, or else of the last.

    Parameters
    ----------
    guess
        int64 ``(steps, channels)``: about where each step lies for ``total.factors``.
    slack
        int64 ``(channels,)``: how far it may lie from there.

    Of the pairs only those are looked at that lie so close to a step.
    """
    wide, narrow = sorted(range(2), key=lambda k: -total.addends[k].counts.max())
    choices = [np.array(c)[:, None] * np.sign(total.factors) for c in total.choices]
    choices.append(total.factors)
    found: list[list[tuple[Ints, Ints]]] = [[] for _ in choices]
    ordered = _in_order(total, wide, narrow)
    for some in _chunks(len(guess), max(1, CHUNK // total.pairs)):
        first = _first(ordered, guess[some], slack, partial(reached, some=some))
        for bounds, factors in zip(found, choices, strict=True):
            bounds.append(ordered.bounds(first, factors))
    made = []
    for factors, bounds in zip(choices, found, strict=True):
        below, from_on = (np.concatenate(ends) for ends in zip(*bounds, strict=True))
        made.append(Steps(factors, from_on, int((below >= from_on).sum())))
    return next((steps for steps in made if not steps.missed), made[-1])


def _chunks(count: int, size: int) -> Iterator[slice]:
    return (slice(start, start + size) for start in range(0, count, size))


@dataclass(frozen=True, slots=True, eq=False)
class _Ordered:
    """All integers of one addend, ``(1, channels, n, 1)``, each with those of ``wide`` in order."""

    total: ExactSum
    wide: int
    narrow: int
    narrow_integers: Ints
    rising: NDArray[np.bool_]

    @property
    def counts(self) -> Ints:
        return self.total.addends[self.wide].counts[:, None, None]

    def integers(self, number: Ints) -> Ints:
        return self.total.addends[self.wide].number(number, self.rising)

    def y(self, number: Ints, factors: Ints) -> Ints:
        wide, narrow = (factors[k][:, None, None] for k in (self.wide, self.narrow))
        result: Ints = wide * self.integers(number) + narrow * self.narrow_integers
        return result

    def bounds(self, first: Ints, factors: Ints) -> tuple[Ints, Ints]:
        """Largest ``y`` that does not reach, and smallest that does: each ``(rows, channels)``."""
        below = np.where(first > 0, self.y(first - 1, factors), -NEVER).max(axis=(2, 3))
        from_on = np.where(first < self.counts, self.y(first, factors), NEVER).min(axis=(2, 3))
        return below, from_on


def _in_order(total: ExactSum, wide: int, narrow: int) -> _Ordered:
    other = total.addends[narrow]
    every = np.arange(other.counts.max())[:, None]
    number = np.minimum(every, other.counts[:, None, None] - 1)[None]
    integers = other.number(number, np.ones(len(other.counts), np.bool_))
    return _Ordered(total, wide, narrow, integers, total.factors[wide] >= 0)


def _first(
    ordered: _Ordered, guess: Ints, slack: Ints, reached: Callable[[Floats], NDArray[np.bool_]]
) -> Ints:
    """For each integer of the one addend the number of the first of the other that reaches.

    That is the count of its integers where none does.
    """
    total, counts = ordered.total, ordered.counts
    wide, narrow = total.addends[ordered.wide], total.addends[ordered.narrow]
    stride = np.abs(total.factors[ordered.wide])[:, None, None] * wide.kind.step
    base = ordered.y(np.zeros_like(ordered.narrow_integers), total.factors)
    away = guess[:, :, None, None] - base
    slack = slack[:, None, None]
    each = np.maximum(stride, 1)
    low = np.where(stride, -((slack - away) // each), 0).clip(0, counts)
    high = np.where(stride, -((-away - slack) // each), counts).clip(0, counts)
    others = narrow.real(ordered.narrow_integers)
    while (low < high).any():
        middle = (low + high) >> 1
        q = ordered.integers(np.minimum(middle, counts - 1))
        yes = reached(wide.real(q) + others)
        more = low < high
        low, high = np.where(more & ~yes, middle + 1, low), np.where(more & yes, middle, high)
    return low
