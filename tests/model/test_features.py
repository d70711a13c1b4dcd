"""features.py stands alone: in a Python that knows nothing of corgibuilder."""

import copy
import importlib.util
import os
import pickle
import subprocess
import sys

import numpy as np
import pytest

from corgibuilder import golden
from corgibuilder.ir import Conv, Input, QInt, Shape, Window
from corgibuilder.model import write_model

from ..random_networks import frames_of
from ..toys import network, stereo, stereo_frames


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("features")
    rng = np.random.default_rng(4)

    def conv(inputs, outputs):
        weights = rng.integers(-7, 8, (outputs, inputs, 3, 3))
        bias = rng.integers(-9, 9, outputs)
        return Conv(weights=weights, bias=bias, window=Window(kernel=(3, 3)))

    entry = Input(shape=Shape(3, 8, 9), range=QInt(0, 255))
    layers = [("in", entry, ""), ("near", conv(3, 4), "in"), ("far", conv(4, 2), "near")]
    net = network(layers, ["near", "far"])
    write_model(net, folder)
    return net, folder


@pytest.fixture(scope="module")
def features(written):
    spec = importlib.util.spec_from_file_location("features", written[1] / "features.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["features"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["features"]


def test_arrays_by_name(written, features):
    net, _ = written
    frames = frames_of(net, 2)
    values = golden.run(net.graph, frames)
    found = features.Features()(frames)
    assert list(found) == ["near", "far"]
    for name, array in found.items():
        np.testing.assert_array_equal(array, values[name])


def test_a_choice_comes_as_a_tuple(written, features):
    frames = frames_of(written[0], 2)
    (far,) = features.Features(names=["far"])(frames)
    np.testing.assert_array_equal(far, features.Features()(frames)["far"])
    with pytest.raises(features.ModelError, match="no output mid; choose from near, far"):
        features.Features(names=["mid"])


def test_a_library_can_be_copied_and_sent(written, features):
    frames = frames_of(written[0], 2)
    library = features.Features().library
    for other in (copy.deepcopy(library), pickle.loads(pickle.dumps(library))):
        np.testing.assert_array_equal(other(frames)["far"], library(frames)["far"])


def test_without_corgibuilder(written):
    """In an isolated Python, with nothing to import but numpy."""
    program = """
import sys, types
sys.modules["corgibuilder"] = None
sys.path.insert(0, sys.argv[1])
import numpy, features
print(features.Features()(numpy.zeros((1, 3, 5, 5), numpy.uint8))["far"].shape)
"""
    command = [sys.executable, "-c", program, str(written[1])]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=os.environ)
    assert (done.stdout, done.stderr) == ("(1, 2, 1, 1)\n", "")


def test_tensors(written, features):
    torch = pytest.importorskip("torch")
    net, _ = written
    frames = frames_of(net, 2)
    module = torch.nn.Sequential(features.Features(names=["far", "near"]))
    far, near = module(torch.tensor(frames, dtype=torch.uint8))
    values = golden.run(net.graph, frames)
    assert not far.requires_grad
    np.testing.assert_array_equal(far.numpy(), values["far"])
    np.testing.assert_array_equal(near.numpy(), values["near"])
    assert not list(module.parameters())


@pytest.fixture(scope="module")
def both(features, tmp_path_factory):
    """The features of a network with two inputs."""
    folder = tmp_path_factory.mktemp("both")
    write_model(stereo(), folder)
    return features.Features(names=["c"], source=folder / "model.cpp")


def test_an_array_for_each_input(both):
    frames = stereo_frames(2)
    assert [entry.name for entry in both.library.inputs] == ["left", "right"]
    (found,) = both(frames["left"], frames["right"])
    np.testing.assert_array_equal(found, golden.run(stereo().graph, frames)["c"])


def test_a_tensor_for_each_input(both):
    torch = pytest.importorskip("torch")
    frames = stereo_frames(2)
    (found,) = both(*(torch.tensor(frames[name]) for name in ("left", "right")))
    np.testing.assert_array_equal(found.numpy(), golden.run(stereo().graph, frames)["c"])


def test_arrays_that_are_not_those_of_the_inputs(features, both):
    left, right = stereo_frames(2).values()
    with pytest.raises(features.ModelError, match="1 arrays are given for 2 inputs; give one for"):
        both(left)
    with pytest.raises(features.ModelError, match="inputs have 2 and 1 frames"):
        both(left, right[:1])
    with pytest.raises(features.ModelError, match=r"frames are shaped \(2, 1, 12, 16\)"):
        both(right, left)
    with pytest.raises(features.ModelError, match="takes only 8x6 at input left"):
        both(left[:, :, :5], right)
