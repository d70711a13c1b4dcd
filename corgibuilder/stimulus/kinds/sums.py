"""A stage as products and sums: its weights by group, and the operands at places of its maps."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corgibuilder.golden.windows import padded
from corgibuilder.ir import Ints, Pads, QInt, TensorType, Window
from corgibuilder.stimulus.maps import Frame, Map

POINT = Window(kernel=(1, 1), stride=(1, 1), pads=Pads())


@dataclass(frozen=True, slots=True, eq=False)
class Ranges:
    """Smallest and largest value of each operand and what they differ by: ``(groups, k)`` each."""

    low: Ints
    high: Ints
    step: Ints

    @classmethod
    def of(cls, inputs: Sequence[TensorType], groups: int, taps: int, *, zero: bool) -> "Ranges":
        """Those of ``taps`` values of each channel; with ``zero`` any of them may also be 0."""
        parts = []
        for x in inputs:
            low, high = (np.minimum(x.lo, 0), np.maximum(x.hi, 0)) if zero else (x.lo, x.hi)
            step = np.full_like(low, 1 if zero else x.step)
            parts.append([np.repeat(a, taps).reshape(groups, -1) for a in (low, high, step)])
        return cls(*(np.concatenate(part, axis=1) for part in zip(*parts, strict=True)))


@dataclass(frozen=True, slots=True, eq=False)
class Spot:
    """The operands at one place of the maps, in the order of the weights.

    ``inside`` tells which of them are values of a map, and no padding; ``parts`` has those of each
    input as a map and an index into it.
    """

    inside: NDArray[np.bool_]
    parts: tuple[tuple[Map, tuple[Ints, ...]], ...]

    def read(self) -> Ints:
        """Values of the operands that are ``inside``."""
        return np.concatenate([values[index].ravel() for values, index in self.parts])

    def write(self, operands: Ints) -> None:
        """Change them in the maps."""
        for values, index in self.parts:
            part = values[index]
            values[index] = operands[: part.size].reshape(part.shape)
            operands = operands[part.size :]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sums:
    """What a stage adds up at each place of its maps.

    ``acc[g, o] = bias[g, o] + sum(weights[g, o, k] * x[g, k])``; groups share nothing, ``k`` runs
    through the inputs, the channels of a group and the window. Of the ``largest`` weights are 1 and
    nothing is added. ``values`` are the ranges of the operands in the maps, ``operands`` with
    padding. ``weight_range`` is that of the weights as hardware holds them, ``None`` where it holds
    none.
    """

    window: Window
    weights: Ints
    bias: Ints
    values: Ranges
    operands: Ranges
    largest: bool = False
    weight_range: QInt | None = None

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
    ) -> "Sums":
        """Sums over all ``inputs``; ``weights`` is ``(groups, outputs, k)``."""
        taps, zero = window.kernel[0] * window.kernel[1], bool(window.pads) and not largest
        return cls(
            window=window,
            weights=weights,
            bias=np.zeros(weights.shape[:2], np.int64) if bias is None else bias,
            values=Ranges.of(inputs, len(weights), taps, zero=False),
            operands=Ranges.of(inputs, len(weights), taps, zero=zero),
            largest=largest,
            weight_range=weight_range,
        )

    @property
    def groups(self) -> int:
        return len(self.weights)

    @property
    def bounds(self) -> tuple[Ints, Ints]:
        """Smallest and largest sum of each channel, bias included."""
        low, high = self.operands.low, self.operands.high
        if self.largest:
            return low.max(axis=1), high.max(axis=1)
        up, down = np.maximum(self.weights, 0), np.minimum(self.weights, 0)
        least = np.einsum("gok,gk->go", up, low) + np.einsum("gok,gk->go", down, high)
        most = np.einsum("gok,gk->go", up, high) + np.einsum("gok,gk->go", down, low)
        return (least + self.bias).ravel(), (most + self.bias).ravel()

    def congruence(self, channel: int) -> tuple[int, int]:
        """A divisor of all differences of a channel's sums, 0 where there are none; and one sum."""
        group, output = divmod(channel, self.weights.shape[1])
        low, step = self.operands.low[group], self.operands.step[group]
        if self.largest:
            return int(np.gcd.reduce(step)), int(low[0])
        weights = self.weights[group, output]
        one = self.bias[group, output] + (weights * low).sum()
        return int(np.gcd.reduce(weights * step)), int(one)

    def under(self, frame: Frame, rows: Ints, columns: Ints) -> Ints:
        """Values of all operands at ``n`` places of a frame: ``(n, groups, k)``."""
        parts = []
        (kh, kw), (sh, sw) = self.window.kernel, self.window.stride
        y = rows[:, None, None] * sh + np.arange(kh)[:, None]
        x = columns[:, None, None] * sw + np.arange(kw)
        for values in frame:
            outside = int(np.iinfo(values.dtype).min) if self.largest else 0
            wide = padded(values[None], self.window.pads, outside)[0]
            found = wide[:, y, x].transpose(1, 0, 2, 3)
            parts.append(found.reshape(len(rows), self.groups, -1))
        return np.concatenate(parts, axis=2)

    def accumulators(self, operands: Ints) -> Ints:
        """Sums, bias included, or maxima: int64 ``(n, groups * outputs)``."""
        if self.largest:
            return np.asarray(operands.max(axis=2), np.int64)
        x = operands.astype(np.float64).transpose(1, 0, 2)
        sums = x @ self.weights.astype(np.float64).transpose(0, 2, 1)
        acc: Ints = sums.transpose(1, 0, 2).astype(np.int64) + self.bias
        return acc.reshape(len(operands), -1)

    def spot(self, frame: Frame, row: int, column: int, group: int) -> Spot:
        """The operands of a group at one place."""
        (kh, kw), (sh, sw), pads = self.window.kernel, self.window.stride, self.window.pads
        rows = row * sh - pads.top + np.arange(kh)
        columns = column * sw - pads.left + np.arange(kw)
        inside, parts = [], []
        for values in frame:
            channels = len(values) // self.groups
            in_rows = (rows >= 0) & (rows < values.shape[1])
            in_columns = (columns >= 0) & (columns < values.shape[2])
            window = (in_rows[:, None] & in_columns).ravel()
            inside.append(np.tile(window, channels))
            part = group * channels + np.arange(channels)
            parts.append((values, np.ix_(part, rows[in_rows], columns[in_columns])))
        return Spot(np.concatenate(inside), tuple(parts))

    def places(
        self, frames: Sequence[Frame], most: int, rng: np.random.Generator
    ) -> list[tuple[Ints, Ints]]:
        """Rows and columns of about ``most`` places in all frames, chosen at random, per frame."""
        share = max(1, most // max(len(frames), 1))
        found = []
        for frame in frames:
            height, width = self.window.output_size(*frame[0].shape[1:])
            count = height * width
            chosen = np.arange(count) if count <= share else rng.choice(count, share, replace=False)
            found.append((chosen // width, chosen % width))
        return found
