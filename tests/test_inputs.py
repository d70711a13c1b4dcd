"""Frames in the source file's own terms, whatever the network makes of them first."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from corgibuilder import api
from corgibuilder.diagnostics import CompileError
from corgibuilder.inputs import encode, input_files, load_inputs

from .frontend.models import Model
from .toys import stereo, stereo_frames


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


def test_a_single_number_is_no_frame(flattened, tmp_path):
    np.save(tmp_path / "x.npy", np.float32(1))
    frames = load_inputs(input_files([str(tmp_path / "x.npy")], flattened), flattened, None)
    with pytest.raises(CompileError, match="there is a single number"):
        encode(flattened, frames)


def renamed(*names):
    """A network with two inputs of these names."""
    net = stereo()
    pairs = zip(net.inputs, names, strict=True)
    return replace(net, inputs=tuple(replace(port, name=name) for port, name in pairs))


@pytest.mark.parametrize(
    ("names", "given", "files"),
    [
        (("a", "b"), ["b=x.npy", "a=y.npy"], {"a": "y.npy", "b": "x.npy"}),
        (("a", "b"), ["c=x.npz"], {"a": "c=x.npz", "b": "c=x.npz"}),
        (("a", "a=b"), ["a=b=x.npy", "a=y.npy"], {"a": "y.npy", "a=b": "x.npy"}),
        (("", "b"), ["=x.npy", "b=y.npy"], {"": "x.npy", "b": "y.npy"}),
    ],
)
def test_files_by_the_names_of_inputs(names, given, files):
    expected = {name: Path(file) for name, file in files.items()}
    assert input_files(given, renamed(*names)) == expected


def test_a_name_for_the_only_input(flattened):
    assert input_files(["input=x.npy"], flattened) == {"input": Path("x.npy")}
    with pytest.raises(CompileError, match="two files are given for input 'input'") as caught:
        input_files(["x.npy", "y.npy"], flattened)
    assert str(caught.value).endswith("help: give one file")


def test_arrays_of_one_file_go_by_name(tmp_path):
    net, frames = stereo(), stereo_frames(2)
    np.savez(tmp_path / "x.npz", input=np.zeros(1), **frames)
    loaded = load_inputs(input_files([str(tmp_path / "x.npz")], net), net)
    for name, array in frames.items():
        np.testing.assert_array_equal(loaded[name], array)
    np.savez(tmp_path / "x.npz", input=frames["left"], left=frames["left"])
    with pytest.raises(CompileError, match="the arrays input, left, and none is called 'right'"):
        load_inputs(input_files([str(tmp_path / "x.npz")], net), net)
