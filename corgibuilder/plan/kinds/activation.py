"""An activation by itself: its words are requantised as they come."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from corgibuilder.plan.components import ComponentConfig
from corgibuilder.plan.folding import Folding, WindowSource
from corgibuilder.plan.layers import Layer
from corgibuilder.plan.traces import StageTrace, Trace

from .direct import DirectStage
from .estimates import direct_trace


@dataclass(frozen=True, slots=True)
class ActivationStage(DirectStage):
    """A step function or clamp that no operation before it takes in."""

    @classmethod
    def label(cls, layer: Layer) -> str:
        return "activation"

    @classmethod
    def candidates(
        cls, layer: Layer, source: WindowSource, budget: int, *, lanes: int
    ) -> Iterator[Self]:
        channels = layer.acc.shape.channels
        outputs = channels if layer.input_pixels > 1 else min(lanes, channels)
        yield cls(layer, Folding(source=source, inputs=1, outputs=outputs, lanes=outputs))

    def components(self) -> Iterator[ComponentConfig]:
        yield from ()

    def trace(self, arrivals: tuple[Trace, ...], behind: int, frames: int, pace: int) -> StageTrace:
        return direct_trace(self, arrivals[0], behind, cycles=1)
