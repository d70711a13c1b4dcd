"""Adding maps: each input has a factor, which is part of the circuit and in no memory."""

import numpy as np

from corgibuilder.ir import Add
from corgibuilder.plan.layers import Layer

from .sums import Sums
from .window import WindowSums


def add_sums(stage: Layer) -> Sums:
    add, inputs = stage.op, stage.inputs
    assert isinstance(add, Add)
    factors = np.array(add.factors, np.int64)
    return WindowSums.of(inputs, np.tile(factors, (inputs[0].shape.channels, 1, 1)))
