"""Layers that move the values of a map and leave them as they are."""

from dataclasses import fields, replace
from typing import Any

import numpy as np

from corgibuilder.ir import Ints, Op

from .grid import Grid
from .value import Step, Value
from .visit import Visit

MAPS = "give it maps of channels, rows and columns"


def map_read(visit: Visit) -> Value:
    """Input 0, a map. Its node holds the values that are moved, before any function of floats.

    A function that does not end in integers may as well come after: it works value by value.
    """
    value = visit.value()
    if not value.is_map:
        raise visit.unsupported(f"of a tensor of shape {value.dims}", MAPS)
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
    parts: list[Any] = [grid.scale]
    if grid.table is not None:
        parts.append(grid.table.T)
    parts += [p for step in value.chain for p in step.operation.parameters if p.ndim]
    if any((part[sources] != part[first][:, None]).any() for part in parts):
        return None
    return replace(
        value,
        grid=Grid(
            grid.scale[first], None if grid.table is None else grid.table[:, first], grid.lowest
        ),
        error=value.error[sources].max(axis=1),
        chain=tuple(_picked(step, first) for step in value.chain),
    )


def _picked(step: Step, channels: Ints) -> Step:
    """``step`` with the parameters of ``channels`` only."""
    operation: Any = step.operation
    changes = {
        field.name: parameter[channels]
        for field in fields(operation)
        if isinstance(parameter := getattr(operation, field.name), np.ndarray) and parameter.ndim
    }
    return replace(step, operation=replace(operation, **changes))
