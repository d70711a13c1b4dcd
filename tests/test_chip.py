"""The flagship: MobileNet-V1 at 30 frames/s, every layer, every tap, in Verilog: the network at
1280x720, and the whole chip around it at 224x224.

Small cousins of the same kind, which every run of the tests builds and simulates, are in
``test_networks.py``; the golden model's own check of this network is in ``frontend``.
"""

from fractions import Fraction

import numpy as np
import pytest

from corgibuilder import api, golden, verify
from corgibuilder.frontend import resized
from corgibuilder.plan import pipeline_of
from corgibuilder.plan.simulation import pipeline_latencies
from corgibuilder.system import System

from .published import FOLDER
from .verify.chip import SLOW_LINK, Scenario, compile_bench, faults

CHIP = FOLDER / "derived_mnv1_100_w4a4_neurocorgi"
IMAGE = (1280, 720)
CLOCK_HZ, FPS = 59_000_000, 30
CYCLES_PER_PIXEL = 2  #: in which the input comes
LATENCY = Fraction(72, 10_000)  #: seconds from the first pixel to the first value of the last tap
#: Plans are made for an input that comes as fast as it is taken; here it comes more slowly.
QUICKER = Fraction(99, 100)


@pytest.fixture(scope="module")
def source():
    if not CHIP.is_dir():
        pytest.skip(f"the published networks are not here: {CHIP}")
    return CHIP / "mnv1_w4a4_neurocorgi_layout.onnx"


@pytest.fixture(scope="module")
def planned(source):
    network = api.read(source)
    quick = LATENCY * QUICKER
    return api.plan(network, fps=FPS, clock_hz=CLOCK_HZ, image=IMAGE, latency=float(quick))


@pytest.fixture(scope="module")
def latency(source, planned):
    pipeline = pipeline_of(api.read(source, image=IMAGE), planned)
    return max(
        first for first, _ in pipeline_latencies(pipeline, interval=CYCLES_PER_PIXEL).values()
    )


def test_the_plan_is_as_small_and_as_quick_as_the_arithmetic_allows(planned, latency):
    assert latency <= LATENCY * CLOCK_HZ
    assert planned.multipliers <= 1.08 * planned.multipliers_bound
    assert planned.cycles_per_frame * FPS <= CLOCK_HZ
    lines = sum(stage.buffer_bits for stage in planned.stages if "3x3" in stage.layer)
    assert lines <= 0.53e6 * 8
    assert planned.buffer_bits + planned.queue_bits <= 0.56e6 * 8


@pytest.mark.slow
def test_every_tap_of_whole_frames_and_of_small_ones(source, planned, latency, tmp_path):
    """Three whole frames at their rate; then small and odd ones with stalls, in the same run."""
    network = api.read(source, image=IMAGE)
    api.build(source, planned, tmp_path / "build")
    frames, published = [], []
    with np.load(CHIP / "io_720p.npz") as whole, np.load(CHIP / "io.npz") as small:
        for _ in range(3):
            frames.append(whole["frame"])
            published.append({name: whole[name] for name in ("div16", "div32")})
        frames += [small["input"][0], small["odd_input"], small["input"][1]]
        for name, index in (("{}", 0), ("odd_{}", None), ("{}", 1)):
            maps = {tap: small[name.format(tap)] for tap in ("div4", "div8", "div16", "div32")}
            published.append({tap: m if index is None else m[index] for tap, m in maps.items()})
    frames = [frame.transpose(2, 0, 1).astype(np.int64) for frame in frames]
    expected = {port.node: [] for port in network.outputs}
    for index, frame in enumerate(frames):
        if index not in (1, 2):  # the whole frame comes three times
            sized = resized(network, frame.shape[2], frame.shape[1])
            values = golden.run(sized.graph, frame[None])
        for port in network.outputs:
            expected[port.node].append(np.asarray(values[port.node])[0])
            if port.name in published[index]:
                np.testing.assert_array_equal(expected[port.node][-1], published[index][port.name])
    report = verify.simulate(
        tmp_path / "build",
        frames=[frames],
        golden=expected,
        stalls=True,
        stalls_from=3,
        interval=CYCLES_PER_PIXEL,
    )
    print(report.summary())
    assert report.faults == ()
    assert report.outputs_compared == sum(y.size for maps in expected.values() for y in maps)
    assert report.cycles_per_frame <= Fraction(CLOCK_HZ, FPS)
    assert report.cycles_per_frame == pytest.approx(planned.cycles_per_frame, rel=0.01)
    assert report.latency_first == pytest.approx(latency, rel=0.01)
    assert report.latency_first <= LATENCY * CLOCK_HZ


