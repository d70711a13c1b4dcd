"""What is played into stages, whatever the number of their inputs."""

from importlib import import_module
from types import SimpleNamespace

import numpy as np
import pytest

from corgibuilder import golden
from corgibuilder.build_directory import Stream
from corgibuilder.ir import QInt
from corgibuilder.stimulus import Values, frame_count, most_frames, random_frames, values_of
from corgibuilder.stimulus.choose import (
    JOINED_MAPS,
    MAX_RANDOM_VALUES,
    MOST_WARM_UP,
    SMALL_MAPS,
    Chosen,
    choose,
    stalled_frames,
)
from corgibuilder.stimulus.maps import by_input
from corgibuilder.stimulus.values import stage_values
from corgibuilder.verify import Coverage, StageFrames

from ..toys import stereo
from .layers import layer, tensor
from .test_coverage import OPS, stage_of

A, B = tensor((3, 6, 8), QInt(0, 15)), tensor((3, 6, 8), QInt(-3, 3))


def unit(resizable, smallest=(8, 6)):
    return SimpleNamespace(resizable=resizable, smallest=smallest)


@pytest.mark.parametrize("op", ["add", "concat"])
def test_the_maps_of_a_small_frame_have_one_size(op):
    joined, rng = layer(OPS[op], [A, B]), np.random.default_rng(1)
    frames = stalled_frames(joined, unit(True, (2, 3)), rng)
    assert len(frames) == SMALL_MAPS
    sizes = {a.shape[1:] for a, _ in frames}
    assert sizes == {(3, 2), (3, 3), (4, 2), (4, 3)}
    for a, b in frames:
        assert a.shape == b.shape
        assert a.min() >= 0
        assert a.max() <= 15
        assert b.min() >= -3
        assert b.max() <= 3


def test_only_stages_with_several_inputs_are_stalled_at_their_one_size():
    rng = np.random.default_rng(1)
    assert stalled_frames(layer(OPS["pad"], [A]), unit(False), rng) == []
    frames = stalled_frames(layer(OPS["add"], [A, B]), unit(False), rng)
    assert [tuple(x.shape for x in maps) for maps in frames] == [((3, 6, 8),) * 2] * JOINED_MAPS


def test_a_stage_is_its_operation_and_then_its_activation():
    added = stage_of(OPS["add"], QInt(0, 15), "3")
    rng = np.random.default_rng(2)
    frames = [(rng.integers(0, 16, (2, 4, 5)), rng.integers(-3, 4, (2, 4, 5))) for _ in range(2)]
    steps = added.activation.steps[:, :, None, None]
    for (a, b), found in zip(frames, stage_values(added, frames), strict=True):
        expected = ((3 * a - 2 * b)[:, None] >= steps).sum(axis=1)
        np.testing.assert_array_equal(found, expected)


def maps(count, seed):
    rng = np.random.default_rng(seed)
    a = [rng.integers(0, 16, (3, 6, 8)) for _ in range(count)]
    return a, [rng.integers(-3, 4, (3, 6, 8)) for _ in range(count)]


def stream(port, node):
    layout = {"lanes": 1, "bits": 5, "signed": True, "step": 1, "offset": 0}
    return Stream(port=port, node=node, channels=3, height=6, width=8, **layout)


def test_what_enters_a_stage_and_then_its_own_frames():
    (a, b), (more_a, more_b) = maps(2, 1), maps(3, 2)
    values = Values(streams={"x0": a, "x1": b, "y": a}, outputs={})
    own = StageFrames(frames=(more_a, more_b), golden={"y": more_a})
    chosen = Chosen({"layer": own}, Coverage(stages=()))
    joined = SimpleNamespace(
        layer="layer", inputs=[stream("i0", "x0"), stream("i1", "x1")], outputs=[stream("o", "y")]
    )
    entering, golden = chosen.of_stage(joined, values)
    whole = [a + more_a, b + more_b, a + more_a]
    for found, expected in zip([*entering, golden["y"]], whole, strict=True):
        np.testing.assert_array_equal(np.stack(found), np.stack(expected))


