"""The estimate of cycles against simulations that step through every cycle and every pixel."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corgibuilder.ir import Pads, Window
from corgibuilder.plan.folding import Folding, WindowSource
from corgibuilder.plan.kinds import folded
from corgibuilder.plan.kinds.estimates import READ_CYCLES, _most_kept, _most_waiting
from corgibuilder.plan.layers import group_layers
from corgibuilder.plan.positions import Positions
from corgibuilder.plan.sizing import unhindered
from corgibuilder.plan.times import Times, Turns
from corgibuilder.plan.traces import Trace

from ...toys import SAME, chain, conv


def times_of(values):
    return Times.of(iter([values]), len(values))


@st.composite
def windows_on_maps(draw):
    kernel = draw(st.tuples(st.integers(1, 5), st.integers(1, 5)))
    stride = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    top, bottom = (draw(st.integers(0, kernel[0] - 1)) for _ in range(2))
    left, right = (draw(st.integers(0, kernel[1] - 1)) for _ in range(2))
    pads = Pads(top=top, left=left, bottom=bottom, right=right)
    height = draw(st.integers(max(kernel[0] - top - bottom, 1), 8))
    width = draw(st.integers(max(kernel[1] - left - right, 1), 8))
    return Window(kernel=kernel, stride=stride, pads=pads), height, width


def pixels_of_each_window(window, height, width):
    """Raster indices inside the map, for each output position."""
    rows, columns = window.output_size(height, width)
    for r in range(rows):
        for c in range(columns):
            ys = [r * window.stride[0] - window.pads.top + j for j in range(window.kernel[0])]
            xs = [c * window.stride[1] - window.pads.left + k for k in range(window.kernel[1])]
            yield [y * width + x for y in ys for x in xs if 0 <= y < height and 0 <= x < width]


@settings(max_examples=300)
@given(windows_on_maps())
def test_first_and_last_pixel_of_every_window(case):
    positions = Positions(*case)
    rows = np.arange(positions.rows)
    first, need = positions.first(rows).ravel(), positions.need(rows).ravel()
    each = list(pixels_of_each_window(*case))
    assert need.tolist() == [max(pixels) for pixels in each]
    window, height, width = case
    # no pixel is given up in the last row that would be kept if the map went on below
    further = list(pixels_of_each_window(window, height + window.stride[0], width))
    still_needed = [min(min(p) for p in further[k:]) for k in range(len(each))]
    assert first.tolist() == still_needed


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 9)), min_size=1, max_size=40))
def test_positions_start_in_turn(positions):
    ready, cycles = np.array(positions).T
    free, want = 0, []
    for at, takes in positions:
        want.append(max(at, free))
        free = want[-1] + takes
    for part in (len(want), 1, 7):  # all at once, and a few after the other
        turns = Turns()
        starts = [
            turns.starts(ready[k : k + part], cycles[k : k + part])
            for k in range(0, len(want), part)
        ]
        assert np.concatenate(starts).tolist() == want


def rising(values):
    return np.cumsum(np.array(values, np.int64))


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=30))
def test_most_pixels_in_a_queue(gaps):
    arrival = rising([a for a, _ in gaps])
    done = np.maximum.accumulate(arrival + rising([d for _, d in gaps]))
    most = 0
    for now in range(int(done[-1]) + 1):
        most = max(most, int((arrival <= now).sum() - (done <= now).sum()))
    assert _most_waiting(times_of(arrival), times_of(done)) == most


@given(windows_on_maps(), st.integers(1, 4), st.integers(1, 9), st.integers(0, 6))
def test_most_pixels_in_a_line_buffer(case, spread, takes, late):
    positions = Positions(*case)
    rows = np.arange(positions.rows)
    first, need = positions.first(rows).ravel(), positions.need(rows).ravel()
    pixels = case[1] * case[2]
    times = np.arange(1, pixels + 1) * spread + 3
    done = Turns().starts(times[need] + late, takes) + takes
    most = 0
    for now in range(int(times[0]) - spread, int(max(times[-1], done[-1])) + 1):
        begun = sum(1 for p in range(pixels) if times[p] - spread <= now)
        position = min(int((done <= now).sum()), len(first) - 1)
        most = max(most, begun - int(first[position]))
    assert _most_kept(Trace(times_of(times), spread), positions, times_of(done)) == most


@pytest.mark.parametrize(
    ("source", "inputs", "outputs"),
    [
        (WindowSource.TAP_SERIAL, 1, 3),
        (WindowSource.TAP_SERIAL, 2, 6),
        (WindowSource.COLUMN_BUFFER, 4, 3),
        (WindowSource.COLUMN_BUFFER, 18, 6),
        (WindowSource.ROW_BANKS, 18, 6),
    ],
)
@pytest.mark.parametrize("pause", [1, 7, 40])
def test_a_stage_steps_through_its_positions(source, inputs, outputs, pause):
    (layer,) = group_layers(chain((2, 5, 6), conv(2, 6, SAME)))
    folding = Folding(source=source, inputs=inputs, outputs=outputs, lanes=outputs)
    stage = folded(layer, folding).settled()
    arrival = Trace(times_of(np.arange(1, 3 * 30 + 1) * pause), 1)
    run = stage.trace((arrival,), 0, 3, 0)
    needs = [max(p) for p in pixels_of_each_window(SAME, 5, 6)]
    least = max(stage.position_cycles, stage.window_cycles)
    free, previous = 0, None
    leaving = run.out.times.between(0, 90)
    for k, left in enumerate(leaving):
        arrived = arrival.times.at(needs[k % 30] + 30 * (k // 30))
        start = max(free, arrived)
        assert left >= start + stage.position_cycles + READ_CYCLES
        assert previous is None or left - previous >= least
        free, previous = start + least, left
    # a frame ends a constant while after its last pixel, if the stage keeps up
    ends = leaving[29::30]
    interval = max(stage.frame_cycles, 30 * pause)
    assert np.diff(ends).tolist() == [interval, interval]


def test_words_that_come_as_fast_as_they_can():
    assert unhindered(4, 6, 2).times.between(0, 4).tolist() == [3 * k + 2 for k in range(4)]
    assert unhindered(4, 2, 4).times.between(0, 4).tolist() == [k // 2 for k in range(4)]
