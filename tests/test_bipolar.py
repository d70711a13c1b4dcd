"""A network of -1 and 1 from end to end: one bit for each value in streams and memories."""

import json

import numpy as np
import pytest

from corgibuilder import api
from corgibuilder.diagnostics import CompileError

from .frontend.models import QONNX, Model
from .simulators import FAST

FRAMES = np.random.default_rng(1).choice([-1.0, 1.0], (3, 3, 6, 7)).astype(np.float32)


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """Padded and unpadded convolutions, a maximum, and an output of signs beside one of sums."""
    rng = np.random.default_rng(2)
    model = Model((3, 6, 7), "BIPOLAR")
    for outputs, inputs, pads in ((4, 3, 1), (5, 4, 0)):
        model.conv(rng.choice([-1, 1], (outputs, inputs, 3, 3)), pads=[pads] * 4)
        model.node("BipolarQuant", model.const(1.0), domain=QONNX)
    model.node("MaxPool", kernel_shape=[2, 2], strides=[1, 1])
    sign = model.last
    model.conv(rng.choice([-1, 1], (3, 5, 1, 1)))
    return model.save(tmp_path_factory.mktemp("bipolar"), [sign, model.last])


@pytest.fixture(scope="module")
def built(source, tmp_path_factory):
    folder = tmp_path_factory.mktemp("built") / "build"
    plan = api.plan(api.read(source), fps=1000, clock_hz=1_000_000)
    api.build(source, plan, folder)
    return folder


def test_every_output_and_every_stage_is_right(built):
    """The frames, and those that the simulation makes for stages by themselves."""
    report = api.simulate(built, FRAMES, simulator=FAST, stalls=True)
    assert report.finished
    assert (report.mismatches, report.inner_mismatches) == (0, 0)
    assert report.outputs_compared > 0
    assert report.inner_compared > report.outputs_compared


def test_random_frames_are_of_such_values(built):
    second = json.loads((built / "manifest.json").read_text())["stages"][1]["layer"]
    report = api.simulate(built, frames=2, simulator=FAST, layer=second)
    assert report.finished
    assert report.mismatches == 0


def test_the_manifest_says_how_values_are_held(built):
    manifest = json.loads((built / "manifest.json").read_text())
    stages = manifest["stages"]
    for stream in (port for unit in (manifest["network"], *stages) for port in unit["inputs"]):
        assert (stream["bits"], stream["signed"]) == (1, False)
        assert (stream["step"], stream["offset"]) == (2, -1)
    sums = stages[-1]["outputs"][0]
    assert (sums["signed"], sums["step"], sums["offset"]) == (True, 1, 0)


def test_a_zero_is_refused(built):
    frames = FRAMES.copy()
    frames[0, 0, 0, 0] = 0
    with pytest.raises(CompileError, match=r"takes integers -1[.][.]1 in steps of 2, not 0[.]0"):
        api.simulate(built, frames)
