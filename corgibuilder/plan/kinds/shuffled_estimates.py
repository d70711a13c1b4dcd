"""When pixels are written to a line buffer whose slots become free in pairs of rows.

See :mod:`corgibuilder.plan.shuffled_slots` for the order of slots.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from corgibuilder.ir import Ints, Shape, Window
from corgibuilder.plan.folding import ceil_div
from corgibuilder.plan.shuffled_slots import guard_columns
from corgibuilder.plan.times import BLOCK, NEVER, Times, Turns

if TYPE_CHECKING:
    from .windowed import WindowedStage


def written_in_pairs(stage: WindowedStage, arrival: Times, start: Times, *, frames: int) -> Times:
    """When each pixel has been written, whose last word comes as ``arrival`` says.

    ``start`` says when each window is begun.
    """
    shape, turns = stage.layer.x.shape, Turns()
    slots = _Slots.of(stage, start)
    at_once = max(1, BLOCK // shape.width)

    def chunks() -> Iterator[Ints]:
        for first in range(0, frames * shape.height, at_once):
            rows = np.arange(first, min(first + at_once, frames * shape.height))
            arrived = arrival.between(first * shape.width, (int(rows[-1]) + 1) * shape.width)
            ready = np.maximum(arrived, slots.free(rows).ravel() + 1)
            yield turns.starts(ready, stage.words)

    return Times.of(chunks(), len(arrival))


@dataclass(frozen=True, slots=True)
class _Slots:
    """When slots become free. ``reader`` is the window that is the last one to read each column.

    A slot is free ``takes`` cycles after that window is begun, and the guard columns of a pair as
    soon as its row of windows begins, which is ``row_takes`` cycles after the last one before it.
    """

    window: Window
    x: Shape
    out: Shape
    start: Times
    reader: Ints
    takes: int
    row_takes: int

    @classmethod
    def of(cls, stage: WindowedStage, start: Times) -> _Slots:
        layer, window, stride = stage.layer, stage.window, stage.window.stride[1]
        columns = np.arange(layer.x.shape.width)
        whole, takes = window, stage.position_cycles
        if stage.window_cycles:  # a column is read once, for the first window that needs it
            reader = -(-(columns - (window.kernel[1] - 1 - window.pads.left)) // stride)
            whole, takes = window.column, 0
        else:
            reader = (columns + window.pads.left) // stride
        reader = reader.clip(0, layer.acc.shape.width - 1)
        row_takes = stage.position_cycles
        return cls(whole, layer.x.shape, layer.acc.shape, start, reader, takes, row_takes)

    def free(self, rows: Ints) -> Ints:
        """For each pixel of some rows, counted through all frames, when its slot is free."""
        pairs = ceil_div(self.x.height, 2)  # in a frame, those that no row of windows owns included
        frame, row = np.divmod(rows, self.x.height)
        row += self.window.pads.top % 2
        before = frame * pairs + row // 2 - 1  # the pair whose slots these were
        lowest = int(before.min())
        pair = self._pair_free(np.arange(lowest, int(before.max()) + 1), pairs)
        spare, columns = guard_columns(self.window), np.arange(self.x.width)
        free = np.empty((len(rows), self.x.width), np.int64)
        for half in (0, 1):
            some = row % 2 == half
            slots = (half * (self.x.width + spare) + spare + columns) // 2
            free[some] = pair[before[some] - lowest][:, slots]
        return free

    def _pair_free(self, pairs: Ints, per_frame: int) -> Ints:
        """For each pair, counted through all frames, when its columns are free, guards first."""
        frame, row = np.divmod(pairs, per_frame)
        owner = (frame * self.out.height + row.clip(max=self.out.height - 1)).clip(0)
        lowest = max(int(owner.min()) - 1, 0)
        width = self.out.width
        begun = self.start.between(lowest * width, (int(owner.max()) + 1) * width)
        begun = begun.reshape(-1, width)
        over = begun[owner - lowest][:, self.reader] + self.takes
        row_begins = begun[(owner - lowest - 1).clip(0), -1] + self.row_takes
        row_begins[owner == 0] = NEVER
        spare = np.repeat(row_begins[:, None], guard_columns(self.window), axis=1)
        free = np.concatenate([spare, over], axis=1)
        left_over = row >= self.out.height
        free[left_over] = free[left_over, -1:]
        free[pairs < 0] = NEVER
        return free
