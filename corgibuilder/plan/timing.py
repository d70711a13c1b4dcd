"""An estimate of when each pixel leaves each stage, and of how much waits in between.

It serves to size buffers and to compare many pipelines quickly; what a plan says of cycles comes
from :mod:`~.simulation`. Every stage works through its output positions in order; a position starts
when the last pixel that it needs has arrived and the position before it is done:

    start[k] = max(arrival[need[k]], start[k - 1] + cycles[k - 1])

which a running maximum solves for many positions at once, a few rows after the other. Buffers are
taken to be endless here, and their sizes read off.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from corgibuilder.ir import Conv, Ints, Pool

from .folded import Folded
from .folding import Feed, ceil_div, taps
from .paired_rows import pairs_rows
from .paired_timing import written_in_pairs
from .positions import Positions
from .requantisers import Form
from .times import NEVER, Times, Turns

READ_CYCLES = 3  #: from a pixel's last word at the line buffer to the first step that needs it
MAC_CYCLES = 3  #: of the multiplier array
BUFFER_CYCLES = 1  #: of the buffer at the end of a stage
ROUNDS = 2  #: in which reader and writer of paired rows find each other's times


@dataclass(frozen=True, slots=True)
class Flow:
    """Pixels of one stream: when each one's last word comes, and how long before the first."""

    times: Times
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
    return form.latency if form is not None else 0


def pass_through(
    folded: Folded, form: Form | None, flow: Flow, *, lanes: int, frames: int, pace: int = 0
) -> Passage:
    """Run ``frames`` frames through a stage, whose input arrives as in ``flow``.

    ``lanes`` is the width of the words that arrive, in channels. A stage that is faster than
    ``pace`` cycles per frame works evenly at that pace instead, as it does behind a slower one; but
    not one whose ring holds fewer rows the faster it follows the rows that it skips.
    """
    arrival = flow.times.delayed(1) if lanes != folded.input_lanes else flow.times
    flow = Flow(arrival, flow.spread)
    behind = form_cycles(form) + BUFFER_CYCLES
    if folded.folding.feed is Feed.STREAM:
        return _from_stream(folded, flow, behind)
    if folded.folding.feed is Feed.TILES:
        return _from_tiles(folded, flow, behind, frames)
    return _from_windows(folded, flow, behind, frames, pace)


def _from_stream(folded: Folded, flow: Flow, behind: int) -> Passage:
    """The part of a stage that takes each word once; results leave ``behind`` cycles later."""
    stage, turns = folded.stage, Turns()
    head, tail = _serial(folded)
    chunks = (turns.starts(c, folded.words) for _, c in flow.times.chunks())
    taken = Times.of(chunks, len(flow.times)).delayed(folded.words)
    per_frame = stage.x.shape.pixels // stage.acc.shape.pixels
    multiplies = isinstance(stage.engine, Conv)
    done = taken.every(per_frame).delayed(MAC_CYCLES if multiplies else 1)
    left = Flow(done.delayed(tail + behind), tail if multiplies else flow.spread)
    queue = partial(_most_waiting, flow.times, taken)
    return Passage(left, done.at(0) + head + behind, waiting=queue)


def _from_tiles(folded: Folded, flow: Flow, behind: int, frames: int) -> Passage:
    """The part of a stage that pools pixels as they come."""
    positions = _positions(folded)
    ends = (needed for _, needed in positions.needed(flow.times, frames=frames))
    done = Times.of(ends, frames * len(positions)).delayed(2)
    left = Flow(done.delayed(behind), flow.spread)
    return Passage(left, done.at(0) - folded.words + 1 + behind)


