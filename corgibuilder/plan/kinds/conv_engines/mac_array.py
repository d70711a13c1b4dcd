"""An array of multipliers, each of which may work on several weights one after the other."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from corgibuilder.plan.components import ArrayPipeline, MacArrayConfig
from corgibuilder.plan.components.engines import mac_array_resources, wired_products
from corgibuilder.plan.delays import DelayModel, Path
from corgibuilder.plan.folding import WindowSource, ceil_div
from corgibuilder.plan.kinds.conv_foldings import (
    allowed_outputs,
    conv_of,
    parts_of,
    worthwhile_lanes,
)
from corgibuilder.plan.kinds.conv_weights import digits, weight_steps
from corgibuilder.plan.kinds.stage import Fault
from corgibuilder.plan.kinds.windowed import WHOLE_WINDOWS
from corgibuilder.plan.layers import Layer
from corgibuilder.plan.resources import Resources

from .conv_engine import ConvEngine

if TYPE_CHECKING:
    from corgibuilder.plan.kinds.conv import ConvStage


class PlannedMacArray(ConvEngine):
    """Multipliers and adders, with weights that are wired in or come from a memory."""

    def label(self, stage: "ConvStage") -> str:
        if stage.conv.depthwise:
            return "multipliers, one channel each"
        if stage.output_serial:
            return "multipliers, output by output"
        wired = stage.weight_rows == 1
        return f"multipliers, {'wired weights' if wired else 'weights in memory'}"

    def config(self, stage: "ConvStage") -> MacArrayConfig:
        return MacArrayConfig(
            x=stage.operand,
            weights=weight_steps(stage),
            held=stage.weight_range,
            input_folds=stage.input_folds,
            acc=stage.layer.acc.range,
            groups=stage.groups_at_once,
            last=stage.last_operands,
            weight_register=stage.folding.weight_register,
            adder_levels=stage.folding.adder_levels,
        )

    def multipliers(self, stage: "ConvStage") -> int:
        """The zeros that wide pixels bring have none."""
        if stage.layer.input_pixels > 1 and stage.weight_rows == 1:
            copies = 1 if stage.output_serial else stage.layer.output_pixels
            return copies * stage.file_conv.weights.size
        return stage.folding.inputs * stage.folding.outputs

    def latency(self, stage: "ConvStage") -> int:
        return self._pipeline(stage).latency

    def candidates(
        self, kind: type["ConvStage"], layer: Layer, source: WindowSource, budget: int
    ) -> Iterator["ConvStage"]:
        """For each number of output folds the fewest inputs that may fit."""
        allowed = allowed_outputs(conv_of(layer), source)
        for outputs in parts_of(layer.acc.shape.channels, allowed):
            unfolded = kind.on_array(layer, source, outputs, 1)
            input_folds = _most_folds(unfolded, budget)
            if input_folds < 1:
                continue
            stage = _in_folds(unfolded, input_folds)
            while input_folds > 1 and stage.frame_cycles > budget:
                # for what is lost at the start of each row, or groups in words of their own
                input_folds -= 1
                stage = _in_folds(unfolded, input_folds)
            for lanes in worthwhile_lanes(layer, outputs, stage.input_folds):
                yield stage.with_folding(lanes=lanes).settled()

    def decided(self, stage: "ConvStage", fixed: Mapping[str, Any]) -> Mapping[str, Any]:
        return fixed

    def faults(self, stage: "ConvStage") -> Iterator[Fault]:
        yield from ()

    def logic(self, stage: "ConvStage") -> Resources:
        x, held, rows = stage.operand, stage.weight_range, stage.weight_rows
        outputs, acc = stage.folding.outputs, stage.layer.acc.range
        if rows == 1:
            products = wired_products(x, digits(stage.array_conv))
        else:
            products = Resources(products=x.width * held.width * stage.multipliers)
        pipeline = self._pipeline(stage)
        latency = pipeline.latency
        array = mac_array_resources(products, acc, outputs, rows, stage.input_folds, latency)
        registers = pipeline.resources(x, held, outputs, stage.groups_at_once)
        return array + registers + Resources(registers=x.width * stage.step_values)

    def registers(self, stage: "ConvStage") -> Iterator[dict[str, Any]]:
        tree = range(self._pipeline(stage).levels, 0, -1)
        for levels in (0, *tree):
            yield {"adder_levels": levels, "weight_register": False}
            if stage.weight_bits:
                yield {"adder_levels": levels, "weight_register": True}

    def paths(self, stage: "ConvStage", delays: DelayModel) -> Callable[..., Iterable[Path]]:
        x, acc = stage.operand, stage.layer.acc.range
        inputs, held, rows = stage.folding.inputs, stage.weight_range, stage.weight_rows
        return lambda **registers: ArrayPipeline(inputs=inputs, **registers).paths(
            delays, x, held, acc, rows
        )

    def _pipeline(self, stage: "ConvStage") -> ArrayPipeline:
        return ArrayPipeline(
            inputs=stage.folding.inputs,
            weight_register=stage.folding.weight_register,
            adder_levels=stage.folding.adder_levels,
        )


def _most_folds(stage: "ConvStage", budget: int) -> int:
    """Most parts that the operands may come in, if there is a cycle for each."""
    layer = stage.layer
    most = budget // layer.acc.shape.pixels // stage.output_folds
    if stage.source not in WHOLE_WINDOWS:  # they come anew for each tap, and have to be written
        words = budget // layer.x.shape.pixels
        most = min(most // stage.taps, words)
    return min(most, stage.operands)


def _in_folds(stage: "ConvStage", input_folds: int) -> "ConvStage":
    """The fewest inputs that bring all operands together in so many folds, or less."""
    inputs = ceil_div(stage.operands, input_folds)
    if stage.words_keep_groups:
        inputs = next(n for n in stage.allowed_inputs if n >= inputs)
    return stage.on_array(stage.layer, stage.source, stage.folding.outputs, inputs)
