"""Nearest-neighbour upsampling by whole factors."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from corgibuilder.ir import Upsample
from corgibuilder.plan.components import ComponentConfig, RowRepeaterConfig
from corgibuilder.plan.folding import ceil_div
from corgibuilder.plan.layers import Layer
from corgibuilder.plan.traces import StageTrace, Trace

from .direct import DirectStage
from .estimates import raster_trace
from .stage import SizeRule


@dataclass(frozen=True, slots=True)
class UpsampleStage(DirectStage):
    """An upsampling: rows and pixels are given several times."""

    @classmethod
    def label(cls, layer: Layer) -> str:
        rows, columns = _factors(layer)
        return f"upsample {rows}x{columns}"

    @classmethod
    def output_pixels(cls, layer: Layer, pixels: int) -> int:
        """Pixels enter one by one."""
        return 0

    @classmethod
    def least_input(cls, layer: Layer, rows: int, columns: int) -> tuple[int, int]:
        return ceil_div(rows, _factors(layer)[0]), ceil_div(columns, _factors(layer)[1])

    @classmethod
    def output_size(cls, layer: Layer) -> SizeRule:
        return SizeRule(factors=_factors(layer))

    @property
    def frame_cycles(self) -> int:
        return self.layer.acc.shape.pixels * self.words

    @property
    def buffer_bits(self) -> int:
        return sum(memory.bits for memory in self._repeater.memories())

    @property
    def buffer_bound(self) -> int:
        """A row, which is given several times; a pixel, if it is given only once."""
        shape = self.layer.x.shape
        pixels = shape.width if _factors(self.layer)[0] > 1 else 1
        return pixels * shape.channels * self.layer.x.range.width

    @property
    def engine_label(self) -> str:
        return "row repeater"

    def components(self) -> Iterator[ComponentConfig]:
        yield self._repeater

    @property
    def _repeater(self) -> RowRepeaterConfig:
        rows, columns = _factors(self.layer)
        x, lanes = self.layer.x, self.folding.lanes
        return RowRepeaterConfig(x=x.range, shape=x.shape, lanes=lanes, rows=rows, columns=columns)

    def trace(self, arrivals: tuple[Trace, ...], behind: int, frames: int, pace: int) -> StageTrace:
        rows, columns = _factors(self.layer)
        width = self.layer.x.shape.width
        across = np.arange(width).repeat(columns)
        return raster_trace(
            self,
            arrivals[0],
            behind,
            frames,
            needs=lambda row: row // rows * width + across,
            words=self.words,
        )


def _factors(layer: Layer) -> tuple[int, int]:
    assert isinstance(layer.op, Upsample)
    return layer.op.factors
