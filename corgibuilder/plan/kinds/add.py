"""Sums of several maps, such as residual connections."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from corgibuilder.ir import Add
from corgibuilder.plan.components import AdderConfig, ComponentConfig
from corgibuilder.plan.folding import Folding, WindowSource, ceil_div
from corgibuilder.plan.layers import Layer
from corgibuilder.plan.traces import StageTrace, Trace

from .estimates import direct_trace, latest
from .stage import Fault, FoldedStage, same_lanes


@dataclass(frozen=True, slots=True)
class AddStage(FoldedStage):
    """A sum of several inputs: one word from each makes one word."""

    @classmethod
    def label(cls, layer: Layer) -> str:
        return f"add {len(layer.inputs)}"

    @classmethod
    def sources(cls, layer: Layer, *, resizable: bool) -> tuple[WindowSource, ...]:
        return (WindowSource.DIRECT,)

    @classmethod
    def candidates(
        cls, layer: Layer, source: WindowSource, budget: int, *, lanes: int
    ) -> Iterator[Self]:
        """The fewest lanes that are fast enough, and those that arrive."""
        channels = layer.acc.shape.channels
        words = max(1, budget // layer.acc.shape.pixels)
        fewest = ceil_div(channels, min(words, channels))
        if layer.input_pixels > 1:
            fewest = lanes = channels
        for count in dict.fromkeys((fewest, min(max(lanes, fewest), channels))):
            yield cls(layer, Folding(source=source, inputs=1, outputs=count, lanes=count))

    @classmethod
    def output_pixels(cls, layer: Layer, pixels: int) -> int:
        return 0 if layer.x.shape.width % pixels else pixels

    def faults(self) -> Iterator[Fault]:
        yield from same_lanes(self)
        yield from FoldedStage.faults(self)

    @property
    def engine(self) -> str:
        return "adder"

    def components(self) -> Iterator[ComponentConfig]:
        yield self._adder

    @property
    def _adder(self) -> AdderConfig:
        layer = self.layer
        assert isinstance(layer.op, Add)
        return AdderConfig(
            factors=layer.op.factors,
            inputs=tuple(x.range for x in layer.inputs),
            out=layer.acc.range,
            lanes=self.folding.lanes,
        )

    def trace(self, arrivals: tuple[Trace, ...], behind: int, frames: int, pace: int) -> StageTrace:
        return direct_trace(self, latest(arrivals), behind, cycles=self._adder.latency)
