"""A border of one value around a map."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from corgibuilder.ir import Ints, Pad
from corgibuilder.plan.components import BorderConfig, ComponentConfig
from corgibuilder.plan.folding import Folding, WindowSource, ceil_div
from corgibuilder.plan.layers import Layer
from corgibuilder.plan.pixels import widened
from corgibuilder.plan.traces import StageTrace, Trace

from .estimates import raster_trace
from .stage import Fault, FoldedStage, SizeRule, same_lanes


@dataclass(frozen=True, slots=True)
class PadStage(FoldedStage):
    """A border, given before, after and between the words that enter."""

    @classmethod
    def label(cls, layer: Layer) -> str:
        return "pad"

    @classmethod
    def sources(cls, layer: Layer, *, resizable: bool) -> tuple[WindowSource, ...]:
        return (WindowSource.DIRECT,)

    @classmethod
    def candidates(
        cls, layer: Layer, source: WindowSource, budget: int, *, lanes: int
    ) -> Iterator[Self]:
        channels = layer.acc.shape.channels
        words = min(max(1, budget // layer.acc.shape.pixels), channels)
        fewest = ceil_div(channels, words)
        if layer.input_pixels > 1:
            fewest = lanes = channels
        for count in dict.fromkeys((fewest, min(max(lanes, fewest), channels))):
            yield cls(layer, Folding(source=source, inputs=1, outputs=count, lanes=count))

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

    def faults(self) -> Iterator[Fault]:
        yield from same_lanes(self)
        yield from FoldedStage.faults(self)

    @property
    def frame_cycles(self) -> int:
        return self.layer.acc.shape.pixels * self.words

    @property
    def engine(self) -> str:
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
