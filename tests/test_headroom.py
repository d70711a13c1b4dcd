"""Several pixels a cycle, the whole way: outputs equal the golden model, frames follow in time."""

import numpy as np
import pytest

from corgibuilder import api

from .frontend.models import Model
from .test_networks import FAST, both_ways, check, thresholds


def camera(folder, height, width):
    """Network file for small images: every kind of layer, and a tap at full resolution."""
    rng = np.random.default_rng(21)
    model = Model((3, height, width), "UINT3")
    model.conv(rng.integers(-3, 4, (5, 3, 3, 3)), pads=[1, 1, 1, 1], name="stem")
    thresholds(model, rng, 5, 7, 60)
    model.conv(rng.integers(-3, 4, (5, 1, 3, 3)), group=5, pads=[1, 1, 1, 1], name="full")
    thresholds(model, rng, 5, 7, 40)
    model.conv(rng.integers(-3, 4, (6, 5, 1, 1)), name="point")
    thresholds(model, rng, 6, 7, 40)
    model.conv(
        rng.integers(-3, 4, (6, 1, 3, 3)), group=6, pads=[1, 1, 1, 1], strides=[2, 2], name="half"
    )
    thresholds(model, rng, 6, 7, 40)
    model.node("MaxPool", kernel_shape=[2, 2], strides=[2, 2], name="pool")
    model.conv(rng.integers(-3, 4, (4, 6, height // 4, width // 4)), name="dense")
    return model.save(folder)


@pytest.fixture(scope="module", params=[(16, 32, 2), (16, 32, 4), (8, 24, 3)], ids=str)
def build(request, tmp_path_factory):
    """Build directory of a camera of some height and width, and the pixels of each cycle."""
    height, width, pixels = request.param
    folder = tmp_path_factory.mktemp("camera")
    source = camera(folder, height, width)
    plan = api.plan(api.read(source), fps=1, clock_hz=10**6, headroom=pixels)
    assert plan.cycles_per_frame <= height * width // pixels
    assert plan.input_lanes == 3 * pixels
    api.build(source, plan, folder / "build")
    return folder / "build", height * width // pixels


@both_ways
def test_a_camera_of_several_pixels_a_cycle(build, stalls):
    folder, cycles = build
    report = api.simulate(folder, frames=5, stalls=stalls, simulator=FAST)
    check(report)
    assert stalls or report.cycles_per_frame == pytest.approx(cycles, rel=0.01)
