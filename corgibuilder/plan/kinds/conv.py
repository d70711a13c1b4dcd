"""Convolutions and fully connected layers; their engines are in :mod:`.conv_engines`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, ClassVar, Self

from corgibuilder.ir import Conv, QInt, Window
from corgibuilder.plan.components import (
    ColumnBufferConfig,
    ComponentConfig,
    Memory,
    RowBanksConfig,
    SerialiserConfig,
    TapSerialConfig,
)
from corgibuilder.plan.components.engines import weight_rom
from corgibuilder.plan.delays import ClockGoal
from corgibuilder.plan.folding import Engine, Folding, WindowSource, ceil_div
from corgibuilder.plan.layers import Layer
from corgibuilder.plan.pixels import widened
from corgibuilder.plan.resources import Resources
from corgibuilder.plan.traces import StageTrace, Trace

from .conv_engines import CONV_ENGINES, ConvEngine
from .conv_faults import output_faults, word_faults
from .conv_foldings import conv_of, outputs_per_group
from .conv_logic import conv_logic
from .conv_operands import grouped_operands, window_operands
from .conv_registers import registers_for
from .estimates import direct_trace
from .stage import Fault
from .wide_conv import as_one_group, conv_output_pixels, wide_conv
from .windowed import WHOLE_WINDOWS, WindowedStage, decoded_for_padding

#: Bits of a window kept in registers at most, for each pixel that enters at once; beyond, taps are
#: read one by one.
MAX_WINDOW_BITS = 16384


@dataclass(frozen=True, slots=True)
class ConvStage(WindowedStage):
    """A convolution with its folding."""

    requantises_sums: ClassVar[bool] = True
    engines: ClassVar[tuple[Engine, ...]] = tuple(CONV_ENGINES)

    @cached_property
    def conv(self) -> Conv:
        """The operation, over wide pixels where several enter side by side."""
        return conv_of(self.layer)

    @cached_property
    def array_conv(self) -> Conv:
        """What the engine computes: :attr:`conv`, or one of its outputs."""
        return as_one_group(self.file_conv) if self.output_serial else self.conv

    @property
    def file_conv(self) -> Conv:
        """The operation as in the file, over single pixels."""
        assert isinstance(self.layer.node.op, Conv)
        return self.layer.node.op

    @property
    def group_inputs(self) -> int:
        """Channels that an output needs."""
        return int(self.array_conv.weights.shape[1])

    @property
    def group_outputs(self) -> int:
        """Outputs that need the same channels."""
        return outputs_per_group(self.array_conv)

    @property
    def groups_at_once(self) -> int:
        """Groups of outputs worked on at once, each with operands of its own."""
        return ceil_div(self.folding.outputs, self.group_outputs)

    @property
    def words_per_group(self) -> int:
        return ceil_div(self.group_inputs, self.folding.inputs)

    @property
    def repeats(self) -> int:
        return ceil_div(self.group_outputs, self.folding.outputs)

    @cached_property
    def output_serial(self) -> bool:
        """Whether the outputs that leave side by side are worked on one after the other.

        Each step then takes only values of one output's own window.
        """
        layer, outputs = self.layer, self.folding.outputs
        pixel = layer.acc.shape.channels // layer.output_pixels
        whole = layer.output_pixels == 1 or pixel % outputs == 0
        return layer.input_pixels > 1 and self.has_whole_windows and whole

    # What can be decided.

    @classmethod
    def label(cls, layer: Layer) -> str:
        conv = layer.node.op
        assert isinstance(conv, Conv)
        if layer.x.shape.pixels * layer.input_pixels == 1:
            return "fully connected"
        kh, kw = conv.window.kernel
        grouped = "grouped conv" if conv.groups > 1 else "conv"
        return f"{'depthwise' if conv.depthwise else grouped} {kh}x{kw}"

    @classmethod
    def sources(cls, layer: Layer, *, resizable: bool) -> tuple[WindowSource, ...]:
        conv = conv_of(layer)
        point = conv.window == Window(kernel=(1, 1))
        if point and conv.depthwise:
            return (WindowSource.DIRECT,)
        if point or (_whole_map(layer) and conv.groups == 1 and not resizable):
            return (WindowSource.DIRECT, WindowSource.TAP_SERIAL)
        if _small_window(layer):
            return (WindowSource.TAP_SERIAL, *WHOLE_WINDOWS)
        return (WindowSource.TAP_SERIAL,)

    @classmethod
    def candidates(
        cls, layer: Layer, source: WindowSource, budget: int, *, lanes: int
    ) -> Iterator["ConvStage"]:
        for engine in CONV_ENGINES.values():
            yield from engine.candidates(cls, layer, source, budget)

    @classmethod
    def on_array(cls, layer: Layer, source: WindowSource, outputs: int, inputs: int) -> Self:
        """On so many multipliers, with outputs that all leave side by side."""
        folding = Folding(
            source=source,
            inputs=inputs,
            outputs=outputs,
            lanes=outputs,
            engine=Engine.MAC_ARRAY,
        )
        return cls(layer, folding).settled()

    @classmethod
    def operand_range(cls, layer: Layer) -> QInt:
        return decoded_for_padding(layer.x.range) if conv_of(layer).window.pads else layer.x.range

    @classmethod
    def output_pixels(cls, layer: Layer, pixels: int) -> int:
        return conv_output_pixels(layer, conv_of(layer), pixels)

    @classmethod
    def widen(cls, layer: Layer, pixels: int) -> Layer:
        leaving = cls.output_pixels(layer, pixels)
        wide = wide_conv(layer, conv_of(layer), pixels, leaving)
        return widened(layer, wide, input_pixels=pixels, output_pixels=leaving)

    def decided(self, fixed: Mapping[str, Any]) -> Self:
        """As for any stage, with what follows from the choice of an engine."""
        engine = CONV_ENGINES.get(fixed.get("engine", Engine.BUILT_IN))
        if engine is not None:
            fixed = engine.decided(self, fixed)
        return WindowedStage.decided(self, fixed)

    def for_clock(self, goal: ClockGoal, fixed: Mapping[str, Any]) -> Self:
        return self.with_folding(**registers_for(self, goal, fixed))

    def faults(self) -> Iterator[Fault]:
        yield from output_faults(self)
        yield from word_faults(self)
        yield from self.engine.faults(self)
        yield from WindowedStage.faults(self)

    # What follows.

    @property
    def engine(self) -> ConvEngine:
        """What turns operands into accumulators; the array where none is chosen."""
        return CONV_ENGINES.get(self.folding.engine, CONV_ENGINES[Engine.MAC_ARRAY])

    @property
    def multipliers(self) -> int:
        return self.engine.multipliers(self)

    @property
    def operands(self) -> int:
        """Values that make one sum and can meet in one cycle."""
        window = self.array_conv.window
        together = window.kernel[0] * window.kernel[1] if self.has_whole_windows else 1
        return together * self.group_inputs

    @property
    def most_inputs(self) -> int:
        return self.operands

    def input_lanes(self, port: int) -> int:
        channels, grouped = self.layer.x.shape.channels, self.folding.groups_per_word
        if self.has_whole_windows:
            return channels
        lanes = self.step_values * grouped
        return min(lanes, channels) if grouped > 1 else lanes

    @property
    def step_values(self) -> int:
        """Values that the array takes at one step."""
        return self.groups_at_once * self.folding.inputs

    @property
    def words_keep_groups(self) -> bool:
        """Whether a step takes a word as it comes, with values of the groups at work only."""
        return self.conv.groups > 1 and not self.has_whole_windows

    @property
    def allowed_inputs(self) -> list[int]:
        """Inputs so that it does: all of several groups, or a part of one."""
        inputs = self.group_inputs
        least = inputs if self.groups_at_once > 1 else 1
        return [n for n in range(least, inputs + 1) if inputs % n == 0]

    @cached_property
    def input_folds(self) -> int:
        if self.has_whole_windows:
            return ceil_div(self.operands, self.folding.inputs)
        return self.taps * self.words_per_group

    @property
    def weight_rows(self) -> int:
        """Rows of the weight memory; outputs worked on one after the other share them."""
        serial = self.output_serial
        return self.schedule_length // self.layer.output_pixels if serial else self.schedule_length

    @property
    def weight_bits(self) -> int:
        if self.weight_rows == 1:
            return 0
        return self.weight_rows * self.multipliers * self.weight_range.width

    @property
    def weight_range(self) -> QInt:
        """Range of the weights as the multiplier array has them; its memory holds their codes.

        Zeros between the windows, and groups, of several pixels are weights: bipolar ones then take
        two bits.
        """
        return _weight_range(self.array_conv)

    @property
    def spare_weight(self) -> int:
        """Weight of lanes that have no operand: 0, unless that has no code among the weights."""
        held = self.weight_range
        return 0 if held.step == 1 or 0 in held else held.lo

    @property
    def last_operands(self) -> tuple[int, int] | None:
        """Every so many words the last one has only so many operands for each output.

        ``None`` where all lanes always have one, or meet a weight of 0 where they do not.
        """
        values = self.operands
        words = self.input_folds if self.has_whole_windows else self.words_per_group
        operands = values - (words - 1) * self.folding.inputs
        full = operands == self.folding.inputs
        return None if full or self.spare_weight == 0 else (words, operands)

    @property
    def engine_label(self) -> str:
        return self.engine.label(self)

    def components(self) -> Iterator[ComponentConfig]:
        source = self.window_source()
        if source is not None:
            yield source
        yield self.engine.config(self)
        serialiser = self.serialiser()
        if serialiser is not None:
            yield serialiser

    def serialiser(self) -> SerialiserConfig | None:
        acc, folding = self.layer.acc, self.folding
        if folding.lanes == folding.outputs:
            return None
        return SerialiserConfig(
            x=acc.range,
            channels=acc.shape.channels,
            in_lanes=folding.outputs,
            out_lanes=folding.lanes,
        )

    def window_source(
        self, *, sketched: bool = False
    ) -> TapSerialConfig | ColumnBufferConfig | RowBanksConfig | None:
        """The window source, if there is one; a sketch of it has no lane map."""
        layer, source = self.layer, self.source
        steps = self.schedule_length // self.repeats
        if source is WindowSource.TAP_SERIAL:
            several = self.folding.groups_per_word > 1 and not sketched
            lane_map = grouped_operands(self, self.step_values) if several else None
            return TapSerialConfig(lines=self.line_buffer(), lane_map=lane_map)
        if source not in WHOLE_WINDOWS:
            return None
        operands = ((),) * steps if sketched else window_operands(self)
        groups = len(operands) // self.input_folds
        if source is WindowSource.COLUMN_BUFFER:
            return ColumnBufferConfig(
                lines=self.line_buffer(), lane_map=operands, repeats=self.repeats, groups=groups
            )
        return RowBanksConfig(
            x=layer.x.range,
            given=self.operand,
            shape=layer.x.shape,
            window=self.window,
            lane_map=operands,
            repeats=self.repeats,
            groups=groups,
        )

    def logic(self, resizable: bool) -> Resources:
        return conv_logic(self, resizable)

    def memories(self) -> Iterator[Memory]:
        source = self.window_source(sketched=True)
        if source is not None:
            yield from source.memories()
        if self.weight_bits:
            yield weight_rom(self.weight_rows, self.multipliers, self.weight_range)

    @property
    def engine_latency(self) -> int:
        """Cycles from the last operands of a sum to the sum."""
        return self.engine.latency(self)

    @property
    def engine_cycles(self) -> int:
        return self.engine_latency - 1

    def trace(self, arrivals: tuple[Trace, ...], behind: int, frames: int, pace: int) -> StageTrace:
        if self.source is WindowSource.DIRECT:
            return direct_trace(self, arrivals[0], behind, cycles=self.engine_latency)
        return WindowedStage.trace(self, arrivals, behind, frames, pace)


def _taps(layer: Layer) -> int:
    kh, kw = conv_of(layer).window.kernel
    return kh * kw


def _whole_map(layer: Layer) -> bool:
    """Whether one window without padding covers the whole map."""
    window = conv_of(layer).window
    return window.kernel == (layer.x.shape.height, layer.x.shape.width) and not window.pads


def _small_window(layer: Layer) -> bool:
    """Whether a window fits in registers, and no column is skipped."""
    window, held = conv_of(layer).window, ConvStage.operand_range(layer)
    bits = _taps(layer) * layer.x.shape.channels * held.width
    return bits <= MAX_WINDOW_BITS * layer.input_pixels and window.stride[1] <= window.kernel[1]


@lru_cache(maxsize=64)
def _weight_range(conv: Conv) -> QInt:
    """Range of all weights; remembered, as the search for a folding asks again and again."""
    return QInt.of(conv.weights)
