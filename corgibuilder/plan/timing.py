"""The cycle model: when each pixel leaves each stage, and how much waits in between.

Numbers, not RTL. Every stage works through its output positions in order; a position starts when
the last pixel that it needs has arrived and the position before it is done:

    start[k] = max(arrival[need[k]], start[k - 1] + cycles[k - 1])

which a running maximum solves for all positions at once. Buffers large enough never to hold anybody
up are assumed here, and their sizes read off: a design built with those sizes keeps the times,
because no event of such a pipeline gets later when another gets earlier.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from corgibuilder.ir import Conv, Ints, Pool, Window

from .folded import Folded
from .folding import Feed, ceil_div, taps
from .forms import Form, ScaleForm, ShiftForm, StepsForm
from .paired_rows import margin, pairs_rows

READ_CYCLES = 3  #: from a pixel's last word at the line buffer to the first step that needs it
MAC_CYCLES = 3  #: of the multiplier array
BUFFER_CYCLES = 1  #: of the buffer at the end of a stage


NEVER = -(1 << 40)  #: before every cycle
ROUNDS = 2  #: in which reader and writer of paired rows find each other's times


@dataclass(frozen=True, slots=True)
class Flow:
    """Pixels of one stream: when each one's last word comes, and how long before the first."""

    times: Ints
    spread: int


@dataclass(frozen=True, slots=True)
class Passage:
    """One stage's part in a run of the model.

    ``flow`` is its output, ``first_word`` the cycle of the very first output word.
    """

    flow: Flow
    first_word: int
    kept: Callable[[], int] | None = None
    waiting: Callable[[], int] | None = None

    @property
    def held(self) -> int:
        """Most pixels in the stage's line buffer, 0 where nothing is counted."""
        return self.kept() if self.kept else 0

    @property
    def queued(self) -> int:
        """Most pixels before the stage's feed, 0 where nothing is counted."""
        return self.waiting() if self.waiting else 0


def form_cycles(form: Form | None) -> int:
    """Latency of the requantiser."""
    match form:
        case ShiftForm():
            return 2
        case ScaleForm():
            return 3
        case StepsForm():
            return form.levels + 1
    return 0


def window_pixels(window: Window, height: int, width: int) -> tuple[Ints, Ints]:
    """For each output position the first pixel to be kept for it and the last that it needs."""
    rows, columns = window.output_size(height, width)
    top = np.arange(rows) * window.stride[0] - window.pads.top
    left = np.arange(columns) * window.stride[1] - window.pads.left
    bottom = (top + window.kernel[0] - 1).clip(0, height - 1)
    right = (left + window.kernel[1] - 1).clip(0, width - 1)
    stays = top + window.stride[0] <= 0  # the next row of windows starts with the same row
    first = top.clip(0)[:, None] * width + np.where(stays[:, None], 0, left.clip(0)[None, :])
    need = bottom[:, None] * width + right[None, :]
    return first.ravel(), need.ravel()


