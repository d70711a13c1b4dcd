"""Grids of several tensors, one after the other."""

import numpy as np
import pytest

from corgibuilder.frontend.grid import Grid, stacked

PLAIN = Grid(np.array([0.5, 2.0]))
LISTED = Grid(np.array([0.1]), np.array([[-0.2], [-0.1], [0.0], [0.1]], np.float32), -2)
INTEGERS = np.array([[[3, -2, 7], [1, 0, 2], [-2, 1, 0]]])[..., None]


def test_every_channel_keeps_its_floats():
    grid = stacked([PLAIN, LISTED])
    got = grid.real(INTEGERS)
    np.testing.assert_array_equal(got[:, :2], PLAIN.real(INTEGERS[:, :2]))
    np.testing.assert_array_equal(got[:, 2:], LISTED.real(INTEGERS[:, 2:]))
    assert not grid.exact
    assert not grid.uniform


def test_negated_channels():
    falling = np.array([True, False, True])
    negated = stacked([PLAIN, LISTED]).negated(falling)
    sign = np.where(falling, -1, 1)[None, :, None, None]
    np.testing.assert_array_equal(
        negated.real(INTEGERS * sign), stacked([PLAIN, LISTED]).real(INTEGERS) * sign
    )


def test_powers_of_two_stay_exact_and_plain():
    grid = stacked([PLAIN, PLAIN])
    assert grid.exact
    assert type(grid) is Grid


@pytest.mark.parametrize("grid", [PLAIN, LISTED, stacked([LISTED, PLAIN, LISTED])])
def test_channels_that_are_picked_mean_the_same(grid):
    channels = np.random.default_rng(1).integers(0, len(grid.scale), 9)
    q = np.random.default_rng(2).integers(-1, 2, (3, len(grid.scale), 2, 2))
    picked = grid.picked(channels)
    np.testing.assert_array_equal(picked.real(q[:, channels]), grid.real(q)[:, channels])
    assert picked.exact or not grid.exact