def _from_windows(folded: Folded, flow: Flow, behind: int, frames: int, pace: int) -> Passage:
    """The part of a stage that reads windows."""
    stage, arrival = folded.stage, flow.times
    assert isinstance(stage.engine, Conv | Pool)
    head, tail = _serial(folded)
    paired = folded.folding.feed is not Feed.BANKS and pairs_rows(stage.engine.window)
    reader = _Reader(
        positions=_positions(folded),
        cycles=_window_cycles(folded, pace, paired=paired),
        read=_read_cycles(folded, flow.spread),
        row_gap=folded.row_gap,
        # At the very first row of windows every place of paired rows is free.
        gap_from=1 if paired and not folded.window_cycles else 0,
        frames=frames,
    )
    start = reader.begun(arrival)
    kept: Callable[[], int] | None = None
    waiting: Callable[[], int] | None = None
    if paired:
        for _ in range(ROUNDS):
            written = written_in_pairs(folded, arrival, start, frames=frames)
            start = reader.begun(written)
        waiting = partial(_most_waiting, arrival, written)
        done = start.delayed(folded.position_cycles)
    else:
        done = start.delayed(folded.position_cycles)
        kept = partial(_most_kept, flow, reader.positions, done)
    engine_cycles = MAC_CYCLES - 1 if isinstance(stage.engine, Conv) else 0
    first_sum = start.at(0) + folded.passes + engine_cycles
    spread = (folded.groups - 1) * folded.passes + tail
    left = Flow(done.delayed(engine_cycles + tail + behind), spread)
    return Passage(left, first_sum + head + behind, kept, waiting)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """Begins windows in turn, ``read`` cycles after their last pixel is there.

    A window takes ``cycles``, the first of each row ``row_gap`` more; not in rows before
    ``gap_from``.
    """

    positions: Positions
    cycles: int
    read: int
    row_gap: int
    gap_from: int
    frames: int

    def begun(self, available: Times) -> Times:
        """When each window is begun, if its pixels are there as ``available`` says."""
        return Times.of(self._begun(available), self.frames * len(self.positions))

    def _begun(self, available: Times) -> Iterator[Ints]:
        turns = Turns()
        for rows, needed in self.positions.needed(available, frames=self.frames):
            takes = np.full((len(rows), self.positions.columns), self.cycles)
            takes[rows >= self.gap_from, 0] += self.row_gap
            yield turns.starts(needed + self.read, takes.ravel())


def _positions(folded: Folded) -> Positions:
    engine, shape = folded.stage.engine, folded.stage.x.shape
    assert isinstance(engine, Conv | Pool)
    return Positions(engine.window, shape.height, shape.width)


def _window_cycles(folded: Folded, pace: int, *, paired: bool) -> int:
    """Cycles from one window to the next at ``pace`` cycles per frame."""
    shape = folded.stage.acc.shape
    cycles = max(folded.position_cycles, folded.column_steps * folded.window_cycles)
    assert isinstance(folded.stage.engine, Conv | Pool)
    if folded.stage.engine.window.stride[0] == 1 or paired:
        row = pace // shape.height - folded.row_gap
        cycles = max(cycles, row // shape.width)
    return cycles


def _read_cycles(folded: Folded, spread: int) -> int:
    """Cycles from a window's last pixel, of such a ``spread``, to its first step."""
    if folded.window_cycles:
        return READ_CYCLES + folded.window_cycles + (2 if folded.steps == 1 else 3)
    # A window is begun when the first word of its last pixel is there.
    apart = taps(folded.stage) * folded.gathered if folded.by_word else 1
    return READ_CYCLES + folded.gather_cycles - min(spread, apart * (folded.words - 1))


def _serial(folded: Folded) -> tuple[int, int]:
    """Cycles that the serialiser adds to the first and to the last word of a pixel."""
    folding, channels = folded.folding, folded.stage.acc.shape.channels
    if folding.lanes == folding.outputs:
        return 0, 0
    tail = channels - (folded.groups - 1) * folding.outputs
    return 1, ceil_div(tail, folding.lanes)


def _most_waiting(arrival: Times, done: Times) -> int:
    """Most pixels that have arrived and are not done."""
    return max(
        int((np.arange(first, first + len(when)) + 1 - done.reached(when)).max())
        for first, when in arrival.chunks()
    )


def _most_kept(flow: Flow, positions: Positions, done: Times) -> int:
    """Most pixels between the first one needed and the one whose first word is being written."""
    most, before = 0, NEVER
    for start, times in flow.times.chunks():
        begun = np.maximum(times - flow.spread, np.concatenate([[before], times[:-1]]))
        before = int(times[-1])
        current = done.reached(begun).clip(max=len(done) - 1)
        pixel = np.arange(start, start + len(times))
        most = max(most, int((pixel + 1 - positions.first_of(current)).max()))
    return most
