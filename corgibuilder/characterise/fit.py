"""What a bit of everything takes, so that the areas of all samples are predicted best."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from corgibuilder.plan.resources import NAMES, Resources

Floats = NDArray[np.float64]


def fitted(resources: Sequence[Resources], areas: Sequence[float]) -> dict[str, float]:
    """Area of one bit of each, 0 or more, of the least squares of relative errors."""
    counts = np.array([[getattr(each, name) for name in NAMES] for each in resources])
    measured = np.array(areas)
    best = nonnegative_least_squares(counts / measured[:, None], np.ones(len(measured)))
    return dict(zip(NAMES, best.tolist(), strict=True))


def nonnegative_least_squares(matrix: Floats, vector: Floats) -> Floats:
    """The ``x``, 0 or more, with the least ``|matrix @ x - vector|``; for a few columns.

    At it some columns are left out and the others are an ordinary least-squares solution (the
    Kuhn-Tucker conditions; Lawson and Hanson, "Solving Least Squares Problems", 1974): every choice
    of columns is tried.
    """
    columns = matrix.shape[1]
    best, least = np.zeros(columns), float(vector @ vector)
    for count in range(1, columns + 1):
        for chosen in combinations(range(columns), count):
            found = np.zeros(columns)
            found[list(chosen)] = np.linalg.lstsq(matrix[:, chosen], vector)[0]
            rest = matrix @ found - vector
            if found.min() >= 0 and rest @ rest < least:
                best, least = found, float(rest @ rest)
    return best
