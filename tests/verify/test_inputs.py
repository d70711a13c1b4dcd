"""Units with several inputs: each is played into by itself, and nothing is missed."""

import json

import numpy as np
import pytest

from corgibuilder.build_directory import read_build_directory
from corgibuilder.diagnostics import CompileError
from corgibuilder.verify import Place, StageFrames, simulate
from corgibuilder.verify.bench import Run, Settings, write_bench

from ..simulators import FAST, each_simulator
from . import toys

SIZE = 4, 5
SIZES = (4, 5), (1, 1), (3, 5), (4, 2), (1, 1), (4, 5)


@each_simulator
@pytest.mark.parametrize("stalls", [False, True], ids=["free", "stalls"])
def test_right_design_passes(tmp_path, simulator, stalls):
    frames, golden = toys.merge_frames(*[SIZE] * 3)
    report = simulate(
        toys.merge(tmp_path), frames=frames, golden=golden, simulator=simulator, stalls=stalls
    )
    assert report.faults == ()
    assert (report.outputs_compared, report.mismatches) == (3 * 60, 0)
    assert report.input_words == report.input_words_expected == 2 * 3 * 40
    if not stalls:
        assert report.cycles_per_frame == report.planned_cycles_per_frame == 40
        assert (report.latency_first, report.latency_frame) == (1, 40)


@pytest.mark.parametrize("stalls", [False, True], ids=["free", "stalls"])
def test_every_input_of_a_stage_has_its_sizes(tmp_path, stalls):
    frames, golden = toys.merge_frames(*SIZES)
    report = simulate(
        toys.sized_merge(tmp_path),
        frames=frames,
        golden=golden,
        simulator=FAST,
        layer="sum",
        stalls=stalls,
    )
    assert report.faults == ()
    sizes = [port.compared for port in report.ports if port.place is Place.SIZES]
    assert sizes == [2 * len(SIZES)]
    values = sum(2 * 2 * height * width for height, width in SIZES)
    assert report.input_words == values + 2 * len(SIZES)


def test_a_stage_with_several_inputs_by_itself(tmp_path):
    rng = np.random.default_rng(3)
    x = [rng.integers(0, 16, (3, *size)) for size in SIZES]
    y = [2 * frame - (frame % 8 - 8 * (frame % 8 > 3)) for frame in x]
    alone, golden = toys.merge_frames(*SIZES)
    played = {"sum": StageFrames(frames=alone, golden=golden)}
    path = toys.sized_merge(tmp_path)
    report = simulate(path, frames=[x], golden={"sum": y}, alone=played, simulator=FAST)
    assert report.faults == ()
    assert report.inner_compared == sum(frame.size for frame in y)
    spoiled = {"sum": [frame + (frame == frame.max()) for frame in golden["sum"]]}
    wrong = {"sum": StageFrames(frames=alone, golden=spoiled)}
    report = simulate(path, frames=[x], golden={"sum": y}, alone=wrong, simulator=FAST)
    assert (report.mismatches, report.inner_mismatches > 0) == (0, True)


LOSES = {
    "i0": ("i0__ready = i1__valid & free", "i0__ready = free"),
    "i1": ("i1__ready = i0__valid & free", "i1__ready = free"),
}
STALE = "take = i0__valid & i1__valid & free", "take = i0__valid & free"


@pytest.mark.parametrize("port", LOSES)
def test_a_lost_word_of_one_input_is_caught(tmp_path, port):
    """Without stalls both inputs offer their words in the same cycles, and none is lost."""
    frames, golden = toys.merge_frames(*[SIZE] * 3)
    given = {"frames": frames, "golden": golden, "simulator": FAST}
    path = toys.merge(tmp_path, merge=LOSES[port])
    assert simulate(path, **given).faults == ()
    report = simulate(path, **given, stalls=True)
    assert not report.finished
    assert report.mismatches > 0
    assert report.ports[0].words < report.ports[0].words_expected


def test_swapped_inputs_are_caught(tmp_path):
    frames, golden = toys.merge_frames(SIZE)
    swapped = "{2'b0, i0__payload[3:0], 1'b0}) - low", "{{4{low[2]}}, low}) * 2 - i0__payload[3:0]"
    report = simulate(
        toys.merge(tmp_path, merge=swapped), frames=frames, golden=golden, simulator=FAST
    )
    assert report.finished
    assert report.mismatches > 0
    assert report.first_mismatch.channel in (0, 2)


def test_a_word_that_is_not_there_yet_is_not_read(tmp_path):
    """What a payload is while nothing is offered is wrong on purpose."""
    frames, golden = toys.merge_frames(*[SIZE] * 2)
    path = toys.merge(tmp_path, merge=STALE)
    report = simulate(path, frames=frames, golden=golden, simulator=FAST, stalls=True)
    assert report.mismatches > 0


def test_sizes_that_are_never_taken_are_caught(tmp_path):
    never = "i1_size__ready = i0_size__valid & o_size__ready", "i1_size__ready = 0"
    frames, golden = toys.merge_frames(*SIZES)
    path = toys.sized_merge(tmp_path, sized_merge=never)
    report = simulate(path, frames=frames, golden=golden, simulator=FAST, layer="sum")
    words = report.input_words_expected - len(SIZES)
    assert report.mismatches == 0
    assert report.faults[0] == f"stuck: {words} of {words + len(SIZES)} input words were taken"


def test_no_two_ports_have_the_same_stalls(tmp_path):
    frames, golden = toys.merge_frames(*SIZES)
    unit = read_build_directory(toys.sized_merge(tmp_path)).unit("sum")
    run = Run(unit=unit, frames=frames, golden=golden, size_ports=False, calm_frames=0)
    settings = Settings(
        simulator=FAST, seed=1, timeout_cycles=1, rehearsal_cycles=0, sources=("x.v",)
    )
    write_bench(tmp_path, [run, run], settings)
    bench = json.loads((tmp_path / "bench.json").read_text())
    names = [port["name"] for i in bench["instances"] for port in i["inputs"] + i["outputs"]]
    seeds = [port["seed"] for i in bench["instances"] for port in i["inputs"] + i["outputs"]]
    assert names[:6] == ["i0", "i1", "i0_size", "i1_size", "o", "o_size"]
    assert len(set(seeds)) == len(set(names)) == 12


def refused(path, frames, **settings):
    with pytest.raises(CompileError) as caught:
        simulate(path, frames=frames, golden={}, **settings)
    return str(caught.value).splitlines()[0]


def test_the_port_of_a_wrong_frame_is_named(tmp_path):
    path = toys.merge(tmp_path)
    (a, b), _ = toys.merge_frames(SIZE, SIZE)
    assert refused(path, [a, a]) == (
        f"error[CB508]: frame 0 of port i1 has values {a[0].min()}..{a[0].max()}, the port takes"
        " -4..3"
    )
    assert refused(path, [a, [b[0], b[1][:, :3]]]) == (
        "error[CB507]: frame 1 of port i1 is 3x3x5, the hardware takes 3x4x5"
    )
    assert refused(path, [a, b[:1]]) == ("error[CB517]: port i0 is given 2 frames, port i1 1")


def test_maps_that_do_not_go_together_are_refused(tmp_path):
    (a, _), _ = toys.merge_frames((4, 5), (3, 5))
    (_, b), _ = toys.merge_frames((4, 5), (3, 4))
    assert refused(toys.sized_merge(tmp_path), [a, b], layer="sum") == (
        "error[CB518]: frame 1 is 5 wide and 3 high at port i0 and 4 wide and 3 high at port i1"
    )
