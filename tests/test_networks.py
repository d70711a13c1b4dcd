"""The whole way, from a network file to Verilog in a simulator: outputs equal the golden model."""

from fractions import Fraction

import numpy as np
import pytest

from corgibuilder import api, golden, verify
from corgibuilder.build_directory import read_build_directory
from corgibuilder.examples import DIGITS_FRAMES, DIGITS_NETWORK
from corgibuilder.frontend import resized
from corgibuilder.verify import SimulationReport, Simulator

from .frontend.models import QONNX, Model
from .published import ALL, CNN28, FLOATS, RESNETS, VWW
from .simulators import FAST, needs_icarus

REAL_DIGITS = np.load(DIGITS_FRAMES)["input"][:6]


def check(report: SimulationReport) -> None:
    """Every output is right, and before stalls begin frames follow each other as planned."""
    assert report.faults == ()
    assert report.outputs_compared > 0
    if report.planned_cycles_per_frame is not None and report.cycles_per_frame is not None:
        assert report.cycles_per_frame == pytest.approx(report.planned_cycles_per_frame, rel=0.01)


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    folder = tmp_path_factory.mktemp("digits") / "build"
    plan = api.plan(api.read(DIGITS_NETWORK), fps=10_000, clock_hz=50_000_000)
    api.build(DIGITS_NETWORK, plan, folder)
    return folder


def test_digits(digits):
    """The last frames have stalls."""
    check(api.simulate(digits, REAL_DIGITS))


@needs_icarus
def test_one_layer_of_the_digits_by_itself_on_icarus(digits):
    second = read_build_directory(digits).manifest.stages[1].layer
    check(api.simulate(digits, REAL_DIGITS, simulator=Simulator.ICARUS, layer=second))


CONSTANT, UNREAD = 2, 5  # channels


def thresholds(model, rng, channels, levels, spread):
    steps = np.sort(rng.integers(-spread, spread, (channels, levels)), axis=1)
    kind = f"UINT{levels.bit_length()}"
    model.node("MultiThreshold", model.const(steps), domain=QONNX, out_dtype=kind)


@pytest.fixture(scope="module")
def any_size(tmp_path_factory):
    """Network file in which nothing ties a layer to one size; two of its channels are dead."""
    rng = np.random.default_rng(11)
    depth, point = rng.integers(-3, 4, (8, 1, 3, 3)), rng.integers(-7, 8, (5, 8, 1, 1))
    depth[CONSTANT], point[:, UNREAD] = 0, 0
    model = Model((2, 11, 13), "UINT4")
    model.conv(rng.integers(-7, 8, (8, 2, 3, 3)), pads=[1, 1, 1, 1], name="stem")
    thresholds(model, rng, 8, 15, 200)
    model.conv(depth, group=8, pads=[1, 1, 1, 1], strides=[2, 2], name="depth")
    thresholds(model, rng, 8, 7, 100)
    model.conv(point, name="point")
    thresholds(model, rng, 5, 3, 100)
    model.node("MaxPool", kernel_shape=[2, 2], strides=[1, 1], name="pool")
    return model.save(tmp_path_factory.mktemp("any_size"))


@pytest.fixture(scope="module", params=[2_000, 300], ids=["folded", "fast"])
def any_size_build(request, any_size):
    folder = any_size.with_name(f"build_{request.param}")
    plan = api.plan(api.read(any_size), fps=1000, clock_hz=1000 * request.param)
    api.build(any_size, plan, folder)
    assert plan.cycles_per_frame <= request.param
    assert [note.split(" are")[0] for note in plan.notes] == [
        f"{layer}: 2 of 8 channels" for layer in ("stem", "depth")
    ]
    return folder


def frames_of(network, sizes):
    """Random frames of the given heights and widths, and every output's value for each."""
    rng = np.random.default_rng(12)
    frames, results = [], {port.node: [] for port in network.outputs}
    for height, width in sizes:
        sized = resized(network, width, height)
        entry = sized.graph.type(network.inputs[0].node).range
        frame = rng.integers(entry.lo, entry.hi, (1, *sized.input_shape), endpoint=True)
        values = golden.run(sized.graph, frame)
        frames.append(frame[0])
        for node, maps in results.items():
            maps.append(values[node][0].astype(np.int64))
    return frames, results


def test_frames_of_different_sizes_in_one_run(any_size, any_size_build):
    sizes = [(11, 13), (4, 5), (3, 3), (11, 4), (5, 12), (11, 13)]
    frames, results = frames_of(api.read(any_size), [*sizes, *sizes])
    report = verify.simulate(
        any_size_build,
        frames=[frames],
        golden=results,
        simulator=FAST,
        stalls=True,
        stalls_from=len(sizes),
    )
    assert report.faults == ()
    assert report.outputs_compared == sum(y.size for maps in results.values() for y in maps)


