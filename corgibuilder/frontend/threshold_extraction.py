"""A float chain that ends in integers is a step function; find its steps exactly, by bisection."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from corgibuilder.diagnostics import CompileError, Origin
from corgibuilder.ir import Add, Ints, Table, TensorType, Threshold

from .exact_sum import MAX_PAIRS, Reached, Some, exact_steps
from .grid import Floats, Grid, on_grid
from .intervals import approximated, around, bounds
from .quantisers import Quantiser
from .value import Step, Value, evaluate

if TYPE_CHECKING:
    from .builder import Builder

MAX_LEVELS = 2**16
MAX_STEPS = 2**23  #: of all channels of a layer
MAX_SPREAD = 16  #: how much larger than the indices the integers on a common grid may be


@dataclass(frozen=True, slots=True, eq=False)
class ExtractedSteps:
    """A function of integers, the node it reads, what its own integers mean, and what is unproven.

    ``at_risk`` of the ``reachable`` steps (of a Threshold) or entries (of a Table) are within the
    rounding of the executor.
    """

    op: Threshold | Table
    node: str
    grid: Grid
    at_risk: int
    reachable: int


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """A chain cut at its last quantiser."""

    before: tuple[Step, ...]
    quantiser: Quantiser
    after: tuple[Step, ...]
    node: str


def cut(chain: tuple[Step, ...]) -> Parts:
    """``chain``, which has a quantiser, in parts."""
    last = max(i for i, step in enumerate(chain) if step.quantises)
    quantiser: Any = chain[last].operation
    return Parts(chain[:last], quantiser, chain[last + 1 :], chain[last].node)


def directions(chain: Sequence[Step], channels: int) -> NDArray[np.int64] | None:
    """For each channel 1 if the chain rises, -1 if it falls, 0 if it is constant.

    None if some function of it does not do the same everywhere.
    """
    sign = np.ones((channels, 1, 1))
    for step in chain:
        direction = step.operation.direction
        if direction is None:
            return None
        sign = sign * direction
    return np.broadcast_to(sign, (channels, 1, 1)).ravel().astype(np.int64)


def index_range(parts: Parts, x: Floats, at: Origin) -> tuple[int, int]:
    """Lowest and highest index: the quantiser's, or those of ``x`` if it has too many.

    ``x`` has the shape ``(n, channels, 1, 1)``.
    """
    levels = parts.quantiser.levels
    channels = x.shape[1]
    if levels is None or too_many(levels, channels):
        reached = parts.quantiser(x)
        levels = int(reached.min()), int(reached.max())
    if too_many(levels, channels):
        raise CompileError(
            "CB303",
            f"it reaches {levels[1] - levels[0] + 1} levels in each of {channels} channels",
            at=at,
            help=f"quantise to fewer bits: at most {MAX_LEVELS} levels, and {MAX_STEPS} in all",
        )
    return levels


def too_many(levels: tuple[int, int], channels: int) -> bool:
    """More levels than are worth listing one by one."""
    count = levels[1] - levels[0] + 1
    return count > MAX_LEVELS or count * channels > MAX_STEPS


def level_values(parts: Parts, levels: tuple[int, int], channels: int) -> Floats:
    """float32 ``(levels, channels)``: what the chain makes of each index."""
    index = np.arange(levels[0], levels[1] + 1, dtype=np.float32)
    full = np.broadcast_to(index[:, None, None, None], (len(index), channels, 1, 1))
    return evaluate(parts.after, full)[:, :, 0, 0].astype(np.float32)


def place_levels(
    parts: Parts,
    levels: tuple[int, int],
    channels: int,
    at: Origin,
    *,
    uniform: bool,
    limit: int = 0,
) -> tuple[Ints, Grid]:
    """Integers ``(levels, channels)`` of the indices, and the grid they lie on.

    They have magnitudes of up to ``limit``, or ``MAX_SPREAD`` times those of the indices.
    """
    values = level_values(parts, levels, channels)
    spread = MAX_SPREAD * max(abs(levels[0]), abs(levels[1]), levels[1] - levels[0])
    limit = max(limit, spread)
    found = on_grid(values, uniform=uniform, limit=limit)
    if found is None:
        raise CompileError(
            "CB304",
            "its output levels are not integer multiples of one scale",
            at=at,
            help="use a zero point and clip limits that are multiples of the scale"
            + (", and one scale for the whole tensor" if uniform else ""),
        )
    integers, scale = found
    grid = Grid(scale)
    if (grid.real(integers[:, :, None, None])[:, :, 0, 0] != values).any():
        grid = Grid(scale, *_table(values, integers))
    return integers, grid


def _table(values: Floats, integers: Ints) -> tuple[Floats, int]:
    """The float of each integer; integers that do not occur hold the float of another."""
    lowest, highest = int(integers.min()), int(integers.max())
    table = np.zeros((highest - lowest + 1, values.shape[1]), np.float32)
    table[integers - lowest, np.arange(values.shape[1])] = values
    return table, lowest


def extract_steps(builder: "Builder", value: Value, *, uniform: bool) -> ExtractedSteps:
    """The chain of ``value`` as a Threshold on the integers of its node, exactly."""
    parts = cut(value.chain)
    at = builder.at(parts.node)
    channels = value.map_shape.channels
    before, after = directions(parts.before, channels), directions(parts.after, channels)
    assert before is not None and after is not None, parts.node
    kind = builder.type(value.node)
    check_finite(value, np.stack([kind.lo, kind.hi]), at)
    skip = value.exact_sum.skip if value.exact_sum else 0
    levels = index_range(parts, evaluate(parts.before[skip:], _ends(value, kind)), at)
    integers, grid = place_levels(parts, levels, channels, at, uniform=uniform)
    value = builder.rising(value, before * after < 0)
    parts = cut(value.chain)
    kind = builder.type(value.node)

    # (steps, channels): the index that each step waits for, and whether it comes from above
    count = levels[1] - levels[0]
    rank = np.arange(1, count + 1)[:, None]
    from_above = (after < 0)[None, :]
    index = np.where(from_above, levels[1] - rank + 1, levels[0] + rank)

    def reached(y: Floats, some: Some = slice(None)) -> NDArray[np.bool_]:
        above = parts.quantiser.reaches(y, index[some, :, None, None])
        return above ^ from_above[:, :, None, None]

    def at_integer(q: Ints, some: slice) -> NDArray[np.bool_]:
        y = evaluate(parts.before, value.grid.real(q[:, :, None, None]))
        return reached(y, some)[:, :, 0, 0]

    steps = bisect(at_integer, kind, count)
    floats = replace(value, chain=parts.before)
    risky = unproven(floats, steps, kind, lambda y: reached(y)[:, :, 0, 0])
    total = value.exact_sum
    if total is not None and not approximated(parts.before):
        last = parts.before[total.skip :]
        steps, risky = _settled(
            builder, value, steps, risky, lambda x, some: reached(evaluate(last, x), some), at
        )
        kind = builder.type(value.node)
    reachable = int((risky | (steps > kind.lo) & (steps <= kind.hi)).sum())
    ordered = np.where(from_above, integers[::-1], integers)
    op = Threshold(steps=_spread(steps, ordered, kind), base=int(ordered[0].min()))
    return ExtractedSteps(op, value.node, grid, int(risky.sum()), reachable)


def _settled(
    builder: "Builder",
    value: Value,
    steps: Ints,
    risky: NDArray[np.bool_],
    reached: Reached,
    at: Origin,
) -> tuple[Ints, NDArray[np.bool_]]:
    """``steps`` of a sum of two tensors, made exact, and which of them still are at risk.

    The float is known for every pair of integers; none is at risk unless these are too many. Where
    only ``value`` reads the Add, it gets the smallest factors for which that is possible.
    """
    total = value.exact_sum
    assert total is not None
    free = total.node == value.node and not value.shared
    if not free or total.pairs * len(steps) > MAX_PAIRS:
        total = replace(total, choices=())
    looked_at = np.arange(len(steps)) if total.choices else np.flatnonzero(risky.any(axis=1))
    if not len(looked_at) or total.pairs * len(looked_at) > MAX_PAIRS:
        return steps, risky
    slack = np.ceil(value.error / value.grid.scale).astype(np.int64) + 2
    found = exact_steps(total, steps[looked_at], slack, lambda x, some: reached(x, looked_at[some]))
    if found.missed:
        raise CompileError(
            "CB314",
            f"{found.missed} of its {steps.size} steps are no function of a sum of whole multiples"
            f" of the integers that '{total.node}' adds: float32 rounds equal sums to either side",
            at=at,
            help=f"use powers of two as scales, or another scale after '{total.node}'",
        )
    if (found.factors != total.factors).any():
        builder.change(value.node, Add(factors=tuple(int(f) for f in found.factors[:, 0])))
    settled = steps.copy()
    settled[looked_at] = np.minimum(found.first, builder.type(value.node).hi + 1)
    # Where no sum lies between, the first one may be above steps that were not looked at.
    settled = np.minimum.accumulate(settled[::-1])[::-1]
    return settled, np.zeros_like(risky)


def _ends(value: Value, kind: TensorType) -> Floats:
    """Floats ``(2, channels, 1, 1)`` of the smallest and the largest integers."""
    if value.exact_sum is not None:
        return value.exact_sum.ends()
    return value.grid.real(np.stack([kind.lo, kind.hi])[:, :, None, None])


def check_finite(value: Value, q: Ints, at: Origin) -> None:
    """Raise ``CompileError`` where a float of the chain is infinite: it might not rise there.

    Or where there is none, as of the root of a negative number. ``q`` holds the integers, ``(n,
    channels)``, at which it is looked at.
    """
    x: NDArray[Any] = value.grid.real(q[:, :, None, None])
    for step in value.chain:
        x = evaluate((step,), x)
        if np.isnan(x).any():
            raise CompileError(
                "CB324",
                f"'{step.node}' has no result for some of the values that reach it",
                at=at,
                help="clip or quantise the values before it to those that it is made for",
            )
        if not np.isfinite(x).all():
            raise CompileError(
                "CB310",
                f"the floats of '{step.node}' exceed float32",
                at=at,
                help="check the scales and constants before this node",
            )


def bisect(
    reached: Callable[[Ints, slice], NDArray[np.bool_]], kind: TensorType, count: int
) -> Ints:
    """Smallest integer in ``lo..hi+1``, per channel, that reaches each of ``count`` steps.

    ``reached`` says of an integer for each of some steps and each channel whether it does. Steps
    come in order: first the one in the middle is looked for, then those half way between two that
    are found, which lie close together.
    """
    steps = np.empty((count, len(kind.lo)), np.int64)
    apart = 1 << count.bit_length()
    while apart := apart >> 1:
        some = slice(apart - 1, None, 2 * apart)
        number = len(steps[some])
        found = steps[2 * apart - 1 :: 2 * apart]
        low = np.concatenate([kind.lo[None], found])[:number]
        high = np.concatenate([found, kind.hi[None] + 1])[:number]
        while (low < high).any():
            middle = (low + high) >> 1
            yes = reached(np.minimum(middle, kind.hi), some) & (middle <= kind.hi)
            low, high = np.where(yes | (low >= high), low, middle + 1), np.where(yes, middle, high)
        steps[some] = high
    return steps


def unproven(value: Value, steps: Ints, kind: TensorType, reached: Any) -> NDArray[np.bool_]:
    """Which steps the executor's own rounding might move.

    ``reached`` says of values of the chain whether they reach each step.
    """
    if not value.error.any() and not approximated(value.chain):
        return np.zeros(steps.shape, bool)

    def ends(q: Ints) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        low, high = bounds(value.chain, *around(value, q.clip(kind.lo, kind.hi)))
        return reached(low), reached(high)

    late = (steps <= kind.hi) & ~np.logical_and(*ends(steps))
    early = (steps > kind.lo) & np.logical_or(*ends(steps - 1))
    risky: NDArray[np.bool_] = late | early
    return risky


def _spread(steps: Ints, integers: Ints, kind: TensorType) -> Ints:
    """Sorted steps of 1, ``(channels, n)``; ``integers`` is ``(count + 1, channels)``.

    A channel that begins above the lowest integer has its first steps at its lowest value, and one
    that ends below the highest has its last steps beyond its range.
    """
    base, top = int(integers[0].min()), int(integers[-1].max())
    columns = []
    for c in range(integers.shape[1]):
        rises = np.diff(integers[:, c])
        column = np.concatenate([
            np.full(integers[0, c] - base, kind.lo[c]),
            np.repeat(steps[:, c], rises),
            np.full(top - integers[-1, c], kind.hi[c] + 1),
        ])
        columns.append(column)
    return np.array(columns, np.int64).reshape(len(columns), top - base)
