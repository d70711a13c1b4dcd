"""What has to hold in ops of several kinds. A failure is our own fault."""

from collections.abc import Iterator

import numpy as np

from .types import Ints, TensorType

LIMIT = 2**62  #: no value, and no sum of magnitudes, reaches it: int64 holds all differences


def int64_problems(what: str, values: Ints, rank: int) -> Iterator[str]:
    if values.dtype != np.int64 or values.ndim != rank:
        yield f"its {what} are {values.dtype} in {values.ndim} dimensions, not int64 in {rank}"


def sum_problems(magnitude: float) -> Iterator[str]:
    if magnitude >= LIMIT:
        yield f"its sums of up to {magnitude:.3g} do not fit 62 bits"


def reach(x: TensorType) -> int:
    """Largest magnitude of a value."""
    return max(abs(x.range.lo), abs(x.range.hi))
