"""The inferred ranges hold, and both ends are reached."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from corgibuilder.golden import evaluate
from corgibuilder.ir import Conv, Pool, PoolKind, Shape, TensorType, Threshold, Window
from corgibuilder.ir.infer import infer


@settings(deadline=None)
@given(seed=st.integers(0, 2**32), groups=st.sampled_from([1, 2]))
def test_both_ends_of_a_sum_are_reached(seed, groups):
    rng = np.random.default_rng(seed)
    lo = rng.integers(-20, 20, 4)
    x = TensorType(Shape(4, 2, 2), lo, lo + rng.integers(0, 30, 4))
    weights = rng.integers(-7, 8, (2, 4 // groups, 2, 2))
    op = Conv(
        weights=weights, bias=rng.integers(-9, 9, 2), window=Window(kernel=(2, 2)), groups=groups
    )
    result = infer(op, x)
    assert result.shape == Shape(2, 1, 1)
    for o, dense in enumerate(op.dense_weights()):
        best = np.where(dense > 0, x.hi[:, None, None], x.lo[:, None, None])
        worst = np.where(dense > 0, x.lo[:, None, None], x.hi[:, None, None])
        assert evaluate(op, best[None])[0, o, 0, 0] == result.hi[o]
        assert evaluate(op, worst[None])[0, o, 0, 0] == result.lo[o]


def test_pools_and_steps():
    x = TensorType(Shape(2, 4, 4), np.array([-3, 1]), np.array([5, 1]))
    window = Window(kernel=(2, 2), stride=(2, 2))
    total = infer(Pool(kind=PoolKind.SUM, window=window), x)
    assert (total.lo.tolist(), total.hi.tolist()) == ([-12, 4], [20, 4])
    assert infer(Pool(kind=PoolKind.MAX, window=window), x).range == x.range
    steps = infer(Threshold(steps=np.array([[-3, 0, 9], [0, 1, 2]]), base=-1), x)
    assert (steps.lo.tolist(), steps.hi.tolist()) == ([0, 1], [1, 1])
