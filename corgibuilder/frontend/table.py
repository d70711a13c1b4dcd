"""A float chain that ends in integers but does not rise everywhere: its value at every integer."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from corgibuilder.diagnostics import CompileError
from corgibuilder.ir import Ints, Table, TensorType

from .intervals import approximated, around, bounds
from .threshold_extraction import (
    MAX_STEPS,
    ExtractedSteps,
    Parts,
    check_finite,
    cut,
    directions,
    index_range,
    place_levels,
)
from .value import Step, Value, evaluate

if TYPE_CHECKING:
    from .builder import Builder

MAX_ENTRIES = 2**16  #: of a channel
MAX_INTEGER = 2**16  #: that an entry may be, unless its quantiser has more levels


def integers_first(chain: Sequence[Step], channels: int) -> int:
    """Steps that are better done before a table of the rest: a step function that rises or falls.

    0 if there is no quantiser in front of what does not, or if the whole chain does.
    """
    if directions(chain, channels) is not None:
        return 0
    quantisers = [i for i, step in enumerate(chain) if step.quantises]
    most = max(quantisers, default=0)
    while most and directions(chain[:most], channels) is None:
        most -= 1
    return most if any(i < most for i in quantisers) else 0


def tabulated(builder: "Builder", value: Value, *, uniform: bool) -> ExtractedSteps:
    """The chain of ``value`` as a Table of all integers of its node."""
    parts = cut(value.chain)
    at = builder.at(parts.node)
    kind = builder.type(value.node)
    channels, entries = value.map_shape.channels, kind.range.hi - kind.range.lo + 1
    if entries > MAX_ENTRIES or entries * channels > MAX_STEPS:
        raise CompileError(
            "CB322",
            f"'{_culprit(value, channels).node}' neither rises nor falls everywhere, and it has"
            f" {entries:,} values in each of {channels} channels before it",
            at=at,
            help=f"insert a Quant node before it: {MAX_ENTRIES:,} values, and {MAX_STEPS:,} in"
            " all, are the most",
        )
    q, inside = _arguments(kind)
    check_finite(value, q, at)
    x = evaluate(parts.before, value.grid.real(q[:, :, None, None]))
    index = _index(parts, x)
    levels = index_range(parts, x, at)
    integers, grid = place_levels(parts, levels, channels, at, uniform=uniform, limit=MAX_INTEGER)
    rows = integers[index - levels[0], np.arange(channels)].T
    risky = _risky(replace(value, chain=parts.before), parts, q) & inside
    return ExtractedSteps(
        _table(rows, inside.T, kind), value.node, grid, int(risky.sum()), int(inside.sum())
    )


def _culprit(value: Value, channels: int) -> Step:
    return next(step for step in value.chain if directions((step,), channels) is None)


def _arguments(kind: TensorType) -> tuple[Ints, NDArray[np.bool_]]:
    """Integers ``(n, channels)`` from the lowest up, and which of them occur.

    In place of one that does not occur there is the next below it that does, or the lowest.
    """
    every = np.arange(kind.range.lo, kind.range.hi + 1)[:, None]
    q = every.clip(kind.lo, kind.hi)
    q -= (q - kind.lo) % kind.step
    return q, q == every


def _index(parts: Parts, x: NDArray[np.generic]) -> Ints:
    result: Ints = parts.quantiser(x)[:, :, 0, 0].astype(np.int64)
    return result


def _risky(value: Value, parts: Parts, q: Ints) -> NDArray[np.bool_]:
    """Where the executor's own rounding might give another index."""
    if not value.error.any() and not approximated(value.chain):
        return np.zeros(q.shape, bool)
    low, high = bounds(value.chain, *around(value, q))
    different: NDArray[np.bool_] = _index(parts, low) != _index(parts, high)
    return different


def _table(rows: Ints, inside: NDArray[np.bool_], kind: TensorType) -> Table:
    """One row for all channels, if they agree wherever they have values."""
    common = rows[inside.argmax(axis=0), np.arange(rows.shape[1])]
    alike = ((rows == common) | ~inside).all()
    return Table(values=common[None] if alike else rows, lo=kind.range.lo)
