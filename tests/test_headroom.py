"""Several pixels a cycle, the whole way: outputs equal the golden model, frames follow in time."""

import numpy as np
import pytest

from corgibuilder import api, verify
from corgibuilder.build_directory import read_build_directory

from .frontend.models import Model
from .test_networks import check, thresholds


def camera(folder, height, width):
    """Network file for small images that has every kind of layer."""
    rng = np.random.default_rng(21)
    model = Model((2, height, width), "UINT3")
    model.conv(rng.integers(-3, 4, (3, 2, 3, 3)), pads=[1, 1, 1, 1], name="stem")
    thresholds(model, rng, 3, 7, 60)
    model.conv(
        rng.integers(-3, 4, (3, 1, 3, 3)), group=3, pads=[1, 1, 1, 1], strides=[2, 2], name="half"
    )
    thresholds(model, rng, 3, 7, 40)
    model.conv(rng.integers(-3, 4, (4, 3, 1, 1)), name="point")
    thresholds(model, rng, 4, 7, 40)
    model.node("MaxPool", kernel_shape=[2, 2], strides=[2, 2], name="pool")
    model.conv(rng.integers(-3, 4, (4, 4, height // 4, width // 4)), name="dense")
    return model.save(folder)


@pytest.fixture(
    scope="module",
    params=[
        (8, 16, 4),
        pytest.param((16, 32, 2), marks=pytest.mark.slow),
        pytest.param((16, 32, 4), marks=pytest.mark.slow),
        pytest.param((8, 24, 3), marks=pytest.mark.slow),
        pytest.param((16, 32, 8), marks=pytest.mark.slow),
    ],
    ids=str,
)
def build(request, tmp_path_factory):
    """Build directory of a camera and the cycles that a frame of its size may take."""
    height, width, pixels = request.param
    folder = tmp_path_factory.mktemp("camera")
    source = camera(folder, height, width)
    plan = api.plan(api.read(source), fps=1, clock_hz=10**6, headroom=pixels)
    assert min(plan.input_lanes.values()) >= 2 * pixels
    api.build(source, plan, folder / "build")
    return folder / "build", height * width // pixels


def test_a_camera_of_several_pixels_a_cycle(build):
    """Half of the frames have stalls."""
    folder, cycles = build
    report = api.simulate(folder, frames=10)
    check(report)
    assert report.cycles_per_frame <= cycles * 1.01


@pytest.mark.slow
def test_a_stage_that_takes_several_pixels_by_itself(build):
    folder, _ = build
    second = read_build_directory(folder).manifest.stages[1].layer
    check(api.simulate(folder, frames=5, layer=second))


def test_the_linter_has_nothing_to_say(build):
    assert verify.lint(build[0]) == ()
