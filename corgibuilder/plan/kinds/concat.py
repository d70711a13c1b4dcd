"""Maps side by side: the channels of one after those of another."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from corgibuilder.limits import MAX_CONCAT
from corgibuilder.plan.components import ComponentConfig, ConcatConfig
from corgibuilder.plan.folding import WindowSource
from corgibuilder.plan.layers import Layer
from corgibuilder.plan.traces import StageTrace, Trace

from .direct import DirectStage
from .estimates import direct_trace, latest
from .routing import router


@dataclass(frozen=True, slots=True)
class ConcatStage(DirectStage):
    """A concatenation: the inputs take turns, or a word of each makes a whole pixel."""

    @classmethod
    def label(cls, layer: Layer) -> str:
        return f"concat {len(layer.inputs)}"

    @classmethod
    def possible_lanes(cls, layer: Layer) -> Sequence[int]:
        """Common divisors of the channels, and a whole pixel."""
        channels = layer.acc.shape.channels
        common = math.gcd(*(x.shape.channels for x in layer.inputs))
        return [*(n for n in range(1, common + 1) if common % n == 0), channels]

    @classmethod
    def sources(cls, layer: Layer, *, resizable: bool) -> tuple[WindowSource, ...]:
        assert len(layer.inputs) <= MAX_CONCAT, "whoever reads a file joins more in several layers"
        return DirectStage.sources(layer, resizable=resizable)

    @property
    def side_by_side(self) -> bool:
        """Whether a word is made of one word from each input."""
        return self.folding.lanes == self.layer.acc.shape.channels

    def input_lanes(self, port: int) -> int:
        if self.side_by_side:
            return self.layer.inputs[port].shape.channels
        return self.folding.lanes

    @property
    def words(self) -> int:
        """Words of a pixel that leaves."""
        return self.layer.acc.shape.channels // self.folding.lanes

    @property
    def engine_label(self) -> str:
        return "concat"

    def components(self) -> Iterator[ComponentConfig]:
        layer = self.layer
        if self.side_by_side:
            yield router(layer)
            return
        yield ConcatConfig(
            inputs=tuple(x.range for x in layer.inputs),
            out=layer.acc.range,
            channels=tuple(x.shape.channels for x in layer.inputs),
            lanes=self.folding.lanes,
        )

    def trace(self, arrivals: tuple[Trace, ...], behind: int, frames: int, pace: int) -> StageTrace:
        return direct_trace(self, latest(arrivals), behind, cycles=1)
