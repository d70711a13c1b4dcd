"""A whole chip, seen through its pins: settings, weights, frames good and bad, features, logits."""

import numpy as np
import pytest

from corgibuilder import api
from corgibuilder.system import System
from corgibuilder.verify import lint

from ..frontend.models import QONNX, Model
from .chip import FAST_LINK, SLOW_LINK, Scenario, compile_bench, faults

CLASSES = 5
WIDTH, HEIGHT = 20, 14


def four_taps():
    """Depthwise and pointwise layers as in MobileNet, with an output at every second stride."""
    rng = np.random.default_rng(3)
    model = Model((3, HEIGHT, WIDTH), "UINT8")

    def layer(weights, reach, **attributes):
        model.conv(weights, **attributes)
        steps = np.sort(rng.integers(-reach, reach, (len(weights), 15)), axis=1)
        model.node("MultiThreshold", model.const(steps), domain=QONNX, out_dtype="UINT4")

    same = {"pads": [1, 1, 1, 1]}
    layer(rng.integers(-7, 8, (4, 3, 3, 3)), 3000, strides=[2, 2], **same)
    taps = []
    for inputs, outputs, stride in ((4, 5, 1), (5, 6, 2), (6, 7, 1), (7, 9, 2)):
        depthwise = rng.integers(-7, 8, (inputs, 1, 3, 3))
        layer(depthwise, 150, strides=[stride, stride], group=inputs, **same)
        layer(rng.integers(-7, 8, (outputs, inputs, 1, 1)), 150)
        taps.append(model.last)
    return model, taps


@pytest.fixture(scope="module")
def chip(tmp_path_factory):
    """The network and the folder of its chip."""
    folder = tmp_path_factory.mktemp("chip")
    model, taps = four_taps()
    source = model.save(folder, taps)
    plan = api.plan(api.read(source), fps=1000, clock_hz=900_000, image=(WIDTH, HEIGHT))
    api.build(source, plan, folder / "build", system=System(classes=CLASSES))
    return api.read(source), folder / "build"


@pytest.fixture(scope="module")
def bench(chip, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bench")
    compile_bench(chip[1], folder)
    return folder


@pytest.fixture
def scenario(chip):
    network, build = chip
    rng = np.random.default_rng(1)
    weights = rng.integers(-128, 128, (CLASSES, 9))
    weights[0, 0], weights[1, 1] = -128, 127
    return Scenario(network, build, weights, rng.integers(-(10**5), 10**5, CLASSES))


def photo(width=WIDTH, height=HEIGHT, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (3, height, width))


def size(width, height):
    return height << 16 | width


def test_lint_has_nothing_to_say(chip):
    assert lint(chip[1]) == ()


@pytest.mark.parametrize("periods", [FAST_LINK, SLOW_LINK], ids=["fast_link", "slow_link"])
def test_frames_of_two_sizes_and_a_bad_one(scenario, bench, periods):
    run = scenario
    run.read("identification", 0x436F7267)
    run.read("size", size(WIDTH, HEIGHT))
    run.write_classifier()
    run.play(photo())
    run.write("size", size(11, 9))  # for the next frame: this one is being driven
    run.play(photo(11, 9, seed=1))
    run.write("size", size(WIDTH + 1, 9))
    run.read("size", size(11, 9))
    run.read("errors", run.flags("errors", "illegal_size"))
    run.write("errors", 0xFFFFFFFF)
    run.settle()
    run.read("frames", 2)
    run.read("status", 0)
    run.read("errors", 0)
    # One line too short, the last three missing; then all is well again.
    run.play(photo(11, 9, seed=2), [11, 11, 4, 11, 11, 11])
    run.play(photo(11, 9, seed=3))
    run.write("size", size(8, 8))
    run.play(photo(8, 8, seed=4))
    run.settle()
    run.read("errors", run.flags("errors", "short_line", "short_frame"))
    run.read("frames", 5)
    verdict = run.run(bench, periods=periods)
    assert faults(verdict) == []
    assert [channel["compared"] for channel in verdict["channels"]] == [
        5 * (70 + 3 * 30 + 16),
        6 * (20 + 3 * 9 + 4),
        7 * (20 + 3 * 9 + 4),
        9 * (6 + 3 * 4 + 1),
        CLASSES * 5,
    ]


def test_channels_are_switched_off_and_on_from_frame_to_frame(scenario, bench):
    run = scenario
    run.write_classifier()
    run.write("enable", 0b10010)
    run.write("size", size(8, 8))
    run.play(photo(8, 8, seed=5), enabled=[1, 4])
    run.settle()
    run.write("enable", 0b01101)
    run.play(photo(8, 8, seed=6), enabled=[0, 2, 3])
    run.settle()
    run.read("frames", 2)
    assert faults(run.run(bench)) == []


def test_the_bench_sees_what_is_wrong(scenario, bench):
    run = scenario
    run.write_classifier()
    run.write("size", size(8, 8))
    run.bias = run.bias + 1
    run.play(photo(8, 8, seed=7))
    run.expected[0].append(run.expected[0][0])  # of a frame that never comes
    run.settle()
    run.read("frames", 2)
    frames, first, logits = faults(run.run(bench))
    assert frames == {"register": "frames", "got": [1], "expected": [2]}
    assert (first["wrong"], first["words"], first["expected"]) == (0, 16, 32)
    assert (logits["wrong"], logits["words"], logits["first_wrong"]) == (CLASSES, CLASSES, 0)
