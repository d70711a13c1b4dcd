"""``Conv``, ``MatMul`` and ``Gemm``: integer weights, and a bound on the executor's rounding."""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from corgibuilder.ir import Conv, Ints, Pad, Pads, Window
from corgibuilder.limits import MAX_SIDE

from .builder import Builder
from .elementwise import Arithmetic, Array, WithConstant
from .grid import Doubles, Grid, on_grid
from .onnx_file import MAX_ELEMENTS
from .value import Const, Step, Value
from .visit import Visit
from .windows import dilations, window

MAX_WEIGHT = 2**24
MAX_FACTOR = 2**15  #: of weights that read channels of different scales
MAX_SUM = 2**53  #: float64 holds every whole number up to here
UNIT = 2.0**-24  #: relative error of one float32 operation


def conv(visit: Visit) -> Value:
    """``Conv`` in one or two dimensions, grouped or not, dilated or not."""
    weights = visit.const(1)
    value = visit.value()
    if not value.is_map or weights.array.ndim != len(value.dims) + 1:
        raise visit.unsupported(
            f"of a tensor of shape {value.dims} with weights of shape {weights.array.shape}",
            "use one- or two-dimensional convolutions",
        )
    kernel = weights.array.shape[2:]
    visit = _padded(visit, value, kernel, uniform=weights.array.shape[1] > 1)
    value = visit.value()
    moves = window(visit, value, kernel)
    result = linear(
        visit,
        spread(visit, weights, moves.kernel, dilations(visit, kernel)),
        visit.const(2) if visit.has(2) else None,
        moves,
        groups=visit.attribute("group", 1),
    )
    return replace(result, dims=value.moved(result.node, result.map_shape).dims)


def _padded(visit: Visit, value: Value, kernel: tuple[int, ...], *, uniform: bool) -> Visit:
    """The convolution behind a padding of its own, where it pads by its kernel or more.

    Windows then lie in the padding as a whole, which no convolution of the hardware has.
    """
    sides = len(kernel)
    pads = visit.ints("pads", (0, 0) * sides)
    apart = dilations(visit, kernel)
    most = [(k - 1) * d for k, d in zip(kernel, apart, strict=True)] * 2
    if len(pads) != 2 * sides or all(pad <= m for pad, m in zip(pads, most, strict=True)):
        return visit
    if max(pads) > MAX_SIDE or min(most) < 0 or visit.attribute("auto_pad", "NOTSET") != "NOTSET":
        return visit  # refused when the window is read
    inner = tuple(min(pad, m) for pad, m in zip(pads, most, strict=True))
    rest = [pad - held for pad, held in zip(pads, inner, strict=True)]
    (top, left), (bottom, right) = (0, *rest[:sides])[-2:], (0, *rest[sides:])[-2:]
    x = visit.builder.integers(value, visit.name, uniform=uniform)
    op = Pad(pads=Pads(top=top, left=left, bottom=bottom, right=right), value=0)
    node = visit.builder.add(visit.builder.fresh(f"{visit.name}_pad"), op, x.node)
    padded = replace(x, exact_sum=None).moved(node, visit.builder.type(node).shape)
    return replace(
        visit,
        inputs=(padded, *visit.inputs[1:]),
        attributes={**visit.attributes, "pads": inner},
    )


def spread(visit: Visit, weights: Const, kernel: tuple[int, int], apart: tuple[int, ...]) -> Const:
    """``weights`` with the zeros of a dilated kernel between them: ``(O, I, *kernel)``."""
    if set(apart) <= {1} and weights.array.shape[2:] == kernel:
        return weights
    shape = (*weights.array.shape[:2], *kernel)
    if math.prod(shape) > MAX_ELEMENTS:
        raise visit.unsupported(
            f"with dilations {apart}, by which it has {math.prod(shape):,} weights",
            f"use up to {MAX_ELEMENTS:,} weights and zeros between them",
        )
    rows, columns = (1, *apart)[-2:]

    def wide(array: Array) -> Array:
        result = np.zeros(shape, array.dtype)
        result[:, :, ::rows, ::columns] = array.reshape(*shape[:2], -1, array.shape[-1])
        return result

    scale = weights.scale
    if scale is not None and scale.shape != weights.array.shape:
        scale = None
    return Const(wide(weights.array), None if scale is None else wide(scale))


