"""Random matrices, and what a graph gives for a vector, by its definition."""

import numpy as np
from hypothesis import strategies as st

from corgibuilder.ir import QInt


def values_of(graph, x):
    """All values, ``(values, ...)``, for inputs ``(inputs, ...)``."""
    values = list(x)
    for found in graph.sums:
        a = values[found.a.value] << found.a.shift
        b = values[found.b.value] << found.b.shift
        values.append(a - b if found.difference else a + b)
    return values


def outputs_of(graph, values):
    """The outputs, ``(outputs, ...)``."""
    zero = np.zeros_like(values[0])
    return np.array([zero if t is None else values[t.value] << t.shift for t in graph.outputs])


def rows_of(graph):
    """The matrix row that each value is."""
    return np.array(values_of(graph, np.eye(len(graph.inputs), dtype=np.int64)))


@st.composite
def problems(draw):
    """A matrix of 1 to 12 bits, with zeros, and the ranges of its inputs."""
    outputs, inputs = draw(st.integers(1, 6)), draw(st.integers(1, 7))
    most = 2 ** draw(st.integers(0, 11))
    signs = draw(st.sampled_from([(-1, 1), (0, 1), (-1, 0)]))
    weight = st.one_of(
        st.integers(signs[0] * most, signs[1] * most),
        st.just(0),
        st.integers(0, 11).map(lambda k: min(1 << k, most) * (signs[1] or -1)),
    )
    rows = st.lists(weight, min_size=inputs, max_size=inputs)
    weights = draw(st.lists(rows, min_size=outputs, max_size=outputs))
    end = st.integers(-300, 300)
    ends = draw(st.lists(st.tuples(end, end), min_size=inputs, max_size=inputs))
    return np.array(weights, np.int64), tuple(QInt(min(pair), max(pair)) for pair in ends)
