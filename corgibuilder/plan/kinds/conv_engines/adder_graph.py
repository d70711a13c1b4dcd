"""Adders alone, for weights that are all at work in each cycle: see ``plan/adder_graph``."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from corgibuilder.ir import Conv
from corgibuilder.plan.adder_graph import MAX_DIGIT_PAIRS, digit_pairs, least_levels
from corgibuilder.plan.components import AdderGraphConfig
from corgibuilder.plan.components.engines import (
    adder_graph_cycles,
    adder_graph_path,
    adder_graph_resources,
)
from corgibuilder.plan.delays import DelayModel, Path
from corgibuilder.plan.folding import Engine, WindowSource, ceil_div
from corgibuilder.plan.kinds.conv_faults import word_faults
from corgibuilder.plan.kinds.conv_foldings import worthwhile_lanes
from corgibuilder.plan.kinds.conv_operands import lane_ranges
from corgibuilder.plan.kinds.conv_weights import digits, weight_steps
from corgibuilder.plan.kinds.stage import Fault
from corgibuilder.plan.kinds.windowed import WHOLE_WINDOWS
from corgibuilder.plan.layers import Layer
from corgibuilder.plan.resources import Resources

from .conv_engine import ConvEngine

if TYPE_CHECKING:
    from corgibuilder.plan.kinds.conv import ConvStage

LEVELS = 3  #: of adders between two registers, where nothing else is asked for
#: Full adders for each digit of a weight and bit of an operand: the mean over layers of 75 to 3,700
#: digits, where they were 0.77 to 1.03. Bits that wait in registers between two cycles for each of
#: them, where they were 0.12 to 0.23. Graphs take too long to be made for every folding.
SHARED, WAITING = 0.9, 0.17


class PlannedAdderGraph(ConvEngine):
    """All weights as shifts and adders; it is not folded."""

    def label(self, stage: "ConvStage") -> str:
        return "adder graph"

    def config(self, stage: "ConvStage") -> AdderGraphConfig:
        (weights,) = weight_steps(stage)
        return AdderGraphConfig(
            x=stage.operand,
            inputs=lane_ranges(stage),
            weights=weights,
            acc=stage.layer.acc.range,
            adder_levels=stage.folding.adder_levels,
            groups=stage.groups_at_once,
        )

    def multipliers(self, stage: "ConvStage") -> int:
        return 0

    def latency(self, stage: "ConvStage") -> int:
        return self.config(stage).latency

    def candidates(
        self, kind: type["ConvStage"], layer: Layer, source: WindowSource, budget: int
    ) -> Iterator["ConvStage"]:
        whole = kind.on_array(layer, source, layer.acc.shape.channels, 1)
        stage = whole.decided({"engine": Engine.ADDER_GRAPH})
        cycles = budget // layer.acc.shape.pixels // stage.schedule_length
        if any(word_faults(stage)) or any(self.faults(stage)):
            return
        for lanes in worthwhile_lanes(layer, stage.folding.outputs, cycles):
            yield stage.with_folding(lanes=lanes)

    def decided(self, stage: "ConvStage", fixed: Mapping[str, Any]) -> Mapping[str, Any]:
        """All weights of a pixel, and some levels."""
        channels, pixels = stage.layer.acc.shape.channels, stage.layer.output_pixels
        outputs = fixed.get("outputs", channels // pixels if stage.output_serial else channels)
        whole = stage.with_folding(outputs=outputs)
        unrolled = {"outputs": outputs, "inputs": whole.operands, "adder_levels": LEVELS}
        return unrolled | dict(fixed)

    def faults(self, stage: "ConvStage") -> Iterator[Fault]:
        """Weights that are not all at work in each cycle, or too many of them."""
        engine = f"engine is {Engine.ADDER_GRAPH.value!r}"
        instead = f"take {Engine.MAC_ARRAY.value}"
        if not stage.folding.adder_levels:
            yield "adder_levels is 0", "take 1 or more"
        if stage.taps > 1 and not stage.has_whole_windows:
            possible = stage.sources(stage.layer, resizable=False)
            whole = " or ".join(s.value for s in WHOLE_WINDOWS if s in possible)
            remedy = f"take {whole} as the source" if whole else instead
            yield f"{engine}, and the source is {stage.source.value!r}, tap by tap", remedy
        elif stage.weight_rows > 1:
            channels = stage.layer.acc.shape.channels
            yield (
                f"{engine}, for {stage.folding.inputs} inputs and {stage.folding.outputs} outputs",
                f"take {stage.operands} inputs and {channels} outputs, all of them",
            )
        elif _digit_pairs(stage.array_conv) > MAX_DIGIT_PAIRS:
            yield f"{engine}, and the layer has too many weights", instead

    def logic(self, stage: "ConvStage") -> Resources:
        adders = SHARED * stage.operand.width * digits(stage.array_conv)
        latency = adder_graph_cycles(_levels(stage.array_conv), stage.folding.adder_levels)
        waiting = WAITING * adders * (latency - 1)
        acc, outputs = stage.layer.acc.range, stage.folding.outputs
        return adder_graph_resources(adders, waiting, acc, outputs, latency)

    def registers(self, stage: "ConvStage") -> Iterator[dict[str, Any]]:
        levels = max(_levels(stage.array_conv), 1)
        for cycles in range(1, levels + 1):
            yield {"adder_levels": ceil_div(levels, cycles)}

    def paths(self, stage: "ConvStage", delays: DelayModel) -> Callable[..., Iterable[Path]]:
        acc, levels = stage.layer.acc.range, _levels(stage.array_conv)
        source, arrival = stage.window_source(sketched=True), delays.register
        arrival = source.departure(delays, arrival) if source else arrival
        return lambda adder_levels: [
            adder_graph_path(delays, min(adder_levels, levels), acc, arrival)
        ]


# Remembered, as the search for a folding asks again and again.


@lru_cache(maxsize=64)
def _levels(conv: Conv) -> int:
    """The fewest levels of an adder graph."""
    return least_levels(conv.weights.reshape(len(conv.weights), -1))


@lru_cache(maxsize=64)
def _digit_pairs(conv: Conv) -> int:
    """Pairs of digits of all weights."""
    return digit_pairs(conv.weights.reshape(len(conv.weights), -1))
