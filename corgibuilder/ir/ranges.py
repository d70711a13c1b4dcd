"""Steps of the values of several channels, or of several tensors."""

import numpy as np

from .types import Ints, TensorType


def varying_step(x: TensorType) -> int:
    """The step of values; 0, a multiple of any, where there is only one, which needs no code."""
    return x.step if x.lo.min() < x.hi.max() else 0


def common_step(lo: Ints, hi: Ints, step: int) -> int:
    """Largest step for channels that each hold ``lo``, ``lo + step``, ..., ``hi``."""
    if lo.min() == hi.max():
        return 1
    return max(int(np.gcd.reduce([step, *(lo - lo[0]), *(hi - lo[0])])), 1)
