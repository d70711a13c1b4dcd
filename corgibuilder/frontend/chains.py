"""Elementwise operators with constants: operations of a float chain."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from onnx import TensorProto

from corgibuilder.ir import Conv

from .combined import combined, of_one_value
from .elementwise import Arithmetic, Array, WithConstant, batch_norm
from .grid import Grid, powers_of_two
from .linear import sum_bound
from .quantisers import RoundingQuantiser
from .value import Const, Step, Value
from .visit import Visit

_DIRECT = {
    "Add": Arithmetic.ADD,
    "Sub": Arithmetic.SUBTRACT,
    "Mul": Arithmetic.MULTIPLY,
    "Div": Arithmetic.DIVIDE,
    "Min": Arithmetic.MINIMUM,
    "Max": Arithmetic.MAXIMUM,
}


def arithmetic(visit: Visit) -> Value:
    """``Add``, ``Sub``, ``Mul``, ``Div``, ``Min``, ``Max`` of a tensor and a constant."""
    if len(visit.inputs) != 2:
        raise visit.unsupported(f"of {len(visit.inputs)} tensors", "join two at a time")
    if of_one_value(visit.inputs):
        return combined(visit.value(0), visit.value(1), _DIRECT[visit.kind], visit.name)
    constant_first = isinstance(visit.inputs[0], Const)
    value = visit.value(1 if constant_first else 0)
    other = visit.fitted(value, visit.const(0 if constant_first else 1).array)
    function = _DIRECT[visit.kind]
    if constant_first and function is Arithmetic.DIVIDE:
        raise visit.unsupported("of a constant by a tensor", "multiply by the reciprocal instead")
    if constant_first and function is Arithmetic.SUBTRACT:
        function = Arithmetic.SUBTRACT_FROM
    if function is Arithmetic.DIVIDE and not other.all():
        raise visit.refuse("CB106", "it divides by zero", "check the constant that it divides by")
    return with_constant(visit, value, function, other)


def with_constant(visit: Visit, value: Value, function: Arithmetic, other: Array) -> Value:
    """``value`` with one more float operation, folded into integers where that is exact."""
    if not value.chain and value.layout is None and value.exact_sum is None:
        if function in (Arithmetic.MULTIPLY, Arithmetic.DIVIDE):
            rescaled = _rescaled(value, function, other)
            if rescaled is not None:
                return rescaled
        if function in (Arithmetic.ADD, Arithmetic.SUBTRACT):
            biased = _biased(visit, value, -other if function is Arithmetic.SUBTRACT else other)
            if biased is not None:
                return biased
    return value.then(Step(WithConstant(function, other), visit.name))


def _rescaled(value: Value, function: Arithmetic, other: Array) -> Value | None:
    """Powers of two times powers of two only move the exponent."""
    if not value.grid.exact or not powers_of_two(other).all():
        return None
    factor = other.astype(np.float64).reshape(-1) if other.ndim else other.astype(np.float64)
    scale = value.grid.scale
    scale = scale / factor if function is Arithmetic.DIVIDE else scale * factor
    grid = Grid(scale)
    return (
        replace(value, grid=grid, error=value.error / value.grid.scale * scale)
        if (grid.exact)
        else None
    )


def _biased(visit: Visit, value: Value, other: Array) -> Value | None:
    """A bias that is a whole number of accumulator steps becomes part of the layer before it."""
    op = visit.builder.op(value.node)
    if not isinstance(op, Conv) or value.shared or value.error.any() or not value.grid.exact:
        return None
    bias = other.astype(np.float64).reshape(-1) / value.grid.scale
    if (bias != np.rint(bias)).any() or (np.abs(bias) >= 2**24).any():
        return None
    biased = replace(op, bias=op.bias + bias.astype(np.int64))
    if (sum_bound(visit.builder, value.node, biased) >= 2**24).any():
        return None
    visit.builder.change(value.node, biased)
    return value


def clip(visit: Visit) -> Value:
    """``Clip``: the limits are attributes up to opset 10, inputs from then on."""
    value = visit.value()
    lowest = _limit(visit, 1, visit.attribute("min", -np.inf))
    highest = _limit(visit, 2, visit.attribute("max", np.inf))
    if np.isfinite(lowest):
        value = value.then(Step(WithConstant(Arithmetic.MAXIMUM, lowest), visit.name))
    if np.isfinite(highest):
        value = value.then(Step(WithConstant(Arithmetic.MINIMUM, highest), visit.name))
    return value


def _limit(visit: Visit, index: int, otherwise: float) -> Array:
    return visit.scalar(index) if visit.has(index) else np.array(otherwise, np.float32)


def relu(visit: Visit) -> Value:
    zero = np.zeros((), np.float32)
    return visit.value().then(Step(WithConstant(Arithmetic.MAXIMUM, zero), visit.name))


def negate(visit: Visit) -> Value:
    minus = np.array(-1, np.float32)
    return visit.value().then(Step(WithConstant(Arithmetic.MULTIPLY, minus), visit.name))


def batch_normalisation(visit: Visit) -> Value:
    """``BatchNormalization`` with the statistics of training."""
    if visit.attribute("training_mode", 0) or not visit.attribute("spatial", 1):
        raise visit.unsupported("in training mode", "export the network in evaluation mode")
    value = visit.value()
    gamma, beta, mean, variance = (
        visit.channelwise(value, visit.const(i).array) for i in range(1, 5)
    )
    if (variance < 0).any():
        raise visit.refuse("CB106", "its variance is negative", "export the file again")
    epsilon = visit.attribute("epsilon", 1e-5)
    with np.errstate(all="ignore"):
        operation = batch_norm(gamma, beta, mean, variance, epsilon)
    if not all(np.isfinite(p).all() for p in operation.parameters):
        raise visit.refuse("CB106", "its scale is infinite", "check its variance")
    return value.then(Step(operation, visit.name))


def rounding(mode: str) -> Callable[[Visit], Value]:
    """``Floor``, ``Ceil``, ``Round``."""

    def handle(visit: Visit) -> Value:
        return visit.value().then(Step(RoundingQuantiser(mode), visit.name))

    return handle


def same(visit: Visit) -> Value:
    """``Identity``, and ``Dropout`` as it is in evaluation."""
    if visit.has(2) and visit.const(2).array.any():
        raise visit.unsupported("in training mode", "export the network in evaluation mode")
    if any(visit.wanted[1:]):
        raise visit.unsupported("whose mask is read", "export the network in evaluation mode")
    return visit.value()


def cast(visit: Visit) -> Value:
    """``Cast`` to float32 changes no value here; to integers it cuts off the fraction."""
    value = visit.value(integer_type=True)
    to = visit.attribute("to", 0)
    if to == TensorProto.FLOAT:
        return replace(value, integer_type=False)
    if to not in (TensorProto.INT32, TensorProto.INT64):
        raise visit.unsupported(
            "to anything but float32, int32 and int64", "remove it, or insert a Quant instead"
        )
    value = value if value.integer_type else value.then(Step(RoundingQuantiser("DOWN"), visit.name))
    return replace(value, integer_type=True)
