import numpy as np
import pytest

from corgibuilder.verify import Mismatch, Simulator, simulate

from ..simulators import FAST, each_simulator, needs_icarus
from . import toys


@each_simulator
@pytest.mark.parametrize("stalls", [False, True], ids=["free", "stalls"])
def test_right_design_passes(tmp_path, simulator, stalls):
    x, golden = toys.toy_frames(3)
    report = simulate(
        toys.toy(tmp_path), frames=x, golden=golden, simulator=simulator, stalls=stalls
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
        toys.toy(tmp_path), frames=x, golden=golden, simulator=FAST, interval=interval
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
        frames=x,
        golden=golden,
        simulator=simulator,
        layer=layer,
        stalls=stalls,
    )
    assert report.faults == ()
    sizes = 0 if layer is None else 2 * 2 * len(x)
    assert report.outputs_compared == sizes + sum(y.size for ys in golden.values() for y in ys)


@each_simulator
def test_wrong_value_is_named(tmp_path, simulator):
    x, golden = toys.toy_frames(2)
    golden["add"][1, 3, 2, 4] += 1
    golden["add"][1, 3, 3, 4] += 1
    report = simulate(toys.toy(tmp_path), frames=x, golden=golden, simulator=simulator)
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


def test_deadlock_is_reported(tmp_path):
    stuck = "i__ready = !o__valid | o__ready", "i__ready = (!o__valid | o__ready) & taken < 50"
    x, golden = toys.toy_frames(2)
    report = simulate(toys.toy(tmp_path, add=stuck), frames=x, golden=golden, simulator=FAST)
    assert report.faults == (
        "stuck: 50 of 80 input words were taken",
        "port o gave 50 words instead of 80",
    )
    assert report.outputs_compared == 25 * 4


def test_dropped_word_is_caught(tmp_path):
    dropping = "o__valid <= take;", "o__valid <= take & taken != 79;"
    x, golden = toys.toy_frames(2)
    report = simulate(toys.toy(tmp_path, add=dropping), frames=x, golden=golden, simulator=FAST)
    assert report.faults == (
        "stuck: 80 of 80 input words were taken",
        "port o gave 79 words instead of 80",
    )


def test_surplus_word_is_caught(tmp_path):
    x, golden = toys.toy_frames(2)
    repeating = "o__valid <= take;", "o__valid <= take | taken == 80;"
    report = simulate(toys.toy(tmp_path, add=repeating), frames=x, golden=golden, simulator=FAST)
    assert not report.passed
    assert report.finished
    assert report.mismatches == 0
    assert report.ports[0].words > report.ports[0].words_expected == 80


def test_word_that_changes_while_it_waits_is_caught(tmp_path):
    changing = "o__payload = words[read[1:0]];", "o__payload = words[read[1:0]] ^ {18{!o__ready}};"
    x, golden = toys.toy_frames(2)
    directory = toys.toy(tmp_path, fifo=changing)
    report = simulate(directory, frames=x, golden=golden, simulator=FAST, stalls=True)
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
    report = simulate(directory, frames=x, golden=golden, simulator=Simulator.ICARUS)
    assert report.first_mismatch.got is None
    assert (report.first_mismatch.channel, report.mismatches) == (1, 60)
    np.testing.assert_equal(report.first_mismatch.expected, golden["add"][0, 1, 0, 0])
