"""Operators that only change how a tensor is indexed."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from .constants import flattened, new_shape, squeezed, unsqueezed
from .limits import MAX_RANK
from .value import Const, Relayout, Value, map_shape_of
from .visit import Visit


def _viewed(visit: Visit, value: Value, order: tuple[int, ...], shape: tuple[int, ...]) -> Value:
    """``value`` transposed by ``order`` and reshaped to ``shape``, both with frames in front."""
    old = (visit.frames, *value.dims)
    if order[:1] != (0,) or shape[:1] != (visit.frames,):
        raise visit.unsupported(
            "that mixes frames of a batch", "keep the first dimension, the batch, as it is"
        )
    if len(shape) > MAX_RANK:
        raise visit.unsupported(f"to {len(shape)} dimensions", f"use up to {MAX_RANK} dimensions")
    dims = shape[1:]
    large = [i for i in order if old[i] != 1]
    keeps_order = large == sorted(large)
    if value.layout is not None and (dims != value.dims or not keeps_order):
        map_shape = map_shape_of(dims)
        if map_shape is not None and all(
            p.ndim == 0 for s in value.chain for p in s.operation.parameters
        ):
            layout = (*value.layout, Relayout(order, dims))
            return replace(value, layout=layout, map_shape=map_shape, dims=dims)
    if not keeps_order:
        raise visit.unsupported(
            f"of a {'x'.join(map(str, value.dims))} tensor by {order}",
            "keep tensors in the order channels, rows, columns",
        )
    return replace(value, dims=dims)


def _old(visit: Visit) -> tuple[int, ...]:
    return (visit.frames, *visit.value().dims)


def _by(visit: Visit, compute: Callable[[tuple[int, ...]], tuple[int, ...]]) -> Value:
    """Input 0 in the shape that ``compute`` makes of its old one."""
    old = _old(visit)
    try:
        shape = compute(old)
    except (ValueError, IndexError):
        raise visit.refuse(
            "CB107",
            f"a tensor of shape {old} cannot take the shape that is asked for",
            "export the file for a batch of one",
        ) from None
    return _viewed(visit, visit.value(), tuple(range(len(old))), shape)


def reshape(visit: Visit) -> Value:
    wanted = visit.const(1).array
    keep = bool(visit.attribute("allowzero", 0))
    return _by(visit, lambda old: new_shape(old, wanted, keep_zeros=keep))


def flatten(visit: Visit) -> Value:
    return _by(visit, lambda old: flattened(old, visit.attribute("axis", 1)))


def squeeze(visit: Visit) -> Value:
    axes = visit.axes(1)
    if axes is None:
        axes = tuple(i for i, d in enumerate(_old(visit)) if d == 1 and i > 0)
    return _by(visit, lambda old: squeezed(old, axes))


def unsqueeze(visit: Visit) -> Value:
    return _by(visit, lambda old: unsqueezed(old, visit.axes(1) or ()))


def transpose(visit: Visit) -> Value:
    old = _old(visit)
    order = visit.ints("perm", range(len(old))[::-1])
    if sorted(order) != list(range(len(old))):
        raise visit.refuse("CB107", f"perm {order} is not an order", "export the file again")
    return _viewed(visit, visit.value(), order, tuple(old[i] for i in order))


def shape(visit: Visit) -> Const:
    """``Shape`` of a run-time tensor is known while reading."""
    return Const(np.array(_old(visit), np.int64))