def matmul(visit: Visit) -> Value:
    """``MatMul`` of a vector by a constant matrix."""
    return _fully_connected(visit, visit.const(1), None)


def gemm(visit: Visit) -> Value:
    """``Gemm`` with alpha and beta 1."""
    if visit.attribute("alpha", 1.0) != 1 or visit.attribute("beta", 1.0) != 1:
        raise visit.unsupported("with alpha or beta other than 1", "fold them into the weights")
    if visit.attribute("transA", 0):
        raise visit.unsupported("with a transposed input", "export it without transA")
    weights = visit.const(1)
    if visit.attribute("transB", 0):
        scale = None if weights.scale is None else weights.scale.T
        weights = Const(weights.array.T, scale)
    return _fully_connected(visit, weights, visit.const(2) if visit.has(2) else None)


def _fully_connected(visit: Visit, weights: Const, bias: Const | None) -> Value:
    """Weights ``(inputs, outputs)`` as a convolution whose kernel is the whole map."""
    value = visit.value()
    if weights.array.ndim != 2 or value.dims != weights.array.shape[:1]:
        raise visit.unsupported(
            f"of a tensor of shape {value.dims} by a constant of shape {weights.array.shape}",
            "flatten the tensor first, and multiply by a matrix",
        )
    if value.map_shape.pixels > 1:
        visit.builder.fixed[visit.name] = None
    outputs = weights.array.shape[1]

    def kernels(matrix: Array | None) -> Array | None:
        return None if matrix is None else matrix.T.reshape(outputs, *value.map_shape)

    whole = Const(weights.array.T.reshape(outputs, *value.map_shape), kernels(weights.scale))
    size = (value.map_shape.height, value.map_shape.width)
    result = linear(visit, whole, bias, Window(kernel=size), groups=1)
    return replace(result, dims=(outputs,))


