"""Whole networks with adder graphs as engines: outputs, and what the plan says of their time."""

import numpy as np
import pytest

from corgibuilder import api
from corgibuilder.plan.folding import Engine
from corgibuilder.plan.pins import LayerPins, Pins

from .frontend.models import Model
from .published import FOLDER, Published
from .simulators import FAST
from .test_networks import check, check_latency, thresholds

LAYERS = ("stem", "depth", "grouped", "point", "last")
JET = Published("bench_jet_mlp", fps=1000, clock_hz=1000, frames=24)  # a frame a cycle


def adder_graphs(layers, **more):
    pins = LayerPins(engine=Engine.ADDER_GRAPH.value, **more)
    return Pins(dict.fromkeys(layers, pins))


@pytest.fixture(scope="module")
def every_layer(tmp_path_factory):
    """Dense, depthwise, grouped and pointwise convolutions, with padding and without."""
    rng = np.random.default_rng(5)
    model = Model((2, 8, 8), "INT4")
    model.conv(rng.integers(-7, 8, (4, 2, 3, 3)), pads=[1] * 4, name="stem")
    thresholds(model, rng, 4, 15, 120)
    depth = rng.integers(-7, 8, (4, 1, 3, 3))
    model.conv(depth, group=4, pads=[1] * 4, strides=[2, 2], name="depth")
    thresholds(model, rng, 4, 7, 100)
    model.conv(rng.integers(-7, 8, (6, 2, 3, 3)), group=2, pads=[1] * 4, name="grouped")
    thresholds(model, rng, 6, 3, 60)
    model.conv(rng.integers(-31, 32, (5, 6, 1, 1)), name="point")
    thresholds(model, rng, 5, 3, 60)
    model.conv(rng.integers(-7, 8, (3, 5, 3, 2)), name="last")
    return model.save(tmp_path_factory.mktemp("every_layer"))


@pytest.mark.parametrize(("budget", "adder_levels"), [(2000, 1), (70, 2), (16, 3)])
def test_every_kind_of_convolution(every_layer, tmp_path, budget, adder_levels):
    """At an ordinary rate, at a pixel a cycle, and at four pixels a cycle.

    The last frames have stalls.
    """
    network, pins = api.read(every_layer), adder_graphs(LAYERS, adder_levels=adder_levels)
    plan = api.plan(network, fps=1000, clock_hz=1000 * budget, pins=pins)
    assert {stage.folding.engine for stage in plan.stages} == {Engine.ADDER_GRAPH}
    assert plan.multipliers == plan.multipliers_bound == plan.weight_rom_bits == 0
    assert plan.cycles_per_frame <= budget
    api.build(every_layer, plan, tmp_path / "build")
    frames = np.random.default_rng(1).integers(-8, 8, (10, 2, 8, 8))
    report = api.simulate(tmp_path / "build", frames, simulator=FAST)
    check(report)
    check_latency(report)


@pytest.mark.slow
@pytest.mark.skipif(not (FOLDER / JET.name).is_dir(), reason=f"{JET.name} is not here")
def test_published_network_at_a_frame_a_cycle(tmp_path):
    network, samples = JET.network(), JET.samples()
    pins = adder_graphs(("dense0", "dense1", "dense2", "dense3"))
    plan = api.plan(network, fps=JET.fps, clock_hz=JET.clock_hz, pins=pins)
    assert (plan.cycles_per_frame, plan.multipliers) == (1, 0)
    api.build(JET.path, plan, tmp_path / "build")
    frames = samples["input"][: JET.frames]
    for stalls in (False, True):
        check(api.simulate(tmp_path / "build", frames, stalls=stalls, simulator=FAST))
