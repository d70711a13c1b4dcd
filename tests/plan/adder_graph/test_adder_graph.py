"""Adder graphs against integer matrices."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corgibuilder.ir import QInt
from corgibuilder.plan.adder_graph import adder_graph, digit_pairs, least_levels
from corgibuilder.plan.adder_graph.digits import digits_per_row, rows_of_digits

from .graphs import outputs_of, problems, rows_of, values_of

BYTE = QInt(0, 255)


def random_matrix(outputs, inputs, bits, *, seed=0):
    most = (1 << bits - 1) - 1
    return np.random.default_rng(seed).integers(-most, most + 1, (outputs, inputs))


@given(problems(), st.integers(0, 2**32 - 1))
def test_outputs_are_those_of_the_matrix(problem, seed):
    weights, inputs = problem
    rng = np.random.default_rng(seed)
    x = np.array([rng.integers(i.lo, i.hi + 1, 5) for i in inputs])
    graph = adder_graph(weights, inputs)
    np.testing.assert_array_equal(outputs_of(graph, values_of(graph, x)), weights @ x)
    np.testing.assert_array_equal(outputs_of(graph, rows_of(graph)), weights)


@given(problems())
def test_ranges_have_the_smallest_and_the_largest_value(problem):
    weights, inputs = problem
    graph = adder_graph(weights, inputs)
    lo, hi = np.array([[i.lo, i.hi] for i in inputs]).T
    for row, found in zip(rows_of(graph)[len(inputs) :], graph.sums, strict=True):
        smallest = int(row @ np.where(row > 0, lo, hi))
        largest = int(row @ np.where(row > 0, hi, lo))
        assert found.range == QInt(smallest, largest)


@given(problems(), st.integers(0, 2))
def test_no_value_takes_more_levels_than_are_allowed(problem, more):
    weights, inputs = problem
    least = least_levels(weights)
    graph = adder_graph(weights, inputs, levels=least + more)
    levels = [0] * len(inputs)
    for found in graph.sums:
        levels.append(1 + max(levels[found.a.value], levels[found.b.value]))
        assert found.level == levels[-1]
        assert 0 in (found.a.shift, found.b.shift)
    assert max(levels) <= least + more
    assert more or max(levels) == least


@given(problems())
def test_digits_are_those_of_the_weights(problem):
    weights, _ = problem
    rows = rows_of_digits(weights)
    assert digits_per_row(weights).tolist() == list(map(len, rows))
    assert digit_pairs(weights) == sum(len(row) * (len(row) - 1) // 2 for row in rows)
    for row, digits in zip(weights, rows, strict=True):
        found = np.zeros_like(row)
        for column, shift, sign in digits:
            found[column] += sign << shift
        np.testing.assert_array_equal(found, row)
        assert not digits or any(sign > 0 for _, _, sign in digits)
        assert len(digits) <= sum(f"{3 * abs(w) ^ abs(w):b}".count("1") for w in row.tolist()) + 1


@pytest.mark.parametrize(
    ("weights", "sums"),
    [
        ([[0, 0]], 0),
        ([[4, 0], [0, 1], [8, 0]], 0),
        ([[3, 0], [6, 0]], 1),
        ([[-1, 0]], 1),
        ([[-4, 0], [4, 0]], 1),
        ([[1, 1], [2, 2], [4, 4]], 1),
        ([[1, -1], [-1, 1]], 2),
        ([[45, 0]], 2),  # 5 * 9
        ([[1, 2, 3], [1, 2, 5]], 5),
    ],
)
def test_number_of_sums(weights, sums):
    weights = np.array(weights)
    graph = adder_graph(weights, (BYTE,) * weights.shape[1])
    assert len(graph.sums) == sums
    np.testing.assert_array_equal(outputs_of(graph, rows_of(graph)), weights)


def test_another_level_may_save_a_sum():
    weights = np.array([[1, 2, 3], [1, 2, 5]])  # a + 2b + 4c in both
    graph = adder_graph(weights, (BYTE,) * 3, levels=3)
    assert len(graph.sums) == 4
    np.testing.assert_array_equal(outputs_of(graph, rows_of(graph)), weights)


def test_a_sum_of_bits_side_by_side_takes_no_adder():
    apart = adder_graph(np.array([[1, 16]]), (QInt(0, 15), QInt(0, 15)))
    assert [(s.range, s.full_adders) for s in apart.sums] == [(BYTE, 0)]
    overlapping = adder_graph(np.array([[1, 8]]), (QInt(0, 15), QInt(0, 15)))
    assert overlapping.full_adders == 5  # of eight bits the lowest three are wires
    signed = adder_graph(np.array([[1, 16]]), (QInt(-8, 7), QInt(0, 15)))
    assert signed.full_adders == 5


@pytest.mark.parametrize(
    ("outputs", "inputs", "bits", "most"), [(16, 72, 4, 0.63), (32, 32, 6, 0.53), (8, 9, 8, 0.75)]
)
def test_what_outputs_have_in_common_is_shared(outputs, inputs, bits, most):
    """Sums for each digit of the matrix; without sharing there is one for each but the first."""
    weights = random_matrix(outputs, inputs, bits)
    graph = adder_graph(weights, (BYTE,) * inputs)
    assert len(graph.sums) < most * digits_per_row(weights).sum()


def test_the_same_matrix_gives_the_same_graph_in_every_process():
    made = (
        "import numpy as np; from corgibuilder.ir import QInt;"
        "from corgibuilder.plan.adder_graph import adder_graph;"
        "w = np.random.default_rng(1).integers(-31, 32, (12, 20));"
        "print(adder_graph(w, (QInt(-8, 7),) * 20))"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", made],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(texts) == 1 and b"AdderGraph" in texts.pop()
