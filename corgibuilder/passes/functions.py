"""Functions of single values, as step functions and as tables."""

from dataclasses import replace

import numpy as np

from corgibuilder.golden import evaluate
from corgibuilder.ir import Clamp, Ints, Op, QInt, Shape, Table, TensorType, Threshold


def alike(x: TensorType, *ops: Op) -> tuple[TensorType, tuple[Op, ...]]:
    """``x`` and ``ops`` as of one channel, where all channels have the same functions.

    The values of that channel are those of all channels.
    """
    rows = [_rows(op) for op in ops]
    if any((row != row[:1]).any() for row in rows):
        return x, ops
    one = TensorType(Shape(1, 1, 1), x.lo.min(keepdims=True), x.hi.max(keepdims=True), x.step)
    return one, tuple(_of_one_channel(op) for op in ops)


def _rows(op: Op) -> Ints:
    """The constants of each channel, a row each."""
    if isinstance(op, Threshold):
        return op.steps
    return op.values if isinstance(op, Table) else np.zeros((1, 0), np.int64)


def _of_one_channel(op: Op) -> Op:
    if isinstance(op, Threshold):
        return replace(op, steps=op.steps[:1])
    return replace(op, values=op.values[:1]) if isinstance(op, Table) else op


def table_of(ops: tuple[Op, ...], x: TensorType) -> Table:
    """One table for ``ops``, carried out one after the other on ``x``."""
    result = _reachable(x)[None, :, None, :]
    for op in ops:
        if isinstance(op, Table):  # for an ``x`` that only other channels have, all may come
            result = result.clip(op.lo, op.lo + op.values.shape[1] - 1)
        result = evaluate(op, result).astype(np.int64)
    return Table(values=result[0, :, 0], lo=x.range.lo)


def _reachable(x: TensorType) -> Ints:
    """All integers of the range, those that a channel cannot have exchanged for one that it can.

    int64 ``(channels, n)``, non-decreasing along ``n``.
    """
    lo, hi = x.lo[:, None], x.hi[:, None]
    values = np.arange(x.range.lo, x.range.hi + 1).clip(lo, hi)
    reachable: Ints = values - (values - lo) % x.step
    return reachable


def rising(op: Table, x: TensorType) -> Threshold | None:
    """The step function that is equal to a table on ``x``.

    ``None`` if there is none, or if it has more steps in one channel than the table has entries.
    """
    kind, (table,) = alike(x, op)
    values = table_of((table,), kind).values
    base, count = int(values.min()), int(values.max() - values.min())
    if (values[:, 1:] < values[:, :-1]).any() or count > op.values.shape[1]:
        return None
    places = np.concatenate([_reachable(kind), kind.hi[:, None] + 1], axis=1)
    levels = base + 1 + np.arange(count)
    first = np.stack([row.searchsorted(levels) for row in values])
    steps = np.take_along_axis(places, first, axis=1)
    return trimmed(Threshold(steps=np.repeat(steps, len(x.lo) // len(steps), axis=0), base=base), x)


def joined(first: Threshold | Clamp, second: Threshold | Clamp, x: TensorType) -> Op:
    """The function of ``x`` that is ``second`` of ``first``."""
    if isinstance(first, Clamp) and isinstance(second, Clamp):
        lo, hi = np.clip([first.range.lo, first.range.hi], second.range.lo, second.range.hi)
        return Clamp(range=QInt(int(lo), int(hi)))
    if isinstance(first, Clamp):
        assert isinstance(second, Threshold)
        return _after_clamp(first, second, x)
    if isinstance(second, Clamp):
        return _clamped(first, second, x)
    return _after_steps(first, second, x)


def _after_clamp(first: Clamp, second: Threshold, x: TensorType) -> Threshold:
    steps, (lo, hi) = second.steps, _ends(x)
    steps = np.where(steps <= first.range.lo, lo, np.where(steps > first.range.hi, hi, steps))
    return trimmed(replace(second, steps=steps), x)


def _clamped(first: Threshold, second: Clamp, x: TensorType) -> Threshold:
    lo, hi = second.range.lo, second.range.hi
    steps = first.steps[:, max(0, lo - first.base) : max(0, hi - first.base)]
    return trimmed(Threshold(steps=steps, base=min(max(first.base, lo), hi)), x)


def _after_steps(first: Threshold, second: Threshold, x: TensorType) -> Threshold:
    """Each step of ``second`` is the step of ``first`` that brings its value there."""
    lo, hi = _ends(x)
    places = np.concatenate([lo, first.steps.clip(lo, hi), hi], axis=1)
    found = (second.steps - first.base).clip(0, places.shape[1] - 1)
    return trimmed(replace(second, steps=np.take_along_axis(places, found, axis=1)), x)


def trimmed(op: Threshold, x: TensorType) -> Threshold:
    """The same on ``x`` without steps that all or no values of all channels reach; one stays."""
    lo, hi = _ends(x)
    steps = op.steps.clip(lo, hi)
    always = int((steps == lo).all(axis=0).sum())
    never = int((steps == hi).all(axis=0).sum())
    kept = steps[:, always : steps.shape[1] - never]
    return Threshold(steps=kept if kept.size else hi, base=op.base + always)


def _ends(x: TensorType) -> tuple[Ints, Ints]:
    """Steps ``(channels, 1)`` that every value has reached, and that none reaches."""
    return x.lo[:, None], x.hi[:, None] + 1
