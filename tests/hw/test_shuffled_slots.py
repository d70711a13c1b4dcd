"""Windows that move down two rows at a time, through the line buffer that stores two lines."""

import numpy as np
import pytest

from corgibuilder.hw.line_buffer import LineBuffer
from corgibuilder.ir import Pads, QInt, Shape, Window
from corgibuilder.plan.components import LineBufferConfig
from corgibuilder.plan.kinds.windowed import WAIT_CYCLES
from corgibuilder.plan.shuffled_slots import guard_columns, pairs_rows, row_start_waits, slot_count

from ..streams import run_streams
from .maps import WithSizes, size_words, to_words
from .test_line_buffer import expected_words


def strided(columns, stride, top, left, bottom, right):
    pads = Pads(top=top, left=left, bottom=bottom, right=right)
    return Window(kernel=(3, columns), stride=(2, stride), pads=pads)


WINDOWS = {
    "same": strided(3, 2, 1, 1, 1, 1),
    "bottom_right": strided(3, 2, 0, 0, 1, 1),
    "top_left": strided(3, 2, 1, 1, 0, 0),
    "valid": strided(3, 2, 0, 0, 0, 0),
    "column": strided(1, 1, 1, 0, 1, 0),
    "tall": strided(1, 3, 1, 0, 0, 0),
    "wide": strided(4, 1, 1, 3, 1, 2),
    "flat": strided(2, 5, 0, 1, 1, 1),
}
HEIGHTS = (4, 4, 5, 5, 3, 4, 7, 7, 6, 2, 2, 1, 1, 1, 3)


@pytest.mark.parametrize("name", WINDOWS)
@pytest.mark.parametrize("widths", [(6,), (6, 6, 1, 5, 4)], ids=["constant", "changing"])
@pytest.mark.parametrize("single_port,stall", [(True, 0.3), (True, 0), (False, 0.5)])
def test_frames_of_many_sizes(single_port, stall, widths, name):
    window = WINDOWS[name]
    assert pairs_rows(window)
    least = (3 - window.pads.top - window.pads.bottom, window.kernel[1])
    sizes = [
        (h, max(widths[k % len(widths)], least[1])) for k, h in enumerate(HEIGHTS) if h >= least[0]
    ]
    rng = np.random.default_rng(1)
    frames = [rng.integers(-32, 32, (4, *size)) for size in sizes]
    dut = LineBuffer(
        LineBufferConfig(
            x=QInt(-32, 31),
            given=QInt(-32, 31),
            shape=Shape(4, max(HEIGHTS), 6),
            lanes=2,
            window=window,
            capacity=slot_count(window, 6),
            single_port=single_port,
            groups=2,
        )
    )
    want = [
        word
        for frame in frames
        for word in expected_words(frame, window, lanes=2, repeats=1, groups=2, padding=0)
    ]
    feeds = {"i": to_words(frames, 2), "size": size_words(frames)}
    bench = WithSizes(dut, ["write_size", "read_size"])
    got, _ = run_streams(bench, feeds, {"o": len(want)}, stall=stall)
    assert got["o"] == want


@pytest.mark.parametrize("name", WINDOWS)
def test_the_guard_columns_are_the_fewest_that_do_not_stop(name):
    window, width = WINDOWS[name], 40
    kw, sx, left = window.kernel[1], window.stride[1], window.pads.left
    columns = window.output_size(3, width)[1]

    def goes_through(columns_spare):
        """Whether each window of a row finds its pixels while only those before it are read."""
        for x in range(columns):
            first = max(x * sx - left, 0)
            last = min(x * sx - left + kw - 1, width - 1)
            if columns_spare + last >= 2 * (columns_spare + first):
                return False
        return True

    assert guard_columns(window) >= left
    assert goes_through(guard_columns(window))
    assert guard_columns(window) == left or not goes_through(guard_columns(window) - 1)


@pytest.mark.parametrize("words", [1, 3])
def test_a_row_waits_no_longer_than_planned(words):
    window, width, rows, frames = WINDOWS["same"], 24, 4, 3
    dut = LineBuffer(
        LineBufferConfig(
            x=QInt(-32, 31),
            given=QInt(-32, 31),
            shape=Shape(words, 2 * rows, width),
            lanes=1,
            window=window,
            capacity=slot_count(window, width),
            groups=words,
        )
    )
    maps = [np.zeros((words, 2 * rows, width), int)] * frames
    reads = width // 2 * 9 * words  # of a row of windows
    feeds = {"i": to_words(maps, 1), "size": size_words(maps)}
    bench = WithSizes(dut, ["write_size", "read_size"])
    _, cycles = run_streams(bench, feeds, {"o": frames * rows * reads}, stall=0)
    times, pixels = row_start_waits(window)
    gap = pixels * words + guard_columns(window) + WAIT_CYCLES * times
    before = (width + 3 + guard_columns(window)) * words + 16  # until the first window is there
    assert cycles <= frames * rows * (reads + gap) + before