def linear(
    visit: Visit, weights: Const, bias: Const | None, moves: Window, *, groups: int
) -> Value:
    """Convolution of the integers of input 0; a bias that is no whole number joins the chain."""
    source = visit.value()
    outputs, inputs = weights.array.shape[:2]
    fits = groups > 0 and outputs % groups == 0 and inputs * groups == source.map_shape.channels
    if not fits or not weights.array.size:
        raise visit.refuse(
            "CB107",
            f"weights of shape {weights.array.shape} in {groups} groups do not fit"
            f" {source.map_shape.channels} channels",
            "export the file again",
        )
    x = visit.builder.integers(source, visit.name, uniform=inputs > 1)
    integers, scale = integer_weights(visit, weights)
    rounded = (integers * scale[:, None, None, None] != weights.array).any()
    read = (np.arange(outputs) // (outputs // groups) * inputs)[:, None] + np.arange(inputs)
    factors, unit = _common_scale(visit, x.grid) if inputs > 1 else (None, x.grid.scale)
    if factors is not None:
        integers = integers * factors[read][:, :, None, None]
    scale = scale * unit[read[:, 0]]
    offset = _offset(visit, bias, outputs)
    whole = offset / scale
    fits = (whole == np.rint(whole)).all() and (np.abs(whole) < 2**52).all() and x.grid.exact
    op = Conv(
        weights=integers,
        bias=whole.astype(np.int64) if fits else np.zeros(outputs, np.int64),
        window=moves,
        groups=groups,
    )
    node = visit.builder.add(visit.name, op, x.node)
    grid = Grid(scale)
    error = _error(
        visit,
        node,
        x,
        op,
        grid,
        np.zeros(outputs) if fits else np.abs(offset),
        rounded=bool(rounded),
    )
    value = Value(node, visit.builder.type(node).shape, (), grid, error)
    value = replace(value, dims=tuple(value.map_shape))
    if fits:
        return value
    operation = WithConstant(Arithmetic.ADD, offset.astype(np.float32)[:, None, None])
    return value.then(Step(operation, visit.name))


def _common_scale(visit: Visit, grid: Grid) -> tuple[Ints | None, Doubles]:
    """Factors ``(channels,)`` for the weights that read each channel, and the scale they leave.

    None where all channels have one scale.
    """
    if grid.uniform:
        return None, grid.scale
    found = on_grid(grid.scale[None].astype(np.float32), uniform=True, limit=MAX_FACTOR)
    if found is None:
        raise visit.refuse(
            "CB302",
            "the channels of its input have different scales, and it sums over them",
            "quantise that input with one scale for the whole tensor",
        )
    return found[0][0], found[1]


def _offset(visit: Visit, bias: Const | None, outputs: int) -> Doubles:
    if bias is None:
        return np.zeros(outputs)
    flat = bias.array.ravel()
    if flat.size not in (1, outputs):
        raise visit.refuse(
            "CB107", f"{flat.size} biases for {outputs} outputs", "export the file again"
        )
    return np.broadcast_to(flat, outputs).astype(np.float64)


def integer_weights(visit: Visit, weights: Const) -> tuple[Ints, Doubles]:
    """Integers ``(O, I, rows, columns)`` and a scale for each output. Raises ``CompileError``."""
    array = weights.array.astype(np.float64)
    outputs = len(array)
    if (array == np.rint(array)).all() and np.abs(array).max(initial=0) < MAX_WEIGHT:
        return array.astype(np.int64), np.ones(outputs)
    if weights.scale is not None and weights.scale.shape == array.shape:
        scale = weights.scale.reshape(outputs, -1)[:, 0].astype(np.float64)
        integers = np.rint(array / scale[:, None, None, None])
        off = np.abs(integers * scale[:, None, None, None] - array)
        if (off <= np.abs(array) * 2.0**-21).all() and np.abs(integers).max() < MAX_WEIGHT:
            return integers.astype(np.int64), scale
    columns = weights.array.reshape(outputs, -1).T.astype(np.float32)
    found = on_grid(columns, uniform=False, limit=2**15)
    if found is None:
        raise visit.refuse(
            "CB307",
            "its weights are not integers times a scale",
            "quantise the weights with a Quant node",
        )
    return found[0].T.reshape(array.shape), found[1]


def sum_bound(builder: Builder, name: str, op: Conv) -> NDArray[np.float64]:
    """Largest magnitude, for each output, that any partial sum in any order can have."""
    source = builder.input_type(name)
    return _bound(op, np.maximum(np.abs(source.lo), np.abs(source.hi)).astype(np.float64))


def _bound(op: Conv, reach: NDArray[np.float64]) -> NDArray[np.float64]:
    outputs, inputs = op.weights.shape[:2]
    group = np.arange(outputs) // (outputs // op.groups)
    channel = group[:, None] * inputs + np.arange(inputs)
    sums = np.abs(op.weights).sum(axis=(2, 3)) * reach[channel]
    result: NDArray[np.float64] = sums.sum(axis=1) + np.abs(op.bias)
    return result


def _parts(units: Doubles) -> Doubles:
    """The least power of two, for each number, that makes it whole; infinite beyond 2**24."""
    parts = 2.0 ** np.arange(25)[:, None]
    whole = units * parts == np.rint(units * parts)
    result: Doubles = np.where(whole.any(axis=0), parts[whole.argmax(axis=0), 0], np.inf)
    return result


def _error(
    visit: Visit, node: str, x: Value, op: Conv, grid: Grid, offset: Doubles, *, rounded: bool
) -> Doubles:
    """How far the executor's float32 sum may lie from the exact one, whatever its order.

    0 where every partial sum is a float32: scales are powers of two and sums below 2**24 units,
    or below 2**24 of that part of a unit of which ``offset`` is a whole multiple. Else
    the usual bound for sums of products, (terms + 24) * 2**-24 times the sum of the magnitudes;
    the 24 are for the operands (2**-21 each, see ``near_step``), the bias and the result.
    """
    bound = sum_bound(visit.builder, node, op)
    if (bound >= MAX_SUM).any():
        raise visit.refuse("CB308", "its sums exceed 53 bits", "quantise to fewer bits")
    exact = x.grid.exact and grid.exact and not rounded
    units = offset / grid.scale
    proven = exact & ((bound + units) * _parts(units) < 2**24)
    terms = np.count_nonzero(op.weights, axis=(1, 2, 3)) + 24
    rounding = 1.01 * terms * UNIT * (bound * grid.scale + offset)
    carried = _bound(replace(op, bias=op.bias * 0), x.error / x.grid.scale) * grid.scale
    result: Doubles = np.where(proven, 0.0, rounding) + carried
    return result
