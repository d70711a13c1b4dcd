"""Logic of a convolution, estimated without its weights and operands one by one."""

from functools import lru_cache
from typing import TYPE_CHECKING

from corgibuilder.ir import Conv
from corgibuilder.plan.adder_graph import least_levels
from corgibuilder.plan.components import TapSerialConfig
from corgibuilder.plan.components.engines import (
    adder_graph_cycles,
    adder_graph_resources,
    mac_array_resources,
    wired_products,
)
from corgibuilder.plan.components.window_sources import chosen_in_steps
from corgibuilder.plan.resources import NOTHING, Resources
from corgibuilder.plan.signed_digits import digit_counts

if TYPE_CHECKING:
    from .conv import ConvStage

#: Full adders of an adder graph for each digit of a weight and bit of an operand: the mean over
#: layers of 75 to 3,700 digits, where they were 0.77 to 1.03. Bits that wait in registers between
#: two cycles for each of them, where they were 0.12 to 0.23. Graphs take too long to be made for
#: every folding.
SHARED, WAITING = 0.9, 0.17


def conv_logic(stage: "ConvStage", resizable: bool) -> Resources:
    """As :meth:`~.stage.FoldedStage.logic` says."""
    engine = _adder_graph(stage) if stage.has_adders else _mac_array(stage)
    found = _source(stage, resizable) + engine
    serialiser = stage.serialiser()
    return found if serialiser is None else found + serialiser.resources(resizable)


def _adder_graph(stage: "ConvStage") -> Resources:
    adders = SHARED * stage.operand.width * _digits(stage.array_conv)
    latency = adder_graph_cycles(graph_levels(stage.array_conv), stage.folding.adder_levels)
    waiting = WAITING * adders * (latency - 1)
    acc, outputs = stage.layer.acc.range, stage.folding.outputs
    return adder_graph_resources(adders, waiting, acc, outputs, latency)


def _mac_array(stage: "ConvStage") -> Resources:
    x, held, rows = stage.operand, stage.weight_range, stage.weight_rows
    outputs, acc = stage.folding.outputs, stage.layer.acc.range
    if rows == 1:
        products = wired_products(x, _digits(stage.array_conv))
    else:
        products = Resources(products=x.width * held.width * stage.multipliers)
    pipeline = stage.array_pipeline
    array = mac_array_resources(products, acc, outputs, rows, stage.input_folds, pipeline.latency)
    registers = pipeline.resources(x, held, outputs, stage.groups_at_once)
    return array + registers + Resources(registers=x.width * stage.step_values)


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


@lru_cache(maxsize=64)
def _digits(conv: Conv) -> int:
    """Canonical signed digits of all weights.

    Remembered, as the search for a folding asks again and again.
    """
    return int(digit_counts(conv.weights).sum())


@lru_cache(maxsize=64)
def graph_levels(conv: Conv) -> int:
    """The fewest levels of an adder graph; remembered for the same reason."""
    return least_levels(conv.weights.reshape(len(conv.weights), -1))
