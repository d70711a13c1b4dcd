"""From integers to the float32 values that the file's executor sees, and back."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corgibuilder.ir import Ints

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

MAX_RATIO = 16  #: smallest level difference over the scale, where a scale is searched


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Meaning of the integers ``q`` of a tensor, channel by channel: ``float32(q * scale)``.

    ``scale`` is float64 ``(channels,)``, positive. Where the executor's own roundings give other
    floats, ``table[q - lowest, channel]`` lists them; beyond it is the nearest of them. Real 0 is
    always ``q = 0``.
    """

    scale: Doubles
    table: Floats | None = None
    lowest: int = 0

    def real(self, q: NDArray[Any]) -> Floats:
        """float32 values of integers shaped ``(frames, channels, height, width)``."""
        if self.table is not None:
            channel = np.arange(len(self.scale))[:, None, None]
            index = np.clip(q.astype(np.int64) - self.lowest, 0, len(self.table) - 1)
            values: Floats = self.table[index, channel]
            return values
        if (self.scale == 1).all():
            return q.astype(np.float32)
        return (q * self.scale[:, None, None]).astype(np.float32)

    def negated(self, falling: NDArray[np.bool_]) -> "Grid":
        """Grid of the negated integers in the ``falling`` channels: float(-q) is -float(q)."""
        if self.table is None:
            return self
        reach = max(abs(self.lowest), abs(self.lowest + len(self.table) - 1))
        q = np.arange(-reach, reach + 1)[:, None]
        old = np.clip(np.where(falling, -q, q) - self.lowest, 0, len(self.table) - 1)
        values = self.table[old, np.arange(len(self.scale))]
        return Grid(self.scale, np.where(falling, -values, values), -reach)

    def picked(self, channels: Ints) -> "Grid":
        """The grid of these channels, in this order."""
        table = None if self.table is None else self.table[:, channels]
        return Grid(self.scale[channels], table, self.lowest)

    def times(self, factors: Doubles) -> "Grid":
        """Grid of all floats times powers of two, one for each channel: no float is rounded."""
        table = None if self.table is None else (self.table * factors).astype(np.float32)
        return Grid(self.scale * factors, table, self.lowest)

    @property
    def exact(self) -> bool:
        """Every integer below 2**24 times the scale is a float32: the scales are powers of two."""
        return self.table is None and bool(powers_of_two(self.scale).all())

    @property
    def uniform(self) -> bool:
        return bool((self.scale == self.scale[0]).all())


@dataclass(frozen=True, slots=True, eq=False)
class StackedGrid(Grid):
    """The channels of several grids, one after the other."""

    parts: tuple[Grid, ...] = ()

    def real(self, q: NDArray[Any]) -> Floats:
        ends = np.cumsum([len(part.scale) for part in self.parts])[:-1]
        pieces = np.split(q, ends, axis=1)
        return np.concatenate(
            [part.real(piece) for part, piece in zip(self.parts, pieces, strict=True)], axis=1
        )

    def negated(self, falling: NDArray[np.bool_]) -> Grid:
        return stacked([part.negated(piece) for part, piece in self._by_part(falling)])

    def times(self, factors: Doubles) -> Grid:
        return stacked([part.times(piece) for part, piece in self._by_part(factors)])

    def _by_part(self, values: NDArray[Any]) -> Iterator[tuple[Grid, NDArray[Any]]]:
        ends = np.cumsum([len(part.scale) for part in self.parts])[:-1]
        return zip(self.parts, np.split(values, ends), strict=True)

    def picked(self, channels: Ints) -> Grid:
        ends = np.cumsum([len(part.scale) for part in self.parts])
        number = np.searchsorted(ends, channels, side="right")
        runs = np.split(np.arange(len(channels)), np.flatnonzero(np.diff(number)) + 1)
        starts = ends - [len(part.scale) for part in self.parts]
        return stacked([
            self.parts[number[run[0]]].picked(channels[run] - starts[number[run[0]]])
            for run in runs
        ])

    @property
    def exact(self) -> bool:
        return all(part.exact for part in self.parts)


def stacked(grids: Sequence[Grid]) -> Grid:
    """One grid for the channels of all ``grids``."""
    scale = np.concatenate([grid.scale for grid in grids])
    if all(type(grid) is Grid and grid.table is None for grid in grids):
        return Grid(scale)
    return StackedGrid(scale, parts=tuple(grids))


def powers_of_two(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Where ``values`` are powers of two, far from float32's smallest and largest."""
    mantissa, exponent = np.frexp(np.asarray(values, np.float64))
    return np.asarray((mantissa == 0.5) & (np.abs(exponent) < 64))


def common_step(values: Doubles) -> float | None:
    """Largest float64 of which all ``values`` are exact integer multiples; None if above 2**40."""
    nonzero = np.abs(values[values != 0])
    if not nonzero.size:
        return 1.0
    unit = 2.0 ** (np.frexp(nonzero)[1].min() - 24)
    scaled = nonzero / unit
    if scaled.max() > 2.0**62:
        return None
    return float(np.gcd.reduce(scaled.astype(np.int64)) * unit)


def near_step(values: Doubles) -> float | None:
    """A scale of which float32 ``values`` are multiples but for rounding; None if there is none."""
    magnitudes = np.unique(np.abs(values[values != 0]))
    if not magnitudes.size:
        return 1.0
    gaps = np.diff(magnitudes)
    gaps = gaps[gaps > magnitudes[-1] * 2.0**-20]
    smallest = min(magnitudes[0], gaps.min(initial=np.inf))
    for ratio in range(1, MAX_RATIO + 1):
        step = smallest / ratio
        for candidate in (magnitudes[0] / max(1, np.rint(magnitudes[0] / step)), step):
            multiples = np.rint(magnitudes / candidate)
            if (np.abs(magnitudes - multiples * candidate) <= magnitudes * 2.0**-21).all():
                return float(candidate)
    return None


def on_grid(levels: Floats, *, uniform: bool, limit: int) -> tuple[Ints, Doubles] | None:
    """Integers and scales with ``levels ~ integers * scale`` to float32 rounding.

    Parameters
    ----------
    levels
        float32 ``(count, channels)``.
    uniform
        One scale for all channels.
    limit
        Largest magnitude of the integers; a coarser or a missing grid gives None.
    """
    values = levels.astype(np.float64)
    channels = values.shape[1]
    alike = uniform or bool((values == values[:, :1]).all())
    columns = [values] if alike else list(values.T)
    scales = []
    for column in columns:
        step = common_step(column)
        if step is None or np.abs(column).max() / step > limit:
            step = near_step(column)
        if step is None or np.abs(column).max() / step > limit:
            return None
        scales.append(step)
    scale = np.full(channels, scales[0]) if alike else np.array(scales)
    return np.rint(values / scale).astype(np.int64), scale
