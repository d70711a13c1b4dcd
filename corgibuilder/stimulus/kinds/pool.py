"""Pooling: sums without weights, or largest values."""

import numpy as np

from corgibuilder.ir import Pool, PoolKind
from corgibuilder.plan.layers import Layer

from .sums import Sums
from .window import WindowSums


def pool_sums(stage: Layer) -> Sums:
    pool, (x,) = stage.op, stage.inputs
    assert isinstance(pool, Pool)
    taps = pool.window.kernel[0] * pool.window.kernel[1]
    ones = np.ones((x.shape.channels, 1, taps), np.int64)
    return WindowSums.of((x,), ones, window=pool.window, largest=pool.kind is PoolKind.MAX)