def chosen_for(monkeypatch, *stages, played_alone=True):
    """What is chosen for stages behind ``x0`` and ``x1``, of one size."""
    a, b = maps(2, 1)
    names = choose.__globals__
    monkeypatch.setitem(names, "group_layers", lambda network: stages)
    monkeypatch.setitem(names, "prepared", lambda network: network)
    fixed = {"resizable": False, "smallest": (8, 6), "cycles_per_frame": 48}
    units = [SimpleNamespace(layer=s.name, **fixed) for s in stages]
    manifest = SimpleNamespace(stages=units, network=SimpleNamespace(cycles_per_frame=48))
    values = Values(streams={"x0": [0 * x for x in a], "x1": [0 * x for x in b]}, outputs={})
    options = {"foldings": {}, "layer": None, "played_alone": played_alone}
    return choose(None, manifest, values, **options, seed=1)


def test_a_join_gets_frames_that_show_its_constants(monkeypatch):
    steps = stage_of(OPS["add"], QInt(0, 15), "15", seed=1).activation
    rows = np.concatenate([steps.steps, steps.steps[:1]])
    added = layer(OPS["add"], [A, B], type(steps)(steps=rows, base=0))
    chosen = chosen_for(monkeypatch, added)
    (coverage,) = chosen.coverage.stages
    assert coverage.constants_shown == coverage.constants > 0
    own = chosen.alone["layer"]
    assert [len(found) for found in own.frames] == [len(own.golden["y"])] * 2
    assert len(own.golden["y"]) > JOINED_MAPS
    frames = list(zip(*own.frames, strict=True))
    for found, expected in zip(own.golden["y"], stage_values(added, frames), strict=True):
        np.testing.assert_array_equal(found, expected)
    netlist = chosen_for(monkeypatch, added, played_alone=False)
    assert netlist.alone == {}
    assert netlist.coverage.stages[0].hidden


def test_a_stage_without_constants_gets_frames_for_stalls_alone(monkeypatch):
    chosen = chosen_for(monkeypatch, layer(OPS["concat"], [A, B]))
    assert chosen.coverage.stages == ()
    assert chosen.coverage.share == 1
    assert [len(found) for found in chosen.alone["layer"].frames] == [JOINED_MAPS] * 2


def test_maps_by_input():
    a, b = maps(3, 1)
    frames = list(zip(a, b, strict=True))
    found = by_input(frames)
    assert all(x is y for x, y in zip([*found[0], *found[1]], [*a, *b], strict=True))


def test_frames_of_a_network_have_a_map_for_each_input():
    net = stereo()
    frames = random_frames(net, 6, seed=1)
    assert {tuple(x.shape for x in frame) for frame in frames} == {((3, 6, 8), (1, 12, 16))}
    left, right = (np.stack(maps) for maps in by_input(frames))
    assert (left.min(), left.max(), right.min(), right.max()) == (0, 15, -4, 3)
    assert most_frames(net) == MAX_RANDOM_VALUES // (3 * 6 * 8 + 12 * 16)
    expected = golden.run(net.graph, {"left": left, "right": right})
    for node, maps in values_of(net, frames).streams.items():
        np.testing.assert_array_equal(np.stack(maps), expected[node])


def test_frames_for_figures_wait_for_the_steady_state_within_reason(monkeypatch):
    net = stereo()
    given = {"cycles_per_frame": 500, "latency_frame": 1800}
    count = frame_count(SimpleNamespace(**given, warm_up_frames=0), net)
    assert frame_count(SimpleNamespace(**given, warm_up_frames=3), net) == count
    assert frame_count(SimpleNamespace(**given, warm_up_frames=9), net) == count + 6
    longest = frame_count(SimpleNamespace(**given, warm_up_frames=1 << 50), net)
    assert longest == count + MOST_WARM_UP - 3
    five = 5 * (3 * 6 * 8 + 12 * 16)
    monkeypatch.setattr(import_module(choose.__module__), "MAX_RANDOM_VALUES", five)
    assert frame_count(SimpleNamespace(**given, warm_up_frames=9), net) == 5
