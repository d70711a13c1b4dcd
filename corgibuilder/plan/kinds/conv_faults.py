"""What in the folding of a convolution contradicts its layer, and what to take instead."""

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from corgibuilder.ir import Conv
from corgibuilder.plan.adder_graph import MAX_DIGIT_PAIRS, digit_pairs
from corgibuilder.plan.folding import Engine, WindowSource

from .conv_foldings import allowed_outputs, outputs_per_group
from .stage import Fault
from .windowed import WHOLE_WINDOWS

if TYPE_CHECKING:
    from .conv import ConvStage


def engine_faults(stage: "ConvStage") -> Iterator[Fault]:
    """Of all that the engine takes."""
    yield from _output_faults(stage)
    yield from word_faults(stage)
    if stage.has_adders:
        yield from adder_graph_faults(stage)


def _output_faults(stage: "ConvStage") -> Iterator[Fault]:
    """Outputs that are neither a part of a group nor whole groups."""
    channels, outputs = stage.layer.acc.shape.channels, stage.folding.outputs
    if not 1 <= outputs <= channels or outputs in allowed_outputs(stage.conv, stage.source):
        return
    each = outputs_per_group(stage.conv)
    remedy = f"take a divisor of {each}, the outputs of a group, or a multiple"
    if stage.source is WindowSource.DIRECT:
        whole = f"a multiple of {each}" if stage.conv.groups > 1 else f"{each}"
        remedy = f"a stage whose operands come {stage.source.value} takes {whole}"
    yield f"outputs is {outputs}", remedy


def word_faults(stage: "ConvStage") -> Iterator[Fault]:
    """Words that hold values of several groups, of which only some are at work."""
    inputs, all_inputs = stage.folding.inputs, stage.group_inputs
    apart = stage.words_keep_groups and 1 <= inputs < all_inputs
    if apart and inputs not in stage.allowed_inputs:
        several = stage.groups_at_once > 1
        remedy = f"{all_inputs}, all of a group" if several else f"a divisor of {all_inputs}"
        yield f"inputs is {inputs}", f"take {remedy}"


def adder_graph_faults(stage: "ConvStage") -> Iterator[Fault]:
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


@lru_cache(maxsize=64)
def _digit_pairs(conv: Conv) -> int:
    """Of all weights; remembered, as the search for a folding asks again and again."""
    return digit_pairs(conv.weights.reshape(len(conv.weights), -1))
