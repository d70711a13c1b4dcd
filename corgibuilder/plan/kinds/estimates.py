"""When stages that look through windows give their words: an estimate.

Every stage works through its output positions in order; a position starts when the last pixel that
it needs has arrived and the position before it is done:

    start[k] = max(arrival[need[k]], start[k - 1] + cycles[k - 1])

which a running maximum solves for many positions at once, a few rows after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from corgibuilder.ir import Ints
from corgibuilder.plan.folding import ceil_div
from corgibuilder.plan.positions import Positions
from corgibuilder.plan.times import NEVER, Times, Turns
from corgibuilder.plan.traces import StageTrace, Trace

from .shuffled_estimates import written_in_pairs

if TYPE_CHECKING:
    from .stage import FoldedStage
    from .windowed import WindowedStage

READ_CYCLES = 3  #: from a pixel's last word at the line buffer to the first step that needs it
#: In which reader and writer of paired rows find each other's times: once without the other's
#: waiting, once with it. Buffers of paired rows have one size, so that only queues depend on it.
ROUNDS = 2


def direct_trace(stage: FoldedStage, arrival: Trace, behind: int, *, cycles: int) -> StageTrace:
    """That of a stage that takes each word once; its engine takes ``cycles``.

    Results leave ``behind`` cycles later.
    """
    layer, turns = stage.layer, Turns()
    head, tail = _serial(stage)
    chunks = (turns.starts(c, stage.words) for _, c in arrival.times.chunks())
    taken = Times.of(chunks, len(arrival.times)).delayed(stage.words)
    per_frame = layer.x.shape.pixels // layer.acc.shape.pixels
    done = taken.every(per_frame).delayed(cycles)
    spread = tail if layer.macs else arrival.spread
    out = Trace(done.delayed(tail + behind), spread)
    queue = partial(_most_queued, arrival.times, taken)
    return StageTrace(out, done.at(0) + head + behind, waiting=queue)


def latest(arrivals: tuple[Trace, ...]) -> Trace:
    """When the words of all inputs are there."""
    first, *others = arrivals
    times = first.times
    for other in others:
        times = times.or_later(other.times)
    return Trace(times, max(arrival.spread for arrival in arrivals))


def raster_trace(
    stage: FoldedStage,
    arrival: Trace,
    behind: int,
    frames: int,
    *,
    needs: Callable[[int], Ints],
    words: int,
) -> StageTrace:
    """That of a stage whose output has other rows and columns than its input.

    ``needs`` gives for each row of the output which pixel of the input every pixel of it is, or -1
    for none. Each takes ``words`` cycles.
    """
    layer, turns = stage.layer, Turns()
    rows, pixels = layer.acc.shape.height, layer.x.shape.pixels

    def chunks() -> Iterator[Ints]:
        for frame in range(frames):
            for row in range(rows):
                need = needs(row)
                ready = np.full(len(need), NEVER)
                some = need >= 0
                if some.any():
                    first, last = int(need[some].min()), int(need[some].max())
                    came = arrival.times.between(frame * pixels + first, frame * pixels + last + 1)
                    ready[some] = came[need[some] - first]
                yield turns.starts(np.maximum.accumulate(ready), words)

    count = frames * layer.acc.shape.pixels
    done = Times.of(chunks(), count).delayed(1 + words)
    out = Trace(done.delayed(behind), words)
    return StageTrace(out, done.at(0) - words + 1 + behind)


def tile_trace(stage: WindowedStage, arrival: Trace, behind: int, frames: int) -> StageTrace:
    """That of a stage that pools pixels as they come."""
    positions = _positions(stage)
    ends = (needed for _, needed in positions.needed(arrival.times, frames=frames))
    done = Times.of(ends, frames * len(positions)).delayed(2)
    out = Trace(done.delayed(behind), arrival.spread)
    return StageTrace(out, done.at(0) - stage.words + 1 + behind)


def window_trace(
    stage: WindowedStage, arrival: Trace, behind: int, frames: int, pace: int
) -> StageTrace:
    """That of a stage that reads windows."""
    head, tail = _serial(stage)
    paired = stage.pairs_rows
    reader = _Reader(
        positions=_positions(stage),
        cycles=_window_cycles(stage, pace, paired=paired),
        read=_read_cycles(stage, arrival.spread),
        row_gap=stage.row_gap,
        # At the very first row of windows every slot is free.
        gap_from=1 if paired and not stage.window_cycles else 0,
        frames=frames,
    )
    start = reader.begun(arrival.times)
    kept: Callable[[], int] | None = None
    waiting: Callable[[], int] | None = None
    if paired:
        for _ in range(ROUNDS):
            written = written_in_pairs(stage, arrival.times, start, frames=frames)
            start = reader.begun(written)
        waiting = partial(_most_waiting, arrival.times, written)
        done = start.delayed(stage.position_cycles)
    else:
        done = start.delayed(stage.position_cycles)
        kept = partial(_most_kept, arrival, reader.positions, done)
    first_sum = start.at(0) + stage.input_folds + stage.engine_cycles
    spread = (stage.output_folds - 1) * stage.input_folds + tail
    out = Trace(done.delayed(stage.engine_cycles + tail + behind), spread)
    return StageTrace(out, first_sum + head + behind, kept, waiting)


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


def _positions(stage: WindowedStage) -> Positions:
    shape = stage.layer.x.shape
    return Positions(stage.window, shape.height, shape.width)


def _window_cycles(stage: WindowedStage, pace: int, *, paired: bool) -> int:
    """Cycles from one window to the next at ``pace`` cycles per frame."""
    shape = stage.layer.acc.shape
    cycles = max(stage.position_cycles, stage.window.stride[1] * stage.window_cycles)
    if stage.window.stride[0] == 1 or paired:
        row = pace // shape.height - stage.row_gap
        cycles = max(cycles, row // shape.width)
    return cycles


def _read_cycles(stage: WindowedStage, spread: int) -> int:
    """Cycles from a window's last pixel, of such a ``spread``, to its first step."""
    if stage.window_cycles:
        return READ_CYCLES + stage.window_cycles + (2 if stage.schedule_length == 1 else 3)
    # A window is begun when the first word of its last pixel is there, and no later one is missed.
    more, each = stage.words - 1, stage.words_per_group
    if more == 0:
        return READ_CYCLES + stage.collect_cycles
    group_cycles = stage.taps * stage.repeats * each * stage.folding.groups_per_word
    last = (stage.words // each - 1) * group_cycles + each - 1
    missed = max(0, spread * (each - 1) // more - (each - 1), spread - last)
    return READ_CYCLES + stage.collect_cycles + missed - spread


def _serial(stage: FoldedStage) -> tuple[int, int]:
    """Cycles that the serialiser adds to the first and to the last word of a pixel."""
    folding, channels = stage.folding, stage.layer.acc.shape.channels
    if folding.lanes == folding.outputs:
        return 0, 0
    tail = channels - (ceil_div(channels, folding.outputs) - 1) * folding.outputs
    return 1, ceil_div(tail, folding.lanes)


def _most_waiting(arrival: Times, done: Times) -> int:
    """Most pixels that have arrived and are not done."""
    return max(
        int((np.arange(first, first + len(when)) + 1 - done.reached(when)).max())
        for first, when in arrival.chunks()
    )


def _most_queued(arrival: Times, done: Times) -> int:
    """The same of a stage that takes each word once; 0 where there is only the one at work."""
    most = _most_waiting(arrival, done)
    return 0 if most == 1 else most


def _most_kept(arrival: Trace, positions: Positions, done: Times) -> int:
    """Most pixels between the first one needed and the one whose first word is being written."""
    most, before = 0, NEVER
    for start, times in arrival.times.chunks():
        begun = np.maximum(times - arrival.spread, np.concatenate([[before], times[:-1]]))
        before = int(times[-1])
        current = done.reached(begun).clip(max=len(done) - 1)
        pixel = np.arange(start, start + len(times))
        most = max(most, int((pixel + 1 - positions.first_of(current)).max()))
    return most
