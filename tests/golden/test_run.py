"""A whole network: the value at every node, in a dtype that holds its range."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from corgibuilder.diagnostics import Origin
from corgibuilder.golden import run
from corgibuilder.ir import Conv, Graph, Input, Node, QInt, Shape, Threshold, Window

from ..toys import stereo, stereo_frames


def network(rng, lo, hi):
    node = Node(
        "input", Input(shape=Shape(2, 4, 3), range=QInt(lo, hi)), (), Origin("toy", "input")
    )
    conv = Conv(
        weights=rng.integers(-9, 10, (3, 2, 2, 2)),
        bias=rng.integers(-50, 50, 3),
        window=Window(kernel=(2, 2)),
    )
    steps = Threshold(steps=np.sort(rng.integers(-500, 500, (3, 4)), axis=1), base=-2)
    return Graph([
        node,
        Node("conv", conv, ("input",), Origin("toy", "conv")),
        Node("act", steps, ("conv",), Origin("toy", "act")),
    ])


@settings(deadline=None)
@given(seed=st.integers(0, 2**32), ends=st.tuples(st.integers(-200, 200), st.integers(0, 300)))
def test_values_stay_in_the_inferred_ranges(seed, ends):
    rng = np.random.default_rng(seed)
    lo, hi = ends[0], ends[0] + ends[1]
    graph = network(rng, lo, hi)
    frames = rng.choice([lo, hi], (20, 2, 4, 3))
    values = run(graph, frames)
    assert list(values) == ["input", "conv", "act"]
    for name, value in values.items():
        kind = graph.type(name)
        assert value.shape == (20, *kind.shape)
        assert (value >= kind.lo[:, None, None]).all()
        assert (value <= kind.hi[:, None, None]).all()
        assert np.can_cast(value.dtype, np.int64)


def test_every_input_has_its_frames():
    graph, frames = stereo().graph, stereo_frames(3)
    values = run(graph, frames)
    np.testing.assert_array_equal(values["left"], frames["left"])
    np.testing.assert_array_equal(values["right"], frames["right"])
    added = values["a_act"].astype(int) - 2 * values["b_act"].astype(int)
    np.testing.assert_array_equal(values["sum"], added)
