"""The fit of costs to areas."""

import numpy as np
import pytest

from corgibuilder.characterise.fit import fitted, nonnegative_least_squares
from corgibuilder.plan.resources import NAMES, Resources

COSTS = dict(zip(NAMES, (13.0, 7.0, 3.0, 1.5, 0.5, 6.0), strict=True))


def resources(rng, size):
    return Resources(**{name: float(rng.integers(0, size)) for name in NAMES})


def area(found):
    return sum(cost * getattr(found, name) for name, cost in COSTS.items())


def test_costs_are_found_again():
    rng = np.random.default_rng(1)
    found = [resources(rng, 100) for _ in range(12)]
    assert fitted(found, [area(each) for each in found]) == pytest.approx(COSTS)


def test_errors_count_relative_to_the_area():
    """A small component and one 1000 times as large, of which both cannot be right."""
    found = [Resources(registers=1), Resources(registers=1000)]
    cost = fitted(found, [5.0, 7000.0])["registers"]
    assert cost == pytest.approx((1 / 5 + 1 / 7) / (1 / 25 + 1 / 49))
    assert fitted(found, [5.0, 7000.0])["adders"] == 0


@pytest.mark.parametrize("seed", range(20))
def test_the_conditions_of_a_minimum(seed):
    """No gradient where a cost is above 0, and none that leads below it where one is 0."""
    rng = np.random.default_rng(seed)
    matrix, vector = rng.normal(size=(9, 5)), rng.normal(size=9)
    x = nonnegative_least_squares(matrix, vector)
    gradient = matrix.T @ (matrix @ x - vector)
    assert x.min() >= 0
    assert np.abs(gradient[x > 0]).max(initial=0) < 1e-9
    assert gradient[x == 0].min(initial=0) > -1e-9