def test_frames_of_the_planned_size_follow_as_planned(any_size_build):
    check(api.simulate(any_size_build, frames=4, simulator=FAST))


@pytest.mark.parametrize("part", [0.8, 0.5])
def test_a_latency_that_is_asked_for(any_size, tmp_path, part):
    network, rate = api.read(any_size), {"fps": 1000, "clock_hz": 2_000_000}
    limit = part * api.plan(network, **rate).latency_first / rate["clock_hz"]
    plan = api.plan(network, **rate, latency=limit)
    api.build(any_size, plan, tmp_path / "build")
    report = api.simulate(tmp_path / "build", frames=2, simulator=FAST)
    assert report.faults == ()
    assert plan.latency_first <= limit * rate["clock_hz"]
    assert 0.9 * plan.latency_first <= report.latency_first <= plan.latency_first


@pytest.mark.parametrize("layer", ["depth", "point"])
def test_a_layer_without_its_dead_channels(any_size_build, layer):
    """Half of the frames have stalls."""
    report = api.simulate(any_size_build, frames=4, simulator=FAST, layer=layer)
    assert report.faults == ()
    assert report.outputs_compared > 0


def test_cnn28_takes_a_frame_in_every_784_cycles(tmp_path):
    published = CNN28.or_skip()
    api.build(published.path, published.plan(), tmp_path / "build")
    report = api.simulate(tmp_path / "build", published.samples()["input"][:4])
    check(report)
    assert report.cycles_per_frame == report.planned_cycles_per_frame == 784


@pytest.mark.slow
def test_a_latency_that_is_asked_for_of_the_visual_wake_words_network(tmp_path):
    vww = VWW.or_skip()
    plan = api.plan(vww.network(), fps=200, clock_hz=50_000_000, latency=Fraction("7.22e-3"))
    api.build(vww.path, plan, tmp_path / "build")
    report = api.simulate(tmp_path / "build", vww.samples()["input"][:1], stalls=False)
    check(report)
    assert plan.latency_first <= 361_000
    assert report.latency_first == pytest.approx(plan.latency_first, rel=0.01)


@pytest.mark.slow
@pytest.mark.parametrize("published", ALL, ids=lambda p: p.name)
def test_published_network(published, tmp_path):
    network, samples = published.or_skip().network(), published.samples()
    (output,) = api.run(network, samples["input"]).values()
    np.testing.assert_array_equal(output, samples["output"])
    plan = published.plan()
    api.build(published.path, plan, tmp_path / "build")
    for stalls in (False, True):
        frames = samples["input"][: published.frames]
        report = api.simulate(tmp_path / "build", frames, stalls=stalls)
        check(report)
        assert stalls or report.cycles_per_frame <= published.budget


def check_latency(report: SimulationReport) -> None:
    """The first frame begins and ends as planned."""
    timing = report.timing
    assert timing.cycles_per_frame == timing.planned_cycles_per_frame
    assert timing.latency_first == timing.planned_latency_first
    assert timing.latency_frame == timing.planned_latency_frame


@pytest.mark.slow
@pytest.mark.parametrize("published", RESNETS, ids=lambda p: p.name)
def test_published_residual_network(published, tmp_path):
    """The first frames have no stalls, the last ones have; few multipliers are ever idle."""
    network, samples = published.or_skip().network(), published.samples()
    (output,) = api.run(network, samples["input"]).values()
    np.testing.assert_array_equal(output, samples["output"])
    plan = published.plan()
    assert plan.multipliers <= 1.06 * plan.multipliers_bound
    assert plan.cycles_per_frame <= published.budget
    api.build(published.path, plan, tmp_path / "build")
    report = api.simulate(tmp_path / "build", samples["input"][: published.frames])
    check(report)
    check_latency(report)


@pytest.mark.slow
@pytest.mark.parametrize("published", FLOATS, ids=lambda p: p.name)
def test_published_network_on_integers(published, tmp_path):
    """Golden values are compared in tests.frontend; here the hardware is with them."""
    network = published.or_skip().network()
    (port,), kind = network.inputs, published.read_as["input_type"]
    shape, scale = network.input_shape, float(Fraction(published.read_as["input_scale"]))
    frames = published.samples()["input"][: published.frames, :, : shape.height, : shape.width]
    held = np.iinfo(kind)
    frames = np.rint(frames / scale).clip(held.min, held.max).astype(np.float32) * np.float32(scale)
    assert port.convert(frames).any()
    plan = published.plan()
    api.build(published.path, plan, tmp_path / "build")
    report = api.simulate(tmp_path / "build", np.resize(frames, (published.frames, *shape)))
    check(report)
    check_latency(report)
