"""Operators on constants, computed while reading in the dtypes of the executor."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import helper

from .elementwise import Array
from .onnx_file import MAX_ELEMENTS
from .value import Const
from .visit import Visit


def fold(visit: Visit) -> Const:
    """The result of a node all of whose inputs are constants. Raises ``CompileError`` (CB201)."""
    if visit.kind in _RESHAPING:
        function = _RESHAPING[visit.kind]
        source = visit.const(0)
        array = _guarded(visit, lambda: function(visit, source.array))
        if source.scale is None or source.scale.shape != source.array.shape:
            return Const(array)
        return Const(array, function(visit, source.scale))
    if visit.kind not in _FUNCTIONS:
        raise visit.refuse(
            "CB201",
            f"operator {visit.kind} is not supported on constants",
            "simplify the file first, for instance with onnxsim",
        )
    arrays = [tensor.array for tensor in visit.inputs if isinstance(tensor, Const)]
    return Const(_guarded(visit, lambda: _FUNCTIONS[visit.kind](visit, arrays)))


def foldable(kind: str) -> bool:
    """Whether :func:`fold` knows the operator."""
    return kind in _RESHAPING or kind in _FUNCTIONS


def _guarded(visit: Visit, compute: Callable[[], Array]) -> Array:
    try:
        size = _size(visit, [t.array for t in visit.inputs if isinstance(t, Const)])
        if size > MAX_ELEMENTS:
            raise visit.refuse(
                "CB113",
                f"its constant result has {size:,} numbers, more than {MAX_ELEMENTS:,}",
                "use a smaller network: all its weights have to fit onto a chip",
            )
        with np.errstate(all="ignore"):
            result = np.asarray(compute())
        if result.dtype.kind not in "fiub":
            raise TypeError
    except (ValueError, LookupError, TypeError, OverflowError):
        raise visit.refuse(
            "CB107", "its constant inputs do not fit together", "export the file again"
        ) from None
    if result.dtype.kind == "f" and not np.isfinite(result).all():
        raise visit.refuse(
            "CB106",
            "its constant result is infinite or not a number",
            "check the constants that it reads",
        )
    return result


def _size(visit: Visit, arrays: list[Array]) -> int:
    """Numbers in the result, known before it is made."""
    if visit.kind in _BROADCASTING:
        return math.prod(np.broadcast_shapes(*(a.shape for a in arrays)))
    if visit.kind == "Concat":
        return sum(a.size for a in arrays)
    if visit.kind == "Gather":
        data, indices = arrays
        along: int = data.shape[visit.attribute("axis", 0)]
        return data.size // max(1, along) * indices.size
    return max((a.size for a in arrays), default=0)


def new_shape(old: tuple[int, ...], wanted: NDArray[Any], *, keep_zeros: bool) -> tuple[int, ...]:
    """Shape that ONNX ``Reshape`` gives. Raises ``ValueError`` if the sizes differ."""
    dims = [int(d) for d in np.atleast_1d(wanted)]
    if not keep_zeros:
        dims = [old[i] if d == 0 else d for i, d in enumerate(dims)]
    if dims.count(-1) == 1:
        rest = math.prod(d for d in dims if d != -1)
        dims[dims.index(-1)] = math.prod(old) // rest if rest else -1
    if any(d < 0 for d in dims) or math.prod(dims) != math.prod(old):
        raise ValueError
    return tuple(dims)


def squeezed(old: tuple[int, ...], axes: tuple[int, ...] | None) -> tuple[int, ...]:
    """Shape without ``axes`` (all of size 1 if None). Raises ``ValueError`` if one is not 1."""
    if axes is None:
        axes = tuple(i for i, d in enumerate(old) if d == 1)
    gone = {_axis(a, len(old)) for a in axes}
    if any(old[i] != 1 for i in gone):
        raise ValueError
    return tuple(d for i, d in enumerate(old) if i not in gone)


def unsqueezed(old: tuple[int, ...], axes: tuple[int, ...]) -> tuple[int, ...]:
    """Shape with 1 inserted at ``axes`` of the result. Raises ``ValueError`` for axes it lacks."""
    rank = len(old) + len(axes)
    inserted = {_axis(a, rank) for a in axes}
    if len(inserted) != len(axes):
        raise ValueError
    rest = iter(old)
    return tuple(1 if i in inserted else next(rest) for i in range(rank))


def flattened(old: tuple[int, ...], axis: int) -> tuple[int, ...]:
    """Shape that ONNX ``Flatten`` gives."""
    axis = len(old) if axis == len(old) else _axis(axis, len(old))
    return math.prod(old[:axis]), math.prod(old[axis:])


def _axis(axis: int, rank: int) -> int:
    """``axis`` counted from the front. Raises ``ValueError`` if there is no such axis."""
    if not -rank <= axis < rank:
        raise ValueError
    return axis % rank


def _transpose(visit: Visit, x: Array) -> Array:
    return x.transpose(visit.ints("perm", range(x.ndim)[::-1]))


def _reshape(visit: Visit, x: Array) -> Array:
    keep = bool(visit.attribute("allowzero", 0))
    return x.reshape(new_shape(x.shape, visit.const(1).array, keep_zeros=keep))


_RESHAPING: dict[str, Callable[[Visit, Array], Array]] = {
    "Identity": lambda _, x: x,
    "Transpose": _transpose,
    "Reshape": _reshape,
    "Flatten": lambda v, x: x.reshape(flattened(x.shape, v.attribute("axis", 1))),
    "Squeeze": lambda v, x: x.reshape(squeezed(x.shape, v.axes(1))),
    "Unsqueeze": lambda v, x: x.reshape(unsqueezed(x.shape, v.axes(1) or ())),
}


def _constant(visit: Visit, _: list[Array]) -> Array:
    for name in ("value", "value_float", "value_int", "value_floats", "value_ints"):
        if name in visit.attributes:
            value = visit.attributes[name]
            if isinstance(value, np.ndarray):
                return value
            return np.array(value, np.float32 if "float" in name else np.int64)
    raise ValueError


def _cast(visit: Visit, arrays: list[Array]) -> Array:
    return arrays[0].astype(helper.tensor_dtype_to_np_dtype(visit.attribute("to", 1)))


def _power(_: Visit, arrays: list[Array]) -> Array:
    """In double, then rounded: what the C library's ``powf`` does."""
    wide = np.power(arrays[0].astype(np.float64), arrays[1].astype(np.float64))
    return wide.astype(arrays[0].dtype)


