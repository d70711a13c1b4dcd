"""The verdict includes the plan: cycles per frame and latencies, as fair as they are measured."""

import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from corgibuilder import api
from corgibuilder.build_directory import Stream, Unit
from corgibuilder.verify import Timing, simulate
from corgibuilder.verify.timing import read_timing

from ..frontend.models import Model
from ..simulators import FAST
from ..test_networks import thresholds
from . import toys


def timing(**changed):
    figures = {
        "cycles_per_frame": 100,
        "latency_first": 10,
        "latency_frame": 90,
        "planned_cycles_per_frame": 100,
        "planned_latency_first": 10,
        "planned_latency_frame": 90,
        "target_cycles": 120,
        "steady": True,
    }
    return Timing(**(figures | changed))


def test_what_is_planned_is_no_fault():
    assert timing().faults == ()
    assert timing(cycles_per_frame=99, latency_first=1, latency_frame=12).faults == ()
    assert timing(latency_first=9, latency_frame=90).faults == ()
    nothing = dict.fromkeys(("cycles_per_frame", "latency_first", "latency_frame"))
    assert timing(**nothing).faults == ()
    planned = {f"planned_{name}": None for name in nothing}
    assert (
        timing(cycles_per_frame=999, latency_first=999, **planned, target_cycles=None).faults == ()
    )


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        (
            {"cycles_per_frame": 101},
            (
                "a frame takes 101 cycles and the plan says 100; it still keeps the frame rate that"
                " was asked for, but plan for a higher --fps to be sure"
            ),
        ),
        (
            {"cycles_per_frame": 1121},
            (
                "a frame takes 1,121 cycles, the frame rate that was asked for leaves 120 and the"
                " plan says 100; plan for a higher --fps, which gives the slow stage more hardware"
            ),
        ),
        (
            {"latency_first": 13},
            (
                "the first word of a frame comes 13 cycles after its first pixel and the plan says"
                " 10; if you need that latency, plan with a --latency 3 cycles shorter"
            ),
        ),
        (
            {"latency_frame": 93},
            (
                "the last word of a frame comes 93 cycles after its first pixel and the plan says"
                " 90; if you need that latency, plan with a --latency 3 cycles shorter"
            ),
        ),
    ],
)
def test_what_is_above_the_plan_is_one(changed, fault):
    assert timing(**changed).faults == (fault,)


MAP = {"node": "", "lanes": 1, "bits": 4, "signed": False, "step": 1, "offset": 0}
MAP |= {"channels": 1, "height": 3, "width": 4}
UNIT = Unit(
    layer="",
    module="m",
    sources=(),
    resizable=True,
    smallest=(1, 1),
    inputs=(Stream(port="i", **MAP),),
    outputs=(Stream(port="o", **MAP), Stream(port="o2", **MAP)),
    cycles_per_frame=12,
    warm_up_frames=0,
    latency_first=5,
    latency_frame=17,
)


def cycles_per_frame(*distances, **given):
    """Measured and planned, of frames whose last words have those distances."""
    read = measured(*distances, **given)
    return read.cycles_per_frame, read.planned_cycles_per_frame


def measured(*distances, shapes=((1, 3, 4),), calm=None, unit=UNIT):
    """Figures of frames whose last words have those distances."""
    ends = np.cumsum([20, *distances])
    spans = {"o": [[end - 5, end] for end in ends], "o2": [[end - 9, end - 2] for end in ends]}
    spans["o_size"] = [[99, 99]] * len(ends)
    instance = {
        "interval": 1,
        "calm_frames": len(ends) if calm is None else calm,
        "frame_shapes": [*shapes, *[(1, 3, 4)] * (len(ends) - len(shapes))],
        "outputs": [{"sizes": port == "o_size"} for port in spans],
    }
    verdict = {
        "frame_starts": [3],
        "outputs": [{"frame_cycles": found} for found in spans.values()],
    }
    read = read_timing(instance, verdict, unit, 30)
    assert (read.latency_first, read.latency_frame) == (12, 17)
    assert (read.planned_latency_frame is None) == (instance["frame_shapes"][0] != (1, 3, 4))
    return read


def test_cycles_per_frame_are_those_of_a_full_pipeline():
    assert cycles_per_frame(12, 12, 12) == (12, 12)
    assert cycles_per_frame(99, 12, 12) == (12, 12)  # it fills during the first frame
    assert cycles_per_frame(9, 14, 12, 12, 12) == (12, 12)
    assert cycles_per_frame(9, 9, 13, 12, 12) == (13, 12)
    assert cycles_per_frame(14, 14, 13, 13, 12, 12, 12, 12, 12) == (12, 12)  # it takes longer
    assert cycles_per_frame(9, 9, 9, 14, 12) == (14, 12)  # a buffer is full at the end
    assert cycles_per_frame(9, 9, 9, 14, calm=4) == (9, 12)  # the last one is stalled
    assert cycles_per_frame(12, 12, 12, 13) == (12, 12)  # none comes behind the last one
    assert cycles_per_frame(30, shapes=[(1, 3, 3)]) == (None, None)
    assert cycles_per_frame(30, 12, 12, shapes=[(1, 3, 3)]) == (12, 12)
    assert cycles_per_frame(12, 9, shapes=[(1, 3, 4), (1, 3, 3), (1, 3, 3)]) == (9, None)


