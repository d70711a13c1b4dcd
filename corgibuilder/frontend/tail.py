"""The last nodes: ``TopK`` of one and ``ArgMax``, and the outputs of the file."""

from dataclasses import replace

import numpy as np

from corgibuilder.diagnostics import CompileError
from corgibuilder.ir import Argmax, Port

from .builder import Builder
from .grid import Grid
from .intervals import approximated, bounds
from .outputs import FloatOutput, IndexOutput
from .value import Value
from .visit import Visit

MAX_EVALUATED = 2**24  #: integers on which the order is checked one by one


def top_k(visit: Visit) -> Value:
    """``TopK`` with k 1, of which only the indices are read."""
    count = visit.scalar(1) if visit.has(1) else np.array(visit.attribute("k", 0))
    if count != 1 or not visit.attribute("largest", 1):
        raise visit.unsupported("of anything but the largest one", "use k = 1 and largest = 1")
    if visit.wanted[0]:
        raise visit.unsupported("whose values are read", "read its indices only")
    value = _winner(visit, visit.attribute("axis", -1))
    return replace(value, dims=(1, *visit.value().dims[1:]))


def arg_max(visit: Visit) -> Value:
    if visit.attribute("select_last_index", 0):
        raise visit.unsupported("with select_last_index", "take the first of equal classes")
    value = _winner(visit, visit.attribute("axis", 0))
    kept = (1,) if visit.attribute("keepdims", 1) else ()
    return replace(value, dims=(*kept, *visit.value().dims[1:]))


def _winner(visit: Visit, axis: int) -> Value:
    """Index of the largest channel. Raises ``CompileError`` (CB309) if floats order otherwise."""
    value = visit.value()
    rank = len(value.dims) + 1
    if axis % rank != 1 or value.dims[0] != value.map_shape.channels:
        raise visit.unsupported(
            f"over axis {axis} of a tensor of shape {value.dims}", "choose between channels"
        )
    if value.quantised or value.layout is not None:
        value = visit.builder.integers(value, visit.name, uniform=True)
    _check_order(visit, value)
    if value.error.any():
        visit.builder.notes.append(
            f"'{visit.name}' chooses among sums of '{value.node}' that the file's own executor"
            " rounds in float32: where two are equal but for rounding, it may choose the other"
        )
    node = visit.builder.add(visit.name, Argmax(), value.node)
    map_shape = visit.builder.type(node).shape
    return Value(node, map_shape, (), Grid(np.ones(1)), np.zeros(1))


def _check_order(visit: Visit, value: Value) -> None:
    """The floats must rise with the integers, and in the same way in all channels."""
    kind = visit.builder.type(value.node).range
    channels = value.map_shape.channels
    strict = False
    if value.grid.uniform and (kind.hi - kind.lo + 1) * channels <= MAX_EVALUATED:
        q = np.arange(kind.lo, kind.hi + 1)[:, None, None, None]
        floats = value.grid.real(np.repeat(q, channels, axis=1))
        low, high = bounds(value.chain, floats, floats)
        alike = (low == low[:, :1]).all() and (high == high[:, :1]).all()
        strict = bool((low[1:] > high[:-1]).all() and alike)
    if not strict:
        raise visit.refuse(
            "CB309",
            f"the scores of '{value.node}' are not ordered like their integers",
            "insert a Quant node, with one scale for all classes, before it",
        )


def output_port(builder: Builder, name: str, value: Value, *, index: bool) -> Port:
    """How output ``name`` of the file is obtained from the integers of a node."""
    if value.quantised or value.layout is not None:
        value = builder.integers(value, name)
    if value.integer_type:
        raise CompileError(
            "CB323",
            f"output '{name}' is of an integer type",
            at=builder.at(name),
            help="end the network before its Cast",
        )
    unknown = approximated(value.chain)
    if unknown:
        builder.notes.append(
            f"output '{name}' ends in '{unknown.node}', which the file's own executor approximates:"
            " the last bits may differ"
        )
    if value.error.any():
        builder.notes.append(
            f"output '{name}' is a sum that the file's own executor rounds in float32,"
            " in an order of its own: the last bits may differ"
        )
    if index:
        return Port(name, value.node, value.dims, IndexOutput(value.dims))
    return Port(name, value.node, value.dims, FloatOutput(value.dims, value.grid, value.chain))
