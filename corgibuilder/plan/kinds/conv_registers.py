"""Registers in the engine of a convolution: as many as the clock needs, and no more."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from corgibuilder.plan.delays import ClockGoal, longest

if TYPE_CHECKING:
    from .conv import ConvStage


def registers_for(
    stage: "ConvStage", goal: ClockGoal, fixed: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Fields of the folding that say where registers are, ``fixed`` ones as they are.

    No more than the window source keeps up with.
    """
    source = stage.window_source(sketched=True)
    others = longest(source.paths(goal.delays, goal.delays.register)).ns if source else 0.0
    period = max(goal.period, others)
    best, shortest = fixed, math.inf
    engine_paths = stage.engine.paths(stage, goal.delays)
    for registers in stage.engine.registers(stage):
        if any(registers.get(name, value) != value for name, value in fixed.items()):
            continue
        ns = longest(engine_paths(**registers)).ns
        if ns < shortest:
            best, shortest = registers, ns
        if ns <= period:
            break
    return best