def test_a_pipeline_that_still_fills_is_not_compared():
    """Of two frames the second one may come later than others do, after an empty pipeline."""
    assert timing(cycles_per_frame=1121, steady=False).faults == ()
    assert not measured(14).steady
    assert measured(14, 12, 12).steady


def test_a_pipeline_is_not_compared_by_its_last_frame():
    """A frame with another size behind it, or none, may end later than others do."""
    assert not measured(12, 13).steady
    assert not measured(12, 13, 9, calm=3).steady
    assert measured(12, 12, 13, 9, calm=4).cycles_per_frame == 12


def test_frames_before_the_planned_pace_do_not_count():
    slow = replace(UNIT, warm_up_frames=4)
    assert cycles_per_frame(14, 13, 13, 13, 12, 12, unit=slow) == (12, 12)
    assert cycles_per_frame(14, 13, 13, 13, 13, 12, unit=slow) == (13, 12)
    assert not measured(14, 13, 13, 13, 12, unit=slow).steady
    assert measured(14, 13, 13, 13, 12, 12, unit=slow).steady


def replan(path, layer="network", **figures):
    """Write other planned figures, or another target, into a manifest."""
    manifest = json.loads((path / "manifest.json").read_text())
    unit = manifest["network"] if layer == "network" else manifest["stages"][0]
    unit |= {key: value for key, value in figures.items() if key in unit}
    manifest["target"] |= {key: value for key, value in figures.items() if key == "target"}
    (path / "manifest.json").write_text(json.dumps(manifest))
    return path


@pytest.mark.parametrize("layer", [None, "add"])
def test_a_simulation_fails_whose_plan_is_not_kept(tmp_path, layer):
    x, golden = toys.toy_frames(3)
    path = replan(toys.toy(tmp_path), layer or "network", cycles_per_frame=39, latency_frame=30)
    report = simulate(path, frames=[x], golden=golden, simulator=FAST, layer=layer, changed=True)
    assert report.mismatches == 0
    assert not report.passed
    assert report.faults == report.timing.faults
    assert [fault[:27] for fault in report.faults] == [
        "a frame takes 40 cycles and",
        "the last word of a frame co",
    ]
    assert set(report.faults) <= set(report.summary()["faults"])


def test_only_what_was_planned_is_compared(tmp_path):
    path = replan(toys.toy(tmp_path), cycles_per_frame=1, latency_first=1, latency_frame=1)
    x, golden = toys.toy_frames(3)
    given = {"frames": [x], "golden": golden, "simulator": FAST, "changed": True}
    slow = simulate(path, **given, interval=2)
    assert slow.cycles_per_frame == 80
    assert slow.planned_cycles_per_frame is None
    stalled = simulate(path, **given, stalls=True)
    assert (stalled.cycles_per_frame, stalled.latency_first) == (None, None)
    assert slow.faults == stalled.faults == ()


def test_frames_of_another_size_have_no_planned_figures(tmp_path):
    path = replan(toys.halve(tmp_path), cycles_per_frame=1, latency_first=1, latency_frame=1)
    x, golden = toys.halve_frames((5, 3), (5, 3), (5, 3))
    report = simulate(path, frames=[x], golden=golden, simulator=FAST, changed=True)
    assert report.faults == ()
    assert report.cycles_per_frame > 1 < report.latency_frame
    assert report.planned_cycles_per_frame is report.timing.planned_latency_first is None


def test_frames_with_stalls_wait_for_those_without(tmp_path):
    x, golden = toys.toy_frames(5)
    calm = simulate(toys.toy(tmp_path), frames=[x[:3]], golden={"add": golden["add"][:3]})
    both = simulate(tmp_path, frames=[x], golden=golden, simulator=FAST, stalls=True, stalls_from=3)
    assert both.faults == calm.faults == ()
    assert both.timing == calm.timing
    assert (both.frames, both.calm_frames) == (5, 3)


def strided(rng):
    model = Model((4, 8, 8), "UINT4")
    model.conv(rng.integers(-3, 4, (8, 4, 3, 3)), strides=[2, 2], name="conv")
    thresholds(model, rng, 8, 15, 60)
    return model, {"fps": 1000, "clock_hz": 64_000}


def connected(rng):
    model = Model((3, 10, 6), "UINT4")
    model.node("Flatten", axis=1)
    model.node("MatMul", model.const(rng.integers(-3, 4, (180, 17))), name="dense")
    return model, {"fps": 50, "clock_hz": 153_000, "latency": Fraction("0.0017")}


@pytest.mark.parametrize("case", [strided, connected])
def test_plans_that_a_model_of_single_stages_would_not_keep(case, tmp_path):
    model, target = case(np.random.default_rng(3))
    source = model.save(tmp_path)
    api.build(source, api.plan(api.read(source), **target), tmp_path / "build")
    assert api.simulate(tmp_path / "build", simulator=FAST).faults == ()
