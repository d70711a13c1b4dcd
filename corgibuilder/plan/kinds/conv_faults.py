"""What in the folding of a convolution contradicts its groups, and what to take instead."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from corgibuilder.plan.folding import WindowSource

from .conv_foldings import allowed_outputs, outputs_per_group
from .stage import Fault

if TYPE_CHECKING:
    from .conv import ConvStage


def output_faults(stage: "ConvStage") -> Iterator[Fault]:
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
