"""Sums of several maps, such as residual connections."""

from collections.abc import Iterator
from dataclasses import dataclass

from corgibuilder.ir import Add
from corgibuilder.plan.components import AdderConfig, ComponentConfig
from corgibuilder.plan.layers import Layer
from corgibuilder.plan.traces import StageTrace, Trace

from .direct import DirectStage
from .estimates import direct_trace, latest


@dataclass(frozen=True, slots=True)
class AddStage(DirectStage):
    """A sum of several inputs: one word from each makes one word."""

    @classmethod
    def label(cls, layer: Layer) -> str:
        return f"add {len(layer.inputs)}"

    @property
    def engine_label(self) -> str:
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
