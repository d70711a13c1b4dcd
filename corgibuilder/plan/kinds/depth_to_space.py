"""Channels to pixels."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from corgibuilder.ir import DepthToSpace
from corgibuilder.plan.components import ComponentConfig, RowRepeaterConfig
from corgibuilder.plan.folding import WindowSource, ceil_div
from corgibuilder.plan.layers import Layer
from corgibuilder.plan.traces import StageTrace, Trace

from .direct import DirectStage
from .estimates import raster_trace
from .stage import SizeRule


@dataclass(frozen=True, slots=True)
class DepthToSpaceStage(DirectStage):
    """A rearrangement: a row of pixels gives several rows, each of some of the channels."""

    @classmethod
    def label(cls, layer: Layer) -> str:
        return f"depth to space {_block(layer)}"

    @classmethod
    def possible_lanes(cls, layer: Layer) -> Sequence[int]:
        """Divisors of the channels that leave."""
        channels = layer.acc.shape.channels
        return [n for n in range(1, channels + 1) if channels % n == 0]

    @classmethod
    def sources(cls, layer: Layer, *, resizable: bool) -> tuple[WindowSource, ...]:
        assert isinstance(layer.op, DepthToSpace)
        assert not layer.op.block_last, "passes.order_blocks brings channels into order"
        return DirectStage.sources(layer, resizable=resizable)

    @classmethod
    def output_pixels(cls, layer: Layer, pixels: int) -> int:
        """Pixels enter one by one."""
        return 0

    @classmethod
    def least_input(cls, layer: Layer, rows: int, columns: int) -> tuple[int, int]:
        return ceil_div(rows, _block(layer)), ceil_div(columns, _block(layer))

    @classmethod
    def output_size(cls, layer: Layer) -> SizeRule:
        return SizeRule(factors=(_block(layer), _block(layer)))

    @property
    def frame_cycles(self) -> int:
        """A row comes once the first pixel of the one before it has left for the last time.

        Then its last pixel's first part leaves, the other parts of the row, and the last part of
        its first pixel.
        """
        block, shape = _block(self.layer), self.layer.x.shape
        part = self.words // block
        others = max(block - 2, 0) * shape.width * part
        return shape.height * (shape.width * self.words + others + (2 * part if block > 1 else 0))

    @property
    def buffer_bits(self) -> int:
        return sum(memory.bits for memory in self._repeater.memories())

    @property
    def buffer_bound(self) -> int:
        """What a row holds for the rows of the output after the first one."""
        block, x = _block(self.layer), self.layer.x
        return x.shape.width * x.shape.channels * (block - 1) // block * x.range.width

    @property
    def engine_label(self) -> str:
        return "row repeater, split"

    def components(self) -> Iterator[ComponentConfig]:
        yield self._repeater

    @property
    def _repeater(self) -> RowRepeaterConfig:
        x = self.layer.x
        return RowRepeaterConfig(
            x=x.range,
            shape=x.shape,
            lanes=self.folding.lanes,
            rows=_block(self.layer),
            columns=1,
            split=True,
        )

    def trace(self, arrivals: tuple[Trace, ...], behind: int, frames: int, pace: int) -> StageTrace:
        block, width = _block(self.layer), self.layer.x.shape.width
        across = np.arange(width).repeat(block)
        return raster_trace(
            self,
            arrivals[0],
            behind,
            frames,
            needs=lambda row: row // block * width + across,
            words=self.layer.acc.shape.channels // self.folding.lanes,
        )


def _block(layer: Layer) -> int:
    assert isinstance(layer.op, DepthToSpace)
    return layer.op.block
