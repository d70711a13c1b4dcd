"""Operators with one input on branches that meet, against onnxruntime."""

import numpy as np
import pytest

from corgibuilder.diagnostics import CompileError
from corgibuilder.frontend import read
from corgibuilder.ir import Add, Concat, Conv, DepthToSpace, Input, Pad, Table, Threshold, Upsample

from .models import Model, check, integers, ours, theirs

MAP = (4, 6, 5)


def weights(*shape, seed=1):
    return np.random.default_rng(seed).integers(-7, 8, shape).astype(np.float32)


def kinds(network):
    return {type(node.op) for node in network.graph}


def branches(model, first, second):
    """Two quantised convolutions of the input with the given scales; the name of the first."""
    names = []
    for seed, scale in enumerate((first, second)):
        model.last = "input"
        model.conv(weights(8, 4, 1, 1, seed=seed))
        model.quant(8.0)
        model.node("Mul", model.const(scale))
        model.quant(scale)
        names.append(model.last)
    return names[0]


def test_a_value_that_meets_functions_of_itself(tmp_path):
    """``x + quantised(x * sigmoid(x))`` is one function of ``x``, and so no sum of two tensors."""
    model = Model(MAP)
    model.conv(weights(8, 4, 1, 1))
    model.quant(8.0, bits=6)
    x = model.last
    model.node("Mul", model.const(0.125))
    small = model.last
    model.node("Sigmoid")
    model.node("Mul", small)
    model.quant(0.25, bits=6)
    model.node("Add", x)
    model.quant(2.0)
    network = check(model, tmp_path, integers(0, MAP, -8, 7))
    assert kinds(network) == {Input, Conv, Threshold, Table}


@pytest.mark.parametrize("scales", [(1.0, 0.5), (0.3, 0.17)])
def test_a_sum_before_a_function(scales, tmp_path):
    model = Model(MAP)
    model.node("Add", branches(model, *scales))
    model.node("Tanh", name="act")
    model.quant(0.07, name="q", bits=6)
    frames = integers(0, MAP, -8, 7)
    network = read(model.save(tmp_path))
    found, expected = ours(network, frames)[model.last], theirs(model.proto(), frames)[model.last]
    noted = sum(int(note.split()[0]) for note in network.notes)
    values = found != expected
    assert values.sum() <= noted * frames[0].size
    if scales == (1.0, 0.5):
        assert not values.any()


@pytest.mark.parametrize("scales", [(1.0, 0.5), (0.3, 0.17)])
def test_maps_that_are_moved_before_and_after_they_meet(scales, tmp_path):
    model = Model(MAP)
    first = branches(model, *scales)
    model.node("Resize", "", model.const([1, 1, 2, 2]))
    second = model.last
    model.node("Resize", "", model.const([1, 1, 2, 2]), after=first)
    model.node("Add", second)
    model.node("Resize", "", model.const([1, 1, 1, 2]))
    model.node("DepthToSpace", blocksize=2)
    model.quant(2.0)
    network = read(model.save(tmp_path))
    assert {Add, Upsample, DepthToSpace, Threshold} <= kinds(network)
    if scales == (1.0, 0.5):
        check(model, tmp_path, integers(0, MAP, -8, 7))
        return
    assert any("steps of" in note for note in network.notes)


def test_zeros_around_a_sum_are_no_sum(tmp_path):
    """Its steps then hold for the padding too, and so the sum's own pairs do not settle them."""
    model = Model(MAP)
    model.node("Add", branches(model, 0.3, 0.17))
    model.node("Pad", model.const([0, 0, 1, 1, 0, 0, 1, 1], np.int64))
    model.quant(0.7)
    network = read(model.save(tmp_path))
    assert {Add, Pad, Threshold} <= kinds(network)
    assert any("steps of" in note for note in network.notes)


def test_channels_of_two_scales_meet_and_become_pixels(tmp_path):
    model = Model(MAP)
    model.node("Concat", branches(model, 1.0, 1.0), axis=1)
    model.node("DepthToSpace", blocksize=2, mode="CRD")
    model.conv(weights(3, 4, 3, 3))
    network = check(model, tmp_path, integers(0, MAP, -8, 7))
    assert {Concat, DepthToSpace, Conv} <= kinds(network)
    model = Model(MAP)
    model.node("Concat", branches(model, 0.3, 0.17), axis=1)
    model.node("DepthToSpace", blocksize=2)
    with pytest.raises(CompileError, match="the channels that become one"):
        read(model.save(tmp_path))
