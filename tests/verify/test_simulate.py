import json

import numpy as np
import pytest

from corgibuilder.verify import Mismatch, Place, Simulator, StageFrames, simulate

from ..simulators import FAST, each_simulator, needs_icarus
from . import toys


@each_simulator
@pytest.mark.parametrize("stalls", [False, True], ids=["free", "stalls"])
def test_right_design_passes(tmp_path, simulator, stalls):
    x, golden = toys.toy_frames(3)
    report = simulate(
        toys.toy(tmp_path), frames=[x], golden=golden, simulator=simulator, stalls=stalls
    )
    assert report.faults == ()
    assert report.passed
    assert (report.frames, report.outputs_compared, report.mismatches) == (3, 3 * 80, 0)
    assert report.input_words == 3 * 40
    assert report.simulated_cycles > 120
    if not stalls:
        assert report.cycles_per_frame == report.planned_cycles_per_frame == 40
        assert (report.latency_first, report.latency_frame) == (2, 41)


@pytest.mark.parametrize("interval", [2, 5])
def test_words_come_in_their_turn(tmp_path, interval):
    x, golden = toys.toy_frames(3)
    report = simulate(
        toys.toy(tmp_path), frames=[x], golden=golden, simulator=FAST, interval=interval
    )
    assert report.faults == ()
    assert report.cycles_per_frame == 40 * interval
    assert report.latency_frame == 39 * interval + 2


@each_simulator
@pytest.mark.parametrize(("layer", "stalls"), [(None, True), ("half", True), ("half", False)])
def test_frames_of_different_sizes_back_to_back(tmp_path, simulator, layer, stalls):
    x, golden = toys.halve_frames((6, 8), (1, 1), (5, 3), (6, 8), (2, 1))
    report = simulate(
        toys.halve(tmp_path),
        frames=[x],
        golden=golden,
        simulator=simulator,
        layer=layer,
        stalls=stalls,
    )
    assert report.faults == ()
    assert report.outputs_compared == sum(y.size for ys in golden.values() for y in ys)
    assert report.inner_compared == 0
    sizes = [port.compared for port in report.ports if port.place is Place.SIZES]
    assert sizes == ([] if layer is None else [2 * len(x)] * 2)


def test_a_wrong_size_is_named(tmp_path):
    x, golden = toys.halve_frames((6, 8), (5, 3))
    wrong = "{(height + 16'd1) >> 1", "{height >> 1"
    report = simulate(
        toys.halve(tmp_path, halve=wrong), frames=[x], golden=golden, simulator=FAST, layer="half"
    )
    assert (report.mismatches, report.inner_mismatches) == (0, 1)
    assert report.faults == (
        (
            "1 values inside differ, the first at half, port o_size, frame 1, row 0, column 0,"
            " channel 1: expected 3, got 2"
        ),
    )


@each_simulator
def test_wrong_value_is_named(tmp_path, simulator):
    x, golden = toys.toy_frames(2)
    golden["add"][1, 3, 2, 4] += 1
    golden["add"][1, 3, 3, 4] += 1
    report = simulate(toys.toy(tmp_path), frames=[x], golden=golden, simulator=simulator)
    right = int(golden["add"][1, 3, 2, 4])
    assert report.mismatches == 2
    assert report.first_mismatch == Mismatch(
        layer="add", port="o", frame=1, y=2, x=4, channel=3, expected=right, got=right - 1
    )
    assert report.faults == (
        (
            "2 outputs differ, the first at add, port o, frame 1, row 2, column 4, channel 3: "
            f"expected {right}, got {right - 1}"
        ),
    )


@each_simulator
def test_a_stage_inside_is_compared_and_named(tmp_path, simulator):
    x, golden = toys.toy_frames(3)
    inner = {"add": golden["add"].copy()}
    right = simulate(
        toys.toy(tmp_path), frames=[x], golden=golden, inner=inner, simulator=simulator, stalls=True
    )
    assert right.faults == ()
    assert (right.outputs_compared, right.inner_compared) == (240, 240)
    inner["add"][2, 1, 3, 0] -= 1
    report = simulate(tmp_path, frames=[x], golden=golden, inner=inner, simulator=simulator)
    got = int(golden["add"][2, 1, 3, 0])
    assert (report.mismatches, report.inner_mismatches) == (0, 1)
    assert report.faults == (
        (
            "1 values inside differ, the first at add, port o, frame 2, row 3, column 0, channel 1:"
            f" expected {got - 1}, got {got}"
        ),
    )
    assert report.summary()["first_mismatch"]["layer"] == "add"


