"""Integers that enter a network whose file does not say so."""

from fractions import Fraction

import numpy as np
import onnx
import pytest

from corgibuilder.diagnostics import CompileError
from corgibuilder.frontend import find_problems, read, resized
from corgibuilder.ir import InputType, QInt, Threshold

from .models import QONNX, SHARED, Model, integers, ours, theirs

MAP = (2, 5, 4)
HALF = InputType("int5", Fraction(1, 2))


def plain(annotation=""):
    """A convolution of a float input, and a quantiser."""
    model = Model(MAP, annotation)
    model.conv(np.random.default_rng(1).integers(-3, 4, (3, 2, 2, 2)), name="conv")
    model.quant(2.0, bits=5)
    return model


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("uint8", 0, 255), ("int8", -128, 127), ("int1", -1, 0), ("uint16", 0, 65535)],
)
def test_ranges(name, low, high):
    assert InputType(name).range == QInt(low, high)


@pytest.mark.parametrize("scale", [1, Fraction(1, 4), Fraction(1, 255)])
@pytest.mark.parametrize("name", ["uint4", "int6"])
def test_floats_are_integers_times_the_scale(name, scale, tmp_path):
    model = plain()
    given = InputType(name, Fraction(scale))
    network = read(model.save(tmp_path), input_type=given)
    assert network.input_type == given
    assert network.graph.type("input").range == given.range
    whole = integers(3, MAP, given.range.lo, given.range.hi)
    frames = (whole * float(scale)).astype(np.float32)
    np.testing.assert_array_equal(network.inputs[0].convert(frames), whole)
    if not network.notes:
        got, expected = ours(network, frames), theirs(model.proto(), frames)
        np.testing.assert_array_equal(got[model.last], expected[model.last])
    assert not network.notes or scale == Fraction(1, 255)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (0.3, "not 0.3"),
        (8.0, "not 8"),
        (-8.5, "not -8.5"),
        (np.nan, "not nan"),
        (np.inf, "not inf"),
    ],
)
def test_values_between_and_beyond_are_refused(value, problem, tmp_path):
    network = read(plain().save(tmp_path), input_type=HALF)
    frame = np.full((1, *MAP), 7.5, np.float32)
    assert (network.inputs[0].convert(frame) == 15).all()
    frame[0, 1, 2, 3] = value
    with pytest.raises(ValueError, match=r"takes integers -16\.\.15 times 0\.5, " + problem):
        network.inputs[0].convert(frame)


def test_another_size(tmp_path):
    network = resized(read(plain().save(tmp_path), input_type=HALF), 7, 6)
    frame = np.full((1, 2, 6, 7), 7.5, np.float32)
    assert network.inputs[0].convert(frame).shape == frame.shape
    assert network.input_type == HALF


def test_a_quantiser_of_the_input_becomes_a_layer(tmp_path):
    model = Model(MAP, annotation="")
    model.quant(1.5, bits=3)
    model.conv(np.ones((1, 2, 2, 2)))
    frames = integers(3, MAP, -16, 15) / 2
    network = read(model.save(tmp_path), input_type=HALF)
    assert any(isinstance(node.op, Threshold) for node in network.graph)
    expected = theirs(model.proto(), frames)[model.last]
    np.testing.assert_array_equal(ours(network, frames)[model.last], expected)


def test_a_file_that_says_it_itself(tmp_path):
    path = plain("UINT3").save(tmp_path)
    (error,) = find_problems(path, input_type=HALF)
    assert str(error) == (
        "error[CB115]: the file itself says that it holds integers 0..7\n"
        "  --> model.onnx: input\n"
        "  help: leave out --input-type"
    )
    assert find_problems(path) == []


@pytest.mark.parametrize(
    ("name", "scale", "problem"),
    [
        ("float", 1, "'float' is not a type of integers"),
        ("int17", 1, "'int17' is not"),
        ("int8", 0, "a scale of 0 is out of range"),
        ("int8", 10**10, "a scale of 1e+10 is"),
    ],
)
def test_types_that_are_none(name, scale, problem):
    with pytest.raises(CompileError, match="CB114") as caught:
        InputType(name, Fraction(scale))
    assert problem in str(caught.value)


@pytest.mark.slow
def test_finn_resnet20_on_integers():
    """Its own samples are floats; rounded to a scale, they give what its executor gives."""
    folder = SHARED / "nn2fpga_resnet20_finnonnx"
    if not folder.is_dir():
        pytest.skip(f"the published networks are not here: {folder}")
    path = folder / "FINNonnx_resnet.onnx"
    network = read(path, input_type=InputType("int8", Fraction(1, 32)))
    samples = np.load(folder / "io.npz")
    frames = np.rint(samples["input"] * 32).clip(-128, 127).astype(np.float32) / 32
    model = onnx.load(path)
    for node in model.graph.node:
        node.domain = QONNX if node.op_type == "MultiThreshold" else node.domain
        node.input[:] = ["input" if name == "inp.1" else name for name in node.input]
    (expected,) = theirs(model, frames).values()
    (got,) = ours(network, frames).values()
    np.testing.assert_array_equal(got, expected)
    assert (got.argmax(axis=1) == samples["output"].argmax(axis=1)).all()
