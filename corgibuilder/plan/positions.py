"""Windows on a map, row by row, over several frames: the pixels that each one keeps and needs."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from corgibuilder.ir import Ints, Window

from .times import BLOCK, Times


@dataclass(frozen=True, slots=True)
class Positions:
    """The positions of a window on maps of ``height`` and ``width`` that follow each other.

    Rows of windows, positions and pixels are counted through all frames.
    """

    window: Window
    height: int
    width: int

    @property
    def rows(self) -> int:
        return self.window.output_size(self.height, self.width)[0]

    @property
    def columns(self) -> int:
        return self.window.output_size(self.height, self.width)[1]

    def __len__(self) -> int:
        """Positions in a frame."""
        return self.rows * self.columns

    def first(self, rows: Ints) -> Ints:
        """The first pixel to be kept for each position of some rows, ``(rows, columns)``."""
        frame, top = self._tops(rows)
        left = self._lefts().clip(0)
        stays = top + self.window.stride[0] <= 0  # the next row of windows starts with the same row
        start = (frame * self.height + top.clip(0)) * self.width
        first: Ints = start[:, None] + np.where(stays[:, None], 0, left)
        return first

    def need(self, rows: Ints) -> Ints:
        """The last pixel that each position of some rows needs, ``(rows, columns)``."""
        frame, top = self._tops(rows)
        bottom = (top + self.window.kernel[0] - 1).clip(0, self.height - 1)
        right = (self._lefts() + self.window.kernel[1] - 1).clip(0, self.width - 1)
        need: Ints = ((frame * self.height + bottom) * self.width)[:, None] + right
        return need

    def _tops(self, rows: Ints) -> tuple[Ints, Ints]:
        """Frame and topmost row of the windows of each row."""
        frame, row = np.divmod(rows, self.rows)
        return frame, row * self.window.stride[0] - self.window.pads.top

    def _lefts(self) -> Ints:
        return np.arange(self.columns) * self.window.stride[1] - self.window.pads.left

    def first_of(self, positions: Ints) -> Ints:
        """The first pixel to be kept for each of some positions, which never fall."""
        start, last = (positions[[0, -1]] // self.columns).tolist()
        first = self.first(np.arange(start, last + 1)).ravel()
        kept: Ints = first[positions - start * self.columns]
        return kept

    def needed(self, available: Times, *, frames: int) -> Iterator[tuple[Ints, Ints]]:
        """Some rows at a time, and when the last pixel of each of their positions is available."""
        at_once = max(1, BLOCK // max(self.width, self.columns))
        for start in range(0, frames * self.rows, at_once):
            rows = np.arange(start, min(start + at_once, frames * self.rows))
            need = self.need(rows).ravel()
            lowest, highest = int(need.min()), int(need.max())
            yield rows, available.between(lowest, highest + 1)[need - lowest]
