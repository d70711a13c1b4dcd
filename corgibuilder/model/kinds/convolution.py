"""Convolutions: the fastest class that is exact for all values of the input."""

from corgibuilder.ir import Conv, QInt, TensorType
from corgibuilder.model.bounds import flip, flipped_bias, halves, is_bytes, sum_reach
from corgibuilder.model.layer import CppLayer, Site
from corgibuilder.model.literals import CppObject, pack
from corgibuilder.model.types import SUM_TYPES, smallest
from corgibuilder.model.window import cpp_window

from .activation import activation

_WEIGHT_TYPES = ("i8", "i16", "i32", "i64")


def convolution(op: Conv, site: Site) -> CppLayer:
    if op.depthwise:
        file, sums, kernel = _depthwise(op, site.x)
    elif is_bytes(op, site.x) and _byte_sums(op, site.x) != "i64":
        file, sums, kernel = _bytes(op, site.x)
    else:
        file, sums, kernel = _dense(op, site.x)
    act = activation(site.activation, site.made, sums)
    return CppLayer(file=file, kernel=kernel, act=act)


def _depthwise(op: Conv, x: TensorType) -> tuple[str, str, CppObject]:
    sums = smallest(sum_reach(op, x, flipped=False), SUM_TYPES)
    weights = pack(op.weights[:, 0].transpose(1, 2, 0))
    arguments = (cpp_window(op.window), len(op.weights), weights, pack(op.bias))
    return "depthwise", sums, CppObject(f"Depthwise<{sums}>", arguments)


def _byte_sums(op: Conv, x: TensorType) -> str:
    return smallest(sum_reach(op, x, flipped=True), SUM_TYPES)


def _bytes(op: Conv, x: TensorType) -> tuple[str, str, CppObject]:
    sums, proof = _byte_sums(op, x), halves(op, x)
    arguments = (*_dimensions(op), pack(flipped_bias(op, x)), flip(x), proof.passes, proof.chunk)
    return "bytes", sums, CppObject(f"DenseBytes<{sums}>", arguments)


def _dense(op: Conv, x: TensorType) -> tuple[str, str, CppObject]:
    sums = smallest(sum_reach(op, x, flipped=False), SUM_TYPES[1:])
    held = smallest(QInt(int(op.weights.min()), int(op.weights.max())), _WEIGHT_TYPES)
    return "dense", sums, CppObject(f"Dense<{held}, {sums}>", (*_dimensions(op), pack(op.bias)))


def _dimensions(op: Conv) -> tuple[CppObject | int, ...]:
    """Window, groups, inputs and outputs of each, and the weights ``[output][position][input]``."""
    inputs, outputs = op.weights.shape[1], len(op.weights) // op.groups
    weights = pack(op.weights.transpose(0, 2, 3, 1))
    return cpp_window(op.window), op.groups, inputs, outputs, weights
