"""Where registers lie in a graph."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from corgibuilder.ir import QInt
from corgibuilder.plan.adder_graph import adder_graph, cycles_of, least_levels

from .graphs import problems


def register_bits(graph, cycles, count):
    """Bits of the registers in front of those of the outputs."""
    last = list(cycles)
    for value, found in enumerate(graph.sums, len(graph.inputs)):
        for term in (found.a, found.b):
            last[term.value] = max(last[term.value], cycles[value])
    for term in graph.outputs:
        if term is not None:
            last[term.value] = count - 1
    return sum((last[v] - cycles[v]) * graph.range_of(v).width for v in range(len(cycles)))


@given(problems(), st.integers(1, 5))
def test_a_cycle_has_no_more_levels_than_are_allowed(problem, levels):
    weights, inputs = problem
    graph = adder_graph(weights, inputs)
    count = max(-(-least_levels(weights) // levels), 1)
    cycles = cycles_of(graph, levels, count)
    assert set(cycles[: len(inputs)]) <= {0}
    depth = [0] * len(inputs)  # levels of a value in its own cycle
    for found, cycle in zip(graph.sums, cycles[len(inputs) :], strict=True):
        assert 0 <= cycle < count
        terms = (found.a.value, found.b.value)
        assert all(cycles[k] <= cycle for k in terms)
        depth.append(1 + max(depth[k] if cycles[k] == cycle else 0 for k in terms))
    assert max(depth) <= levels


def test_sums_move_to_where_fewer_bits_wait():
    rng = np.random.default_rng(0)
    graph = adder_graph(rng.integers(-31, 32, (24, 32)), (QInt(-32, 31),) * 32)
    for levels, count in ((1, 7), (2, 4), (3, 3)):
        early = [0] * 32 + [(found.level - 1) // levels for found in graph.sums]
        fewer = register_bits(graph, cycles_of(graph, levels, count), count)
        assert fewer < register_bits(graph, early, count), levels
