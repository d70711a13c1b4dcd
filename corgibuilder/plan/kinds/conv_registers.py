"""Registers in the engine of a convolution: as many as the clock needs, and no more."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from corgibuilder.plan.components import ArrayPipeline
from corgibuilder.plan.components.engines import adder_graph_path
from corgibuilder.plan.delays import ClockGoal, DelayModel, Path, longest
from corgibuilder.plan.folding import ceil_div

from .conv_logic import graph_levels

if TYPE_CHECKING:
    from .conv import ConvStage


def registers_for(
    stage: "ConvStage", goal: ClockGoal, fixed: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Fields of the folding that say where registers are, ``fixed`` ones as they are.

    Those of a multiplier array; of an adder graph the adders between two of them. No more than the
    window source keeps up with.
    """
    source = stage.window_source(sketched=True)
    others = longest(source.paths(goal.delays, goal.delays.register)).ns if source else 0.0
    period = max(goal.period, others)
    best, shortest = fixed, math.inf
    engine_paths = _paths_by_registers(stage, goal.delays)
    for registers in _possible(stage):
        if any(registers.get(name, value) != value for name, value in fixed.items()):
            continue
        ns = longest(engine_paths(**registers)).ns
        if ns < shortest:
            best, shortest = registers, ns
        if ns <= period:
            break
    return best


def _possible(stage: "ConvStage") -> Iterator[dict[str, Any]]:
    """The possible registers of the engine, from the longest paths to the shortest."""
    if stage.has_adders:
        levels = max(graph_levels(stage.array_conv), 1)
        for cycles in range(1, levels + 1):
            yield {"adder_levels": ceil_div(levels, cycles)}
        return
    tree = range(stage.array_pipeline.levels, 0, -1)
    for levels in (0, *tree):
        yield {"adder_levels": levels, "weight_register": False}
        if stage.weight_bits:
            yield {"adder_levels": levels, "weight_register": True}


def _paths_by_registers(stage: "ConvStage", delays: DelayModel) -> Callable[..., Iterable[Path]]:
    """Paths of the engine as they follow from its registers."""
    x, acc = stage.operand, stage.layer.acc.range
    if stage.has_adders:
        levels = graph_levels(stage.array_conv)
        source, arrival = stage.window_source(sketched=True), delays.register
        arrival = source.departure(delays, arrival) if source else arrival
        return lambda adder_levels: [
            adder_graph_path(delays, min(adder_levels, levels), acc, arrival)
        ]
    inputs, held, rows = stage.folding.inputs, stage.weight_range, stage.weight_rows
    return lambda **registers: ArrayPipeline(inputs=inputs, **registers).paths(
        delays, x, held, acc, rows
    )