def _divide(_: Visit, arrays: list[Array]) -> Array:
    """Integers divide towards zero, as in onnxruntime."""
    if arrays[0].dtype.kind == "f":
        return np.asarray(arrays[0] / arrays[1])
    if not arrays[1].all():
        raise ValueError
    return np.trunc(arrays[0] / arrays[1]).astype(arrays[0].dtype)


_BROADCASTING = ("Add", "Sub", "Mul", "Div", "Pow", "Min", "Max")
_FUNCTIONS: dict[str, Callable[[Visit, list[Array]], Array]] = {
    "Constant": _constant,
    "Cast": _cast,
    "Pow": _power,
    "Div": _divide,
    "Add": lambda _, a: a[0] + a[1],
    "Sub": lambda _, a: a[0] - a[1],
    "Mul": lambda _, a: a[0] * a[1],
    "Neg": lambda _, a: -a[0],
    "Sqrt": lambda _, a: np.sqrt(a[0]),
    "Floor": lambda _, a: np.floor(a[0]),
    "Ceil": lambda _, a: np.ceil(a[0]),
    "Round": lambda _, a: np.round(a[0]),
    "Relu": lambda _, a: np.maximum(a[0], a[0].dtype.type(0)),
    "Concat": lambda v, a: np.concatenate(a, axis=v.attribute("axis", 0)),
    "Gather": lambda v, a: np.take(a[0], a[1], axis=v.attribute("axis", 0)),
    "Shape": lambda _, a: np.array(a[0].shape, np.int64),
}
