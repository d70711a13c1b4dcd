"""Maps side by side: the channels of one after those of another."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from corgibuilder.diagnostics import CompileError
from corgibuilder.plan.components import ComponentConfig, ConcatConfig
from corgibuilder.plan.components.joins import MAX_INPUTS
from corgibuilder.plan.folding import Folding, WindowSource
from corgibuilder.plan.layers import Layer
from corgibuilder.plan.traces import StageTrace, Trace

from .estimates import direct_trace, latest
from .stage import Fault, FoldedStage, same_lanes


@dataclass(frozen=True, slots=True)
class ConcatStage(FoldedStage):
    """A concatenation: the inputs take turns, or a word of each makes a whole pixel."""

    @classmethod
    def label(cls, layer: Layer) -> str:
        return f"concat {len(layer.inputs)}"

    @classmethod
    def sources(cls, layer: Layer, *, resizable: bool) -> tuple[WindowSource, ...]:
        if len(layer.inputs) > MAX_INPUTS:
            raise CompileError(
                "CB419",
                f"it joins {len(layer.inputs)} tensors",
                at=layer.node.origin,
                help=f"join up to {MAX_INPUTS} at a time",
            )
        return (WindowSource.DIRECT,)

    @classmethod
    def candidates(
        cls, layer: Layer, source: WindowSource, budget: int, *, lanes: int
    ) -> Iterator[Self]:
        for count in _possible_lanes(layer):
            yield cls(layer, Folding(source=source, inputs=1, outputs=count, lanes=count))

    @classmethod
    def output_pixels(cls, layer: Layer, pixels: int) -> int:
        return 0 if layer.x.shape.width % pixels else pixels

    def faults(self) -> Iterator[Fault]:
        yield from same_lanes(self)
        possible = _possible_lanes(self.layer)
        if self.folding.outputs not in possible:
            numbers = ", ".join(map(str, possible))
            yield f"outputs is {self.folding.outputs}", f"take one of: {numbers}"
        yield from FoldedStage.faults(self)

    def input_lanes(self, port: int) -> int:
        return self._concat.input_lanes(port)

    @property
    def words(self) -> int:
        """Words of a pixel that leaves."""
        return self.layer.acc.shape.channels // self.folding.lanes

    @property
    def engine(self) -> str:
        return "concat"

    def components(self) -> Iterator[ComponentConfig]:
        yield self._concat

    @property
    def _concat(self) -> ConcatConfig:
        layer = self.layer
        return ConcatConfig(
            inputs=tuple(x.range for x in layer.inputs),
            out=layer.acc.range,
            channels=tuple(x.shape.channels // layer.input_pixels for x in layer.inputs),
            lanes=self.folding.lanes,
        )

    def trace(self, arrivals: tuple[Trace, ...], behind: int, frames: int, pace: int) -> StageTrace:
        return direct_trace(self, latest(arrivals), behind, cycles=1)


def _possible_lanes(layer: Layer) -> list[int]:
    """Common divisors of the channels, and a whole pixel."""
    channels = layer.acc.shape.channels
    if layer.input_pixels > 1:
        return [channels]
    common = math.gcd(*(x.shape.channels for x in layer.inputs))
    return [*(n for n in range(1, common + 1) if common % n == 0), channels]
