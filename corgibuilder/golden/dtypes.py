"""Number types in which integer arithmetic is exact."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from corgibuilder.ir import QInt

_INTEGERS = (np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64)


def smallest_dtype(values: QInt) -> np.dtype[Any]:
    """Smallest integer dtype that holds ``values``."""
    for dtype in _INTEGERS:
        info = np.iinfo(dtype)
        if info.min <= values.lo and values.hi <= info.max:
            return np.dtype(dtype)
    raise AssertionError(values)


def largest_magnitude(x: NDArray[Any]) -> int:
    """Largest absolute value of an integer array."""
    return max(abs(int(x.min(initial=0))), abs(int(x.max(initial=0))))


def exact_float(bound: int) -> np.dtype[Any] | None:
    """Float type in which all sums up to magnitude ``bound`` are exact; None if there is none."""
    if bound < 2**24:
        return np.dtype(np.float32)
    return np.dtype(np.float64) if bound < 2**53 else None