def test_the_first_stage_that_differs_is_named(tmp_path):
    wrong = "{2'b0, i__payload[3:0]}", "{2'b0, ~i__payload[3:0]}"
    x, golden = toys.toy_frames(2)
    directory = toys.toy(tmp_path, add=wrong)
    named = {"behind": golden["add"]}
    manifest = json.loads((directory / "manifest.json").read_text())
    manifest["network"]["outputs"][0]["node"] = "behind"
    (directory / "manifest.json").write_text(json.dumps(manifest))
    report = simulate(
        directory, frames=[x], golden=named, inner=golden, simulator=FAST, changed=True
    )
    assert report.mismatches == report.inner_mismatches > 0
    assert report.first_mismatch.layer == "add"
    assert report.faults[0].startswith(f"{report.mismatches} outputs differ, the first at add, ")


def test_a_stage_by_itself_is_compared(tmp_path):
    x, golden = toys.toy_frames(4)
    alone = {"add": StageFrames(frames=[x[1:]], golden={"add": golden["add"][1:]})}
    first = {"add": golden["add"][:1]}
    right = simulate(toys.toy(tmp_path), frames=[x[:1]], golden=first, alone=alone, simulator=FAST)
    assert right.faults == ()
    assert (right.outputs_compared, right.inner_compared) == (80, 240)
    assert right.input_words == 4 * 40
    spoiled = golden["add"][1:].copy()
    spoiled[0, 0, 0, 0] += 1
    alone = {"add": StageFrames(frames=[x[1:]], golden={"add": spoiled})}
    report = simulate(tmp_path, frames=[x[:1]], golden=first, alone=alone, simulator=FAST)
    assert [fault[:25] for fault in report.faults] == ["1 values inside differ, t"]
    assert [port.title for port in report.ports] == ["port o", "stage add by itself"]


def test_deadlock_is_reported(tmp_path):
    stuck = "i__ready = !o__valid | o__ready", "i__ready = (!o__valid | o__ready) & taken < 50"
    x, golden = toys.toy_frames(2)
    report = simulate(toys.toy(tmp_path, add=stuck), frames=[x], golden=golden, simulator=FAST)
    assert report.faults == (
        "stuck: 50 of 80 input words were taken",
        "port o gave 50 words instead of 80",
    )
    assert report.outputs_compared == 25 * 4


def test_dropped_word_is_caught(tmp_path):
    dropping = "o__valid <= take;", "o__valid <= take & taken != 79;"
    x, golden = toys.toy_frames(2)
    report = simulate(toys.toy(tmp_path, add=dropping), frames=[x], golden=golden, simulator=FAST)
    assert report.faults == (
        "stuck: 80 of 80 input words were taken",
        "port o gave 79 words instead of 80",
    )


def test_surplus_word_is_caught(tmp_path):
    x, golden = toys.toy_frames(2)
    repeating = "o__valid <= take;", "o__valid <= take | taken == 80;"
    report = simulate(toys.toy(tmp_path, add=repeating), frames=[x], golden=golden, simulator=FAST)
    assert not report.passed
    assert report.finished
    assert report.mismatches == 0
    assert report.ports[0].words > report.ports[0].words_expected == 80


def test_word_that_changes_while_it_waits_is_caught(tmp_path):
    changing = "o__payload = words[read[1:0]];", "o__payload = words[read[1:0]] ^ {18{!o__ready}};"
    x, golden = toys.toy_frames(2)
    directory = toys.toy(tmp_path, fifo=changing)
    report = simulate(directory, frames=[x], golden=golden, simulator=FAST, stalls=True)
    assert report.mismatches == 0
    assert [fault[:52] for fault in report.faults] == [
        "port o changed or withdrew a word before it was take"
    ]


@needs_icarus  # only it has unknown bits
def test_unknown_bits_are_a_mismatch(tmp_path):
    x, golden = toys.toy_frames(1)
    directory = toys.toy(tmp_path)
    (directory / "rtl/add_bias.hex").write_text("01\nxx")
    toys.edit_manifest(directory)
    report = simulate(directory, frames=[x], golden=golden, simulator=Simulator.ICARUS)
    assert report.first_mismatch.got is None
    assert (report.first_mismatch.channel, report.mismatches) == (1, 60)
    np.testing.assert_equal(report.first_mismatch.expected, golden["add"][0, 1, 0, 0])
