"""Some channels of a map."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from corgibuilder.plan.components import ComponentConfig, SerialiserConfig
from corgibuilder.plan.folding import Folding, WindowSource
from corgibuilder.plan.layers import Layer
from corgibuilder.plan.traces import StageTrace, Trace

from .direct import DirectStage
from .estimates import raster_trace
from .routing import router
from .stage import Fault, FoldedStage, carries_pixels


@dataclass(frozen=True, slots=True)
class SelectStage(DirectStage):
    """A selection: whole pixels enter, and what is chosen of each leaves in one word or several."""

    same_lanes: ClassVar[bool] = False

    @classmethod
    def label(cls, layer: Layer) -> str:
        return f"select {layer.acc.shape.channels} of {layer.x.shape.channels}"

    @classmethod
    def possible_lanes(cls, layer: Layer) -> Sequence[int]:
        """Divisors of the channels that leave; of several pixels, parts of one or whole ones."""
        channels = layer.acc.shape.channels
        divisors = (n for n in range(1, channels + 1) if channels % n == 0)
        return [n for n in divisors if carries_pixels(layer, n)]

    @classmethod
    def candidates(
        cls, layer: Layer, source: WindowSource, budget: int, *, lanes: int
    ) -> Iterator[Self]:
        """The fewest lanes that are fast enough, and all."""
        channels = layer.acc.shape.channels
        words = max(1, budget // layer.acc.shape.pixels)
        fewest = next(n for n in cls.possible_lanes(layer) if channels <= n * words)
        for count in dict.fromkeys((fewest, channels)):
            yield cls(layer, Folding(source=source, inputs=1, outputs=channels, lanes=count))

    def faults(self) -> Iterator[Fault]:
        channels = self.layer.acc.shape.channels
        if self.folding.outputs != channels:
            yield f"outputs is {self.folding.outputs}", f"take {channels}, a whole pixel"
        yield from FoldedStage.faults(self)

    def input_lanes(self, port: int) -> int:
        return self.layer.x.shape.channels

    @property
    def words(self) -> int:
        """Words of a pixel that leaves."""
        return self.folding.outputs // self.folding.lanes

    @property
    def engine_label(self) -> str:
        return "router"

    def components(self) -> Iterator[ComponentConfig]:
        layer, folding = self.layer, self.folding
        yield router(layer)
        if folding.lanes != folding.outputs:
            yield SerialiserConfig(
                x=layer.acc.range,
                channels=layer.acc.shape.channels,
                in_lanes=folding.outputs,
                out_lanes=folding.lanes,
            )

    def trace(self, arrivals: tuple[Trace, ...], behind: int, frames: int, pace: int) -> StageTrace:
        width, later = self.layer.x.shape.width, int(self.words > 1)
        return raster_trace(
            self,
            arrivals[0],
            behind + later,
            frames,
            needs=lambda row: row * width + np.arange(width),
            words=self.words,
        )
