"""C++ integer types of maps and sums."""

import numpy as np

from corgibuilder.ir import QInt, TensorType

MAP_TYPES = ("u8", "i8", "u16", "i16", "i32", "i64")
SUM_TYPES = ("i16", "i32", "i64")
_DTYPES = {"u8": "uint8", "i8": "int8", "u16": "uint16", "i16": "int16", "i32": "int32"}


def dtype_name(kind: str) -> str:
    """The type as numpy calls it."""
    return _DTYPES.get(kind, "int64")


def smallest(values: QInt, kinds: tuple[str, ...]) -> str:
    """The first of ``kinds`` that holds ``values``; the last where none does."""
    for kind in kinds:
        limits = np.iinfo(dtype_name(kind))
        if limits.min <= values.lo and values.hi <= limits.max:
            return kind
    return kinds[-1]


def map_type(made: TensorType) -> str:
    """Of a map in memory."""
    return smallest(made.range, MAP_TYPES)


def sum_type(made: TensorType) -> str:
    """Of values for an activation, which also needs one value around them."""
    return smallest(QInt(made.range.lo - 1, made.range.hi + 1), SUM_TYPES)
