"""The index of the largest channel."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from corgibuilder.plan.components import ArgmaxConfig, ComponentConfig
from corgibuilder.plan.folding import Folding, WindowSource
from corgibuilder.plan.layers import Layer
from corgibuilder.plan.traces import StageTrace, Trace

from .direct import DirectStage
from .estimates import direct_trace


@dataclass(frozen=True, slots=True)
class ArgmaxStage(DirectStage):
    """An argmax: a channel enters in each cycle."""

    @classmethod
    def label(cls, layer: Layer) -> str:
        return "argmax"

    @classmethod
    def candidates(
        cls, layer: Layer, source: WindowSource, budget: int, *, lanes: int
    ) -> Iterator[Self]:
        yield cls(layer, Folding(source=source, inputs=1, outputs=1, lanes=1))

    @classmethod
    def output_pixels(cls, layer: Layer, pixels: int) -> int:
        """Pixels enter one by one."""
        return 0

    @property
    def engine_label(self) -> str:
        return "argmax"

    def components(self) -> Iterator[ComponentConfig]:
        x = self.layer.x
        yield ArgmaxConfig(x=x.range, channels=x.shape.channels)

    def trace(self, arrivals: tuple[Trace, ...], behind: int, frames: int, pace: int) -> StageTrace:
        return direct_trace(self, arrivals[0], behind, cycles=ArgmaxConfig.LATENCY)
