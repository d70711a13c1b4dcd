"""Logic of a convolution, estimated without its weights and operands one by one."""

from typing import TYPE_CHECKING

from corgibuilder.plan.components import TapSerialConfig
from corgibuilder.plan.components.window_sources import chosen_in_steps
from corgibuilder.plan.resources import NOTHING, Resources

if TYPE_CHECKING:
    from .conv import ConvStage


def conv_logic(stage: "ConvStage", resizable: bool) -> Resources:
    """As :meth:`~.stage.FoldedStage.logic` says."""
    found = _source(stage, resizable) + stage.engine.logic(stage)
    serialiser = stage.serialiser()
    return found if serialiser is None else found + serialiser.resources(resizable)


def _source(stage: "ConvStage", resizable: bool) -> Resources:
    source = stage.window_source(sketched=True)
    if source is None:
        return NOTHING
    if isinstance(source, TapSerialConfig):
        several = stage.folding.groups_per_word > 1
        found = source.lines.resources(resizable)
        return found + source.collected if several else found
    steps = stage.schedule_length // stage.repeats
    chosen = stage.step_values * (steps - 1) * stage.operand.width
    return source.windows(resizable) + chosen_in_steps(chosen, steps, stage.repeats)
