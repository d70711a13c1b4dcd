"""Frames of every size that the hardware takes pass; those of other sizes are refused."""

import numpy as np
import pytest

from corgibuilder import api, golden
from corgibuilder.build_directory import read_build_directory
from corgibuilder.diagnostics import CompileError
from corgibuilder.frontend import resized
from corgibuilder.verify import simulate

from ..frontend.models import QONNX, Model
from ..simulators import FAST
from . import toys

WIDTH, HEIGHT = 12, 11
LEAST = 4, 7  # width and height of which one output is left


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A network file of layers without padding, and its build for images of several sizes."""
    folder = tmp_path_factory.mktemp("unpadded")
    rng = np.random.default_rng(2)
    model = Model((2, HEIGHT, WIDTH), "UINT4")
    for shape, strides in (((3, 2, 3, 2), [1, 2]), ((2, 3, 3, 2), [2, 1])):
        model.conv(rng.integers(-7, 8, shape), strides=strides)
        steps = np.sort(rng.integers(-60, 60, (shape[0], 15)), axis=1)
        model.node("MultiThreshold", model.const(steps), domain=QONNX, out_dtype="UINT4")
    model.node("MaxPool", kernel_shape=[2, 1], strides=[1, 1])
    source = model.save(folder)
    plan = api.plan(api.read(source), fps=1000, clock_hz=1_000_000, image=(WIDTH, HEIGHT))
    api.build(source, plan, folder / "build")
    return api.read(source), folder / "build"


def frames_of(network, unit, *sizes):
    """Frames of so many columns and rows, and what should come of them."""
    rng = np.random.default_rng(0)
    frames, expected = [], {stream.node: [] for stream in unit.outputs}
    for size in sizes:
        frames.append(rng.integers(0, 16, (2, size[1], size[0])))
        values = golden.run(resized(network, *size).graph, frames[-1][None])
        for node, maps in expected.items():
            maps.append(values[node][0])
    return frames, expected


@pytest.mark.parametrize("stalls", [False, True], ids=["free", "stalls"])
def test_the_smallest_frames_pass(built, stalls):
    network, build = built
    unit = read_build_directory(build).manifest.network
    assert unit.smallest == LEAST
    sizes = [(WIDTH, HEIGHT), LEAST, (LEAST[0], HEIGHT), LEAST, (WIDTH, LEAST[1]), (WIDTH, HEIGHT)]
    frames, expected = frames_of(network, unit, *sizes)
    report = simulate(build, frames=[frames], golden=expected, simulator=FAST, stalls=stalls)
    assert report.faults == ()


def refused(path, frame, **settings):
    with pytest.raises(CompileError) as caught:
        simulate(path, frames=[[frame]], golden={}, **settings)
    return str(caught.value)


@pytest.mark.parametrize("size", [(WIDTH + 1, HEIGHT), (WIDTH, HEIGHT + 1), (LEAST[0], 99)])
def test_larger_frames_than_built_are_refused(built, size):
    assert refused(built[1], np.zeros((2, size[1], size[0]), np.int64)) == (
        f"error[CB511]: frame 0 is {size[0]} wide and {size[1]} high, the hardware was built for"
        " up to 12 wide and 11 high\n"
        "  --> input: model\n"
        "  help: build for a larger --image, or give smaller frames"
    )


@pytest.mark.parametrize("size", [(LEAST[0] - 1, HEIGHT), (WIDTH, LEAST[1] - 1), (0, 0)])
def test_frames_of_which_nothing_is_left_are_refused(built, size):
    assert refused(built[1], np.zeros((2, size[1], size[0]), np.int64)) == (
        f"error[CB512]: frame 0 is {size[0]} wide and {size[1]} high, of which some layer has"
        " nothing left: it takes at least 4 wide and 7 high\n"
        "  --> input: model\n"
        "  help: give larger frames"
    )


def test_a_stage_has_limits_of_its_own(built):
    stage = read_build_directory(built[1]).manifest.stages[1]
    assert (stage.smallest, stage.inputs[0].shape) == ((2, 3), (3, 9, 6))
    assert "up to 6 wide and 9 high" in refused(
        built[1], np.zeros((3, 10, 7), np.int64), layer=stage.layer
    )


@pytest.mark.parametrize("shape", [(2, 11), (1, 11, 12), (2, 11, 12, 1), ()])
def test_what_is_no_map_of_the_channels_is_refused(built, shape):
    assert refused(built[1], np.zeros(shape, np.int64)).startswith("error[CB507]: frame 0 is ")


def test_the_verb_refuses_larger_images(built):
    with pytest.raises(CompileError, match="13 wide and 11 high, the hardware was built for up"):
        api.simulate(built[1], np.zeros((1, 2, HEIGHT, WIDTH + 1)))


def test_values_without_a_code_are_refused(tmp_path):
    toys.toy(tmp_path)
    stepped = {"bits": 2, "step": 3, "offset": -5}
    toys.edit_manifest(tmp_path, lambda fields: fields["network"]["inputs"][0].update(stepped))
    frame = np.full((4, 4, 5), 4)
    frame[1, 2, 3] = 0
    assert refused(tmp_path, frame) == (
        "error[CB508]: frame 0 has a value 0, the port takes -5..4 in steps of 3\n"
        "  --> input: toy\n"
        "  help: give the integers that enter the network"
    )
    assert "values -5..7, the port takes" in refused(tmp_path, np.where(frame > 0, 7, -5))


def test_hardware_of_one_size_takes_no_other(tmp_path):
    unit = read_build_directory(toys.toy(tmp_path)).manifest.network
    assert unit.smallest == (5, 4)
    assert refused(tmp_path, np.zeros((4, 3, 5), np.int64)).startswith(
        "error[CB507]: frame 0 is 4x3x5, the hardware takes 4x4x5\n"
    )
