import numpy as np
import pytest

from corgibuilder.hw.line_buffer import LineBuffer
from corgibuilder.ir import Pads, QInt, Shape, Window
from corgibuilder.plan.components import LineBufferConfig
from corgibuilder.plan.shuffled_slots import pairs_rows, slot_count

from ..streams import run_streams
from .maps import WithSizes, size_words, to_words, windows

SAME = Window(kernel=(3, 3), pads=Pads(top=1, left=1, bottom=1, right=1))
CASES = {
    "same": SAME,
    "stride": Window(kernel=(3, 3), stride=(2, 2), pads=SAME.pads),
    "bottom_right": Window(kernel=(3, 3), stride=(2, 2), pads=Pads(bottom=1, right=1)),
    "valid": Window(kernel=(2, 3)),
    "point": Window(kernel=(1, 1)),
    "skip": Window(kernel=(1, 1), stride=(2, 3)),
    "tile": Window(kernel=(2, 2), stride=(2, 2)),
    "wide": Window(kernel=(5, 4), stride=(1, 2), pads=Pads(top=2, left=3, bottom=2, right=1)),
}
SIZES = [(5, 6), (4, 4), (6, 8)]
WORDS = 0  #: as many groups as words


def bench(window, *, channels, lanes, extra, repeats=1, groups=1, padding=0, single_port=False):
    least = slot_count(window, 8) if pairs_rows(window) else window.span(8)
    dut = LineBuffer(
        LineBufferConfig(
            x=QInt(-32, 31),
            given=QInt(-32, 31),
            shape=Shape(channels, 6, 8),
            lanes=lanes,
            window=window,
            capacity=least + extra,
            single_port=single_port,
            repeats=repeats,
            groups=groups,
            padding=padding,
        )
    )
    return WithSizes(dut, ["write_size", "read_size"])


def expected_words(frame, window, *, lanes, repeats, groups, padding):
    short = -frame.shape[0] % lanes
    frame = np.pad(frame, ((0, short), (0, 0), (0, 0)))
    w = windows(frame, window, padding)
    w = w.reshape(*w.shape[:4], groups, -1)  # values of a group, words after each other
    w = w.transpose(0, 1, 4, 2, 3, 5)
    w = w.reshape(w.shape[0] * w.shape[1] * groups, -1, lanes)
    return np.repeat(w[:, None], repeats, axis=1).reshape(-1, lanes).tolist()


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(
    "shape", [{"channels": 1, "lanes": 1}, {"channels": 5, "lanes": 2}], ids=["one", "ragged"]
)
@pytest.mark.parametrize(
    "order",
    [{}, {"repeats": 3}, {"groups": WORDS, "padding": -9}],
    ids=["once", "thrice", "word by word"],
)
@pytest.mark.parametrize("extra,stall,single_port", [(0, 0.3, True), (9, 0, False)])
def test_windows_of_frames_of_changing_size(stall, case, shape, order, extra, single_port):
    window = CASES[case]
    rng = np.random.default_rng(0)
    frames = [rng.integers(-32, 32, (shape["channels"], *size)) for size in SIZES]
    if "groups" in order:
        order = {**order, "groups": -(-shape["channels"] // shape["lanes"])}
    options = {"repeats": 1, "groups": 1, "padding": 0, **order}
    want = [w for f in frames for w in expected_words(f, window, lanes=shape["lanes"], **options)]
    feeds = {"i": to_words(frames, shape["lanes"]), "size": size_words(frames)}
    got, _ = run_streams(
        bench(window, **shape, extra=extra, single_port=single_port, **order),
        feeds,
        {"o": len(want)},
        stall=stall,
    )
    if not shape["channels"] % shape["lanes"] or "padding" not in order:
        assert got["o"] == want
    else:  # lanes beyond the channels are unused
        keep = np.tile([1, 1, 1, 1, 1, 0], len(want) // 3).reshape(-1, 3, 2)
        taps = window.kernel[0] * window.kernel[1]
        keep = np.repeat(keep, taps, axis=1)[: len(want) // taps // 3].reshape(-1, 2)
        assert (np.array(got["o"]) * keep).tolist() == (np.array(want) * keep).tolist()


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("groups,words,repeats", [(2, 2, 1), (3, 1, 2), (2, 3, 2)])
@pytest.mark.parametrize("stall,single_port", [(0.3, True), (0, True), (0.3, False)])
def test_groups_of_words(stall, case, groups, words, repeats, single_port):
    window, channels = CASES[case], 2 * groups * words
    rng = np.random.default_rng(0)
    frames = [rng.integers(-32, 32, (channels, *size)) for size in SIZES]
    order = {"groups": groups, "repeats": repeats}
    want = [w for f in frames for w in expected_words(f, window, lanes=2, padding=0, **order)]
    got, _ = run_streams(
        bench(window, channels=channels, lanes=2, extra=1, single_port=single_port, **order),
        {"i": to_words(frames, 2), "size": size_words(frames)},
        {"o": len(want)},
        stall=stall,
    )
    assert got["o"] == want


@pytest.mark.parametrize("kernel,rows", [(1, 3), (1, 4), (1, 7), (2, 4), (2, 5), (2, 7), (3, 7)])
@pytest.mark.parametrize("width", [1, 3, 8])
@pytest.mark.parametrize("stall", [{"i": 0.7, "o": 0}, {"i": 0, "o": 0.7}], ids=["slow", "fast"])
def test_rows_that_no_window_needs(stall, width, kernel, rows):
    window = Window(kernel=(kernel, 1), stride=(rows, 2))
    frames = [np.arange(width * height).reshape(1, height, width) % 32 for height in (6, 4, 5)]
    order = {"repeats": 1, "groups": 1, "padding": 0}
    want = [w for f in frames for w in expected_words(f, window, lanes=1, **order)]
    got, _ = run_streams(
        bench(window, channels=1, lanes=1, extra=0),
        {"i": to_words(frames, 1), "size": size_words(frames)},
        {"o": len(want)},
        stall=stall,
    )
    assert got["o"] == want


def test_rows_and_frames_follow_without_a_gap():
    frames = [np.ones((1, 6, 8), int)] * 4
    feeds = {"i": to_words(frames, 1), "size": size_words(frames)}
    due = 4 * 6 * 8 * 9
    _, cycles = run_streams(bench(SAME, channels=1, lanes=1, extra=1), feeds, {"o": due}, stall=0)
    assert cycles <= due + 8 + 2 + 6
