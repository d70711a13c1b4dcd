"""``MaxPool``, ``AveragePool`` and the global pools."""

from dataclasses import replace

import numpy as np

from corgibuilder.ir import Pool, PoolKind, Window

from .chains import with_constant
from .elementwise import Arithmetic
from .grid import Grid
from .linear import MAX_SUM, UNIT
from .maps import placed
from .threshold_extraction import directions
from .value import Value
from .visit import Visit
from .windows import dilations, window


def max_pool(visit: Visit) -> Value:
    """``MaxPool``; the largest float is the largest integer, as all functions before it rise."""
    return _max(visit, _window(visit))


def global_max_pool(visit: Visit) -> Value:
    return _max(visit, _whole(visit))


def average_pool(visit: Visit) -> Value:
    """``AveragePool``: a sum, and a float division by the number of taps, as in onnxruntime."""
    moves = _window(visit)
    if moves.pads and not visit.attribute("count_include_pad", 0):
        raise visit.unsupported(
            "that does not count its padding", "set count_include_pad, or do not pad"
        )
    return _average(visit, moves)


def global_average_pool(visit: Visit) -> Value:
    return _average(visit, _whole(visit))


def reduce_mean(visit: Visit) -> Value:
    """``ReduceMean`` over rows and columns."""
    axes = visit.axes(1)
    rank = len(visit.value().dims) + 1
    if axes is None or sorted(a % rank for a in axes) != list(range(2, rank)):
        raise visit.unsupported(f"over axes {axes}", "reduce over rows and columns")
    result = _average(visit, _whole(visit))
    if visit.attribute("keepdims", 1):
        return result
    return replace(result, dims=result.dims[:1])


def _window(visit: Visit) -> Window:
    _check_map(visit)
    if any(visit.wanted[1:]):
        raise visit.unsupported("whose indices are read", "use its first output only")
    kernel = visit.ints("kernel_shape", ())
    apart = dilations(visit, kernel)
    if any(d > 1 and k > 1 for d, k in zip(apart, kernel, strict=True)):
        raise visit.unsupported(f"with dilations {apart}", "pool over pixels that are neighbours")
    moves = window(visit, visit.value(), kernel)
    if visit.attribute("ceil_mode", 0) and not _divides(visit.value(), moves):
        raise visit.unsupported("with ceil_mode on a size that it rounds", "use explicit pads")
    return moves


def _divides(value: Value, moves: Window) -> bool:
    pads = moves.pads
    rows = value.map_shape.height + pads.top + pads.bottom - moves.kernel[0]
    columns = value.map_shape.width + pads.left + pads.right - moves.kernel[1]
    return rows % moves.stride[0] == 0 and columns % moves.stride[1] == 0


def _whole(visit: Visit) -> Window:
    _check_map(visit)
    visit.builder.fixed[visit.name] = None
    map_shape = visit.value().map_shape
    size = (map_shape.height, map_shape.width)
    return Window(kernel=size, stride=size)


def _check_map(visit: Visit) -> None:
    if not visit.value().is_map:
        raise visit.unsupported(
            f"of a tensor of shape {visit.value().dims}", "pool over rows and columns"
        )


def _max(visit: Visit, moves: Window) -> Value:
    value = visit.value()
    if value.quantised or not value.chain or value.layout is not None:
        value = visit.builder.integers(value, visit.name)
    else:
        signs = directions(value.chain, value.map_shape.channels)
        if signs is None:
            raise visit.unsupported(
                f"of '{value.chain[-1].node}', which neither rises nor falls everywhere,",
                "insert a Quant node between them",
            )
        value = visit.builder.rising(value, signs < 0)
    return placed(visit, value, Pool(kind=PoolKind.MAX, window=moves))


def _average(visit: Visit, moves: Window) -> Value:
    value = visit.builder.integers(visit.value(), visit.name)
    taps = moves.kernel[0] * moves.kernel[1]
    before = visit.builder.type(value.node).range
    if max(abs(before.lo), abs(before.hi)) * taps >= MAX_SUM:
        raise visit.refuse("CB308", "its sums exceed 53 bits", "quantise to fewer bits")
    total = placed(visit, value, Pool(kind=PoolKind.SUM, window=moves))
    kind = visit.builder.type(total.node)
    bound = np.maximum(np.abs(kind.lo), np.abs(kind.hi))
    proven = value.grid.exact & (bound < 2**24)
    rounding = 1.01 * (taps + 24) * UNIT * bound * value.grid.scale
    error = np.where(proven, 0.0, rounding) + taps * value.error
    total = replace(total, grid=Grid(value.grid.scale), error=error, exact_sum=None)
    return with_constant(visit, total, Arithmetic.DIVIDE, np.array(taps, np.float32))
