"""The flagship: MobileNet-V1 at 1280x720 and 30 frames/s, every layer, every tap, in Verilog.

Small cousins of the same kind, which every run of the tests builds and simulates, are in
``test_networks.py``; the golden model's own check of this network is in ``frontend``.
"""

from fractions import Fraction

import numpy as np
import pytest

from corgibuilder import api, golden, verify
from corgibuilder.frontend import resized
from corgibuilder.plan import pipeline_of
from corgibuilder.plan.pipeline import latencies

from .published import FOLDER

CHIP = FOLDER / "derived_mnv1_100_w4a4_neurocorgi"
IMAGE = (1280, 720)
CLOCK_HZ, FPS = 59_000_000, 30
CYCLES_PER_PIXEL = 2  #: in which the input comes
LATENCY = Fraction(72, 10_000)  #: seconds from the first pixel to the first value of the last tap


@pytest.fixture(scope="module")
def source():
    if not CHIP.is_dir():
        pytest.skip(f"the published networks are not here: {CHIP}")
    return CHIP / "mnv1_w4a4_neurocorgi_layout.onnx"


@pytest.fixture(scope="module")
def planned(source):
    return api.plan(api.read(source), fps=FPS, clock_hz=CLOCK_HZ, image=IMAGE)


@pytest.fixture(scope="module")
def latency(source, planned):
    pipeline = pipeline_of(api.read(source, image=IMAGE), planned)
    return max(first for first, _ in latencies(pipeline, interval=CYCLES_PER_PIXEL).values())


def test_the_plan_is_as_small_and_as_quick_as_the_arithmetic_allows(planned, latency):
    assert latency <= LATENCY * CLOCK_HZ
    assert planned.multipliers <= 5533
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
        frames=frames,
        golden=expected,
        stalls=True,
        stalls_from=3,
        interval=CYCLES_PER_PIXEL,
    )
    print(report.summary())
    assert report.faults == ()
    assert report.outputs_compared == sum(y.size for maps in expected.values() for y in maps)
    assert report.cycles_per_frame <= Fraction(CLOCK_HZ, FPS)
    assert report.cycles_per_frame == pytest.approx(report.planned_cycles_per_frame, rel=0.01)
    assert report.latency_first == pytest.approx(latency, rel=0.01)
    assert report.latency_first <= LATENCY * CLOCK_HZ
