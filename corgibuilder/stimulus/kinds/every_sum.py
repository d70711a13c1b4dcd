"""All sums of a few operands. Those of two inputs with large factors are few and far between."""

from functools import lru_cache
from math import prod

import numpy as np

from corgibuilder.ir import Ints

MOST = 1 << 18  #: combinations of values that are looked at

Operand = tuple[int, range]  #: weight, and the values that it multiplies


@lru_cache(maxsize=64)
def every_sum(operands: tuple[Operand, ...], bias: int) -> Ints | None:
    """In order and without repetition; ``None`` if that would take too long."""
    if prod(len(values) for _, values in operands) > MOST:
        return None
    sums = np.array([bias])
    for weight, values in operands:
        sums = np.unique(sums[:, None] + weight * np.array(values))
    return sums