def pass_through(
    folded: Folded, form: Form | None, flow: Flow, *, lanes: int, frames: int, pace: int = 0
) -> Passage:
    """Run ``frames`` frames through a stage, whose input arrives as in ``flow``.

    ``lanes`` is the width of the words that arrive, in channels. A stage that is faster than
    ``pace`` cycles per frame works evenly at that pace instead, as it does behind a slower one; but
    not one whose ring holds fewer rows the faster it follows the rows that it skips.
    """
    stage, folding = folded.stage, folded.folding
    arrival = flow.times + 1 if lanes != folded.input_lanes else flow.times
    behind = form_cycles(form) + BUFFER_CYCLES
    engine = stage.engine
    head, tail = _serial(folded)
    if folding.feed is Feed.STREAM:
        taken = _in_turn(arrival, np.full(len(arrival), folded.words)) + folded.words
        per_frame = stage.x.shape.pixels // stage.acc.shape.pixels
        done = taken[per_frame - 1 :: per_frame] + (MAC_CYCLES if isinstance(engine, Conv) else 1)
        spread = tail if isinstance(engine, Conv) else flow.spread
        left = Flow(done + tail + behind, spread)
        queue = partial(_most_waiting, arrival, taken)
        return Passage(left, int(done[0]) + head + behind, waiting=queue)
    assert isinstance(engine, Conv | Pool)
    first, need = window_pixels(engine.window, stage.x.shape.height, stage.x.shape.width)
    offset = np.arange(frames)[:, None] * stage.x.shape.pixels
    first, need = (first + offset).ravel(), (need + offset).ravel()
    if folding.feed is Feed.TILES:
        done = arrival[need] + 2
        left = Flow(done + behind, flow.spread)
        return Passage(left, int(done[0]) - folded.words + 1 + behind)
    cycles = np.full(len(need), folded.position_cycles)
    read = READ_CYCLES
    if folded.window_cycles:
        cycles = np.maximum(cycles, folded.column_steps * folded.window_cycles)
        read += folded.window_cycles + (2 if folded.steps == 1 else 3)
    else:  # a window is begun when the first word of its last pixel is there
        apart = taps(stage) * folded.gathered if folded.by_word else 1
        read += folded.gather_cycles - min(flow.spread, apart * (folded.words - 1))
    paired = folding.feed is not Feed.BANKS and pairs_rows(engine.window)
    if engine.window.stride[0] == 1 or paired:
        row = pace // stage.acc.shape.height - folded.row_gap
        cycles = np.maximum(cycles, row // stage.acc.shape.width)
    # At the very first row of windows every place of paired rows is free.
    waits_from = stage.acc.shape.width if paired and not folded.window_cycles else 0
    cycles[waits_from :: stage.acc.shape.width] += folded.row_gap
    start = _in_turn(arrival[need] + read, cycles)
    kept: Callable[[], int] | None = None
    waiting: Callable[[], int] | None = None
    if paired:
        for _ in range(ROUNDS):
            written = _written_in_pairs(folded, arrival, start, frames=frames)
            start = _in_turn(written[need] + read, cycles)
        waiting = partial(_most_waiting, arrival, written)
        done = start + folded.position_cycles
    else:
        done = start + folded.position_cycles
        kept = partial(_most_kept, Flow(arrival, flow.spread), first, done)
    engine_cycles = MAC_CYCLES - 1 if isinstance(engine, Conv) else 0
    first_sum = int(start[0]) + folded.passes + engine_cycles
    spread = (folded.groups - 1) * folded.passes + tail
    left = Flow(done + engine_cycles + tail + behind, spread)
    return Passage(left, first_sum + head + behind, kept, waiting)


def _written_in_pairs(folded: Folded, arrival: Ints, start: Ints, *, frames: int) -> Ints:
    """When each pixel has been written, where places become free in pairs of rows.

    ``start`` says when each window is begun. See :mod:`.paired_rows` for the order of places.
    """
    stage = folded.stage
    assert isinstance(stage.engine, Conv | Pool)
    window, shape, out = stage.engine.window, stage.x.shape, stage.acc.shape
    pairs = ceil_div(shape.height, 2)  # in a frame, those that no row of windows owns included
    begun = start.reshape(frames, out.height, out.width)
    row_over = begun[:, :, -1] + folded.position_cycles
    columns = np.arange(shape.width)
    if folded.window_cycles:  # a column is read once, for the first window that needs it
        window, first = window.column, window.kernel[1] - 1 - window.pads.left
        reader = -(-(columns - first) // stage.engine.window.stride[1])
        over = begun[:, :, reader.clip(0, out.width - 1)]
    else:
        reader = (columns + window.pads.left) // window.stride[1]
        over = begun[:, :, reader.clip(0, out.width - 1)] + folded.position_cycles
    spare = margin(window)
    # When each column of each pair is free; the margin is as soon as the row of windows begins.
    before = np.concatenate([[NEVER], row_over.ravel()[:-1]]).reshape(frames, out.height)
    free = np.concatenate([np.repeat(before[:, :, None], spare, axis=2), over], axis=2)
    left_over = np.repeat(free[:, -1:, -1:], pairs - out.height, axis=1)
    left_over = np.broadcast_to(left_over, (frames, pairs - out.height, spare + shape.width))
    free = np.concatenate([free, left_over], axis=1).reshape(frames * pairs, -1)
    free = np.concatenate([np.full((1, free.shape[1]), NEVER), free])
    row = np.arange(shape.height) + window.pads.top % 2
    pair = (np.arange(frames)[:, None] * pairs + row // 2).ravel()
    ready = np.empty((frames * shape.height, shape.width), np.int64)
    for half in (0, 1):
        rows = np.tile(row % 2, frames) == half
        places = (half * (shape.width + spare) + spare + columns) // 2
        ready[rows] = np.take(free[pair[rows]], places, axis=1)
    return _in_turn(np.maximum(arrival, ready.ravel() + 1), np.full(len(arrival), folded.words))


def _serial(folded: Folded) -> tuple[int, int]:
    """Cycles that the serialiser adds to the first and to the last word of a pixel."""
    folding, channels = folded.folding, folded.stage.acc.shape.channels
    if folding.lanes == folding.outputs:
        return 0, 0
    tail = channels - (folded.groups - 1) * folding.outputs
    return 1, ceil_div(tail, folding.lanes)


def _in_turn(ready: Ints, cycles: Ints) -> Ints:
    """``start[k] = max(ready[k], start[k-1] + cycles[k-1])``."""
    before = np.cumsum(cycles) - cycles
    start: Ints = np.maximum.accumulate(ready - before) + before
    return start


def _most_waiting(arrival: Ints, done: Ints) -> int:
    """Most pixels that have arrived and are not done."""
    finished = np.searchsorted(done, arrival, side="right")
    return int((np.arange(len(arrival)) + 1 - finished).max())


def _most_kept(flow: Flow, first: Ints, done: Ints) -> int:
    """Most pixels between the first one needed and the one whose first word is being written."""
    times = flow.times
    begun = np.maximum(times - flow.spread, np.concatenate([times[:1] - flow.spread, times[:-1]]))
    current = np.searchsorted(done, begun, side="right").clip(max=len(first) - 1)
    return int((np.arange(len(times)) + 1 - first[current]).max())
