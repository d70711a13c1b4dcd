"""A border of one value around a map."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from corgibuilder.ir import Ints, Pad
from corgibuilder.plan.components import BorderConfig, ComponentConfig
from corgibuilder.plan.layers import Layer
from corgibuilder.plan.pixels import widened
from corgibuilder.plan.traces import StageTrace, Trace

from .direct import DirectStage
from .estimates import raster_trace
from .stage import SizeRule


@dataclass(frozen=True, slots=True)
class PadStage(DirectStage):
    """A border, given before, after and between the words that enter."""

    @classmethod
    def label(cls, layer: Layer) -> str:
        return "pad"

    @classmethod
    def output_pixels(cls, layer: Layer, pixels: int) -> int:
        pads = _pad(layer).pads
        return (
            0 if any(n % pixels for n in (layer.x.shape.width, pads.left, pads.right)) else pixels
        )

    @classmethod
    def widen(cls, layer: Layer, pixels: int) -> Layer:
        op = _pad(layer)
        pads = replace(op.pads, left=op.pads.left // pixels, right=op.pads.right // pixels)
        return widened(layer, replace(op, pads=pads), input_pixels=pixels, output_pixels=pixels)

    @classmethod
    def least_input(cls, layer: Layer, rows: int, columns: int) -> tuple[int, int]:
        added = cls.output_size(layer).added
        return max(1, rows - added[0]), max(1, columns - added[1])

    @classmethod
    def output_size(cls, layer: Layer) -> SizeRule:
        pads = _pad(layer).pads
        return SizeRule(added=(pads.top + pads.bottom, pads.left + pads.right))

    @property
    def frame_cycles(self) -> int:
        return self.layer.acc.shape.pixels * self.words

    @property
    def engine_label(self) -> str:
        return "border"

    def components(self) -> Iterator[ComponentConfig]:
        layer, op = self.layer, _pad(self.layer)
        yield BorderConfig(
            x=layer.x.range,
            out=layer.acc.range,
            shape=layer.x.shape,
            lanes=self.folding.lanes,
            pads=op.pads,
            value=op.value,
        )

    def trace(self, arrivals: tuple[Trace, ...], behind: int, frames: int, pace: int) -> StageTrace:
        return raster_trace(self, arrivals[0], behind, frames, needs=self._needs, words=self.words)

    def _needs(self, row: int) -> Ints:
        pads, shape = _pad(self.layer).pads, self.layer.x.shape
        need = np.full(self.layer.acc.shape.width, -1)
        if 0 <= row - pads.top < shape.height:
            first = (row - pads.top) * shape.width
            need[pads.left : pads.left + shape.width] = first + np.arange(shape.width)
        return need


def _pad(layer: Layer) -> Pad:
    assert isinstance(layer.op, Pad)
    return layer.op
