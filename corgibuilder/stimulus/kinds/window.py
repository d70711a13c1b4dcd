"""Sums over the values under a window, at the same place of every input."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from corgibuilder.golden.windows import padded
from corgibuilder.ir import Ints, Pads, QInt, TensorType, Window
from corgibuilder.stimulus.maps import Frame

from .sums import Operands, Ranges, Sums

POINT = Window(kernel=(1, 1), stride=(1, 1), pads=Pads())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WindowSums(Sums):
    """``k`` runs through the inputs, the channels of a group and the window."""

    window: Window

    @classmethod
    def of(
        cls,
        inputs: Sequence[TensorType],
        weights: Ints,
        bias: Ints | None = None,
        *,
        window: Window = POINT,
        largest: bool = False,
        weight_range: QInt | None = None,
    ) -> "WindowSums":
        """``weights`` is ``(groups, outputs, k)``; without a ``bias`` that is 0."""
        (kh, kw), (sh, sw) = window.kernel, window.stride
        zero = bool(window.pads) and not largest
        return cls(
            inputs=tuple(inputs),
            weights=weights,
            bias=np.zeros(weights.shape[:2], np.int64) if bias is None else bias,
            operands=_ranges(inputs, len(weights), kh * kw, zero=zero),
            apart=(-(-kh // sh), -(-kw // sw)),
            largest=largest,
            weight_range=weight_range,
            window=window,
        )

    def output_size(self, height: int, width: int) -> tuple[int, int]:
        return self.window.output_size(height, width)

    def under(self, frame: Frame, rows: Ints, columns: Ints) -> Ints:
        (kh, kw), (sh, sw) = self.window.kernel, self.window.stride
        y = rows[:, None, None] * sh + np.arange(kh)[:, None]
        x = columns[:, None, None] * sw + np.arange(kw)
        parts = []
        for values in frame:
            outside = int(np.iinfo(values.dtype).min) if self.largest else 0
            wide = padded(values[None], self.window.pads, outside)[0]
            found = wide[:, y, x].transpose(1, 0, 2, 3)
            parts.append(found.reshape(len(rows), self.groups, -1))
        return np.concatenate(parts, axis=2)

    def operands_at(self, frame: Frame, row: int, column: int, group: int) -> Operands:
        (kh, kw), (sh, sw), pads = self.window.kernel, self.window.stride, self.window.pads
        rows = row * sh - pads.top + np.arange(kh)
        columns = column * sw - pads.left + np.arange(kw)
        inside, parts, ranges = [], [], []
        for x, values in zip(self.inputs, frame, strict=True):
            in_rows = (rows >= 0) & (rows < values.shape[1])
            in_columns = (columns >= 0) & (columns < values.shape[2])
            window = (in_rows[:, None] & in_columns).ravel()
            channels = len(values) // self.groups
            part = group * channels + np.arange(channels)
            inside.append(np.tile(window, channels))
            parts.append((values, np.ix_(part, rows[in_rows], columns[in_columns])))
            ends = x.lo[part], x.hi[part], np.full(channels, x.step)
            ranges.append([end.repeat(window.sum()) for end in ends])
        joined = (np.concatenate(ends) for ends in zip(*ranges, strict=True))
        return Operands(np.concatenate(inside), tuple(parts), Ranges(*joined))


def _ranges(inputs: Sequence[TensorType], groups: int, taps: int, *, zero: bool) -> Ranges:
    """Those of ``taps`` values of each channel, ``(groups, k)`` each; with ``zero`` also of 0."""
    parts = []
    for x in inputs:
        low, high = (np.minimum(x.lo, 0), np.maximum(x.hi, 0)) if zero else (x.lo, x.hi)
        step = np.full_like(low, 1 if zero else x.step)
        parts.append([end.repeat(taps).reshape(groups, -1) for end in (low, high, step)])
    return Ranges(*(np.concatenate(ends, axis=1) for ends in zip(*parts, strict=True)))