@pytest.mark.slow
def test_a_whole_chip_seen_through_its_pins(source, tmp_path):
    """Photos of three sizes, one of them with a line cut off: all features, and what they show."""
    build, bench = tmp_path / "build", tmp_path / "bench"
    network = api.read(source)
    plan = api.plan(network, fps=FPS, clock_hz=CLOCK_HZ, image=(224, 224))
    classes = 10
    api.build(source, plan, build, system=System(classes=classes))
    assert verify.lint(build) == ()
    bench.mkdir()
    compile_seconds = compile_bench(build, bench, long_runs=True)
    with np.load(CHIP / "io.npz") as photos:
        labels = photos["label"][:classes]
        run = Scenario(network, build, *trained_classifier(labels), slack=1.1)
        drive(run, photos)
    verdict = run.run(bench, periods=SLOW_LINK)
    compared = [channel["compared"] for channel in verdict["channels"]]
    print(
        f"{verdict['simulated_cycles']} cycles in {verdict['seconds']:.0f} s, compiled in"
        f" {compile_seconds:.0f} s; {compared} outputs compared; {faults(verdict)}"
    )
    assert faults(verdict) == []
    pixels = [56 * 56 + 2 * 33 * 25 + 9 * 6, 28 * 28 + 2 * 17 * 13 + 5 * 3]
    pixels += [14 * 14 + 2 * 9 * 7 + 3 * 2, 7 * 7 + 2 * 5 * 4 + 2 * 1, 4]
    channels = [128, 256, 512, 1024, classes]
    assert compared == [n * c for n, c in zip(pixels, channels, strict=True)]


def drive(run, photos):
    """Four frames, one after the other as the camera gives them, and what the registers say."""

    def play(photo, lines=None, published=None):
        maps = run.play(photo.transpose(2, 0, 1).astype(np.int64), lines)
        for tap in published or ():
            np.testing.assert_array_equal(maps[tap], published[tap])
        return maps["classifier"].ravel()

    def known(name, index=...):
        return {tap: photos[name.format(tap)][index] for tap in ("div4", "div8", "div16", "div32")}

    odd = photos["odd_input"]
    cut_off = [131] * 40 + [60] + [131] * 56
    run.read("identification", 0x436F7267)
    run.read("size", 224 << 16 | 224)
    run.write_classifier()
    logits = play(photos["input"][0], published=known("{}", 0))
    assert logits.argmax() == 0  # classes are the labels of the photos, in their order
    run.write("size", 97 << 16 | 131)
    play(odd, cut_off)
    run.read("frames", 1)
    run.read("errors", 0)
    play(odd, published=known("odd_{}"))
    run.read("frames", 2)
    run.read("errors", run.flags("errors", "short_line"))
    run.write("errors", 0xFFFFFFFF)
    run.write("size", 21 << 16 | 33)
    play(photos["input"][1][100:121, 80:113])
    run.read("frames", 3)
    run.settle()
    run.read("frames", 4)
    run.read("status", 0)
    run.read("errors", 0)


def trained_classifier(labels):
    """Integer weights and biases for some classes of the layer that the network was trained with.

    The averages that they meet have 4 fraction bits.
    """
    with np.load(CHIP / "head_float.npz") as head:
        weights = (head["W"].astype(np.float64) * head["feature_scale"][:, None])[:, labels].T
        bias = head["b"][labels] * 16.0
    scale = 127 / np.abs(weights).max()
    return np.rint(weights * scale).astype(np.int64), np.rint(bias * scale).astype(np.int64)
