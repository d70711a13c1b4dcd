"""Frames in the source file's own terms, whatever the network makes of them first."""

import numpy as np
import pytest

from corgibuilder import api
from corgibuilder.diagnostics import CompileError
from corgibuilder.inputs import encode

from .frontend.models import Model


@pytest.fixture
def flattened(tmp_path):
    """A network that takes a map of floats, flattens it at once and quantises it."""
    model = Model((1, 2, 3), annotation="")
    model.node("Flatten", axis=1)
    model.quant(1.0, bits=4)
    model.node("MatMul", model.const(np.arange(-6, 6).reshape(6, 2)))
    return api.read(model.save(tmp_path))


def test_a_map_that_is_flattened_keeps_the_shape_of_the_file(flattened):
    frames = np.array([[[[1, 2, 3], [4, 5, 6]]], [[[-8, 7, 0], [0.5, 1.5, 2.4]]]], np.float32)
    network, integers = encode(flattened, frames)
    assert network is flattened
    (integers,) = integers.values()
    np.testing.assert_array_equal(integers[:, :, 0, 0], [[1, 2, 3, 4, 5, 6], [-8, 7, 0, 0, 2, 2]])
    (result,) = api.run(flattened, frames).values()
    np.testing.assert_array_equal(result, integers[:, :, 0, 0] @ np.arange(-6, 6).reshape(6, 2))


def test_a_map_of_another_size_is_refused_where_the_size_is_fixed(flattened):
    with pytest.raises(CompileError, match="it ties the network to"):
        encode(flattened, np.zeros((1, 1, 3, 3), np.float32))
