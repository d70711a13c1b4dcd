"""Layers that move the values of a map and leave them as they are."""

from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np

from corgibuilder.ir import Ints, Op

from .grid import StackedGrid
from .value import Value
from .visit import Visit

MAPS = "give it maps of channels, rows and columns"


def map_read(visit: Visit) -> Value:
    """Input 0, a map, whose node holds the values that are moved."""
    if not visit.value().is_map:
        raise visit.unsupported(f"of a tensor of shape {visit.value().dims}", MAPS)
    return moved_read(visit)


def moved_read(visit: Visit) -> Value:
    """Input 0. Its node holds the values that are moved, before any function of floats.

    A function that does not end in integers may as well come after: it works value by value.
    """
    value = visit.value()
    if value.quantised or value.layout is not None:
        return visit.builder.integers(value, visit.name)
    return value


def placed(visit: Visit, value: Value, op: Op) -> Value:
    """``value`` moved by ``op``, which is a node of the network then."""
    node = visit.builder.add(visit.name, op, value.node)
    return value.moved(node, visit.builder.type(node).shape)


def merged_channels(value: Value, sources: Ints) -> Value | None:
    """``value`` as if its channels were those of ``sources[:, 0]``; None if they differ in a row.

    ``sources`` is ``(channels, n)``: the channels that become one have to mean the same.
    """
    first = sources[:, 0]
    grid = value.grid
    if isinstance(grid, StackedGrid):
        return None
    parts: list[Any] = [grid.scale]
    if grid.table is not None:
        parts.append(grid.table.T)
    parts += [p for step in value.chain for p in step.operation.parameters if p.size > 1]
    if any((part[sources] != part[first][:, None]).any() for part in parts):
        return None
    return replace(picked_channels(value, first), error=value.error[sources].max(axis=1))


def picked_channels(value: Value, channels: Ints) -> Value:
    """What these channels of ``value`` mean, in this order, for a node that holds them."""
    return replace(
        value,
        grid=value.grid.picked(channels),
        error=value.error[channels],
        chain=_picked(value.chain, channels),
        exact_sum=None,
    )


def _picked(part: Any, channels: Ints) -> Any:
    """A step, an operation or a parameter of these channels only; what has none stays."""
    if isinstance(part, tuple):
        return tuple(_picked(each, channels) for each in part)
    if isinstance(part, np.ndarray):
        axis = part.ndim - 3
        return part.take(channels, axis) if axis >= 0 and part.shape[axis] > 1 else part
    if not is_dataclass(part) or isinstance(part, type):
        return part
    return replace(
        part, **{field.name: _picked(getattr(part, field.name), channels) for field in fields(part)}
    )
