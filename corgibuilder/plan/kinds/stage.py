"""What the planner knows of a stage, whatever its kind: a layer and how it is folded.

A kind of layer is a subclass in a file of its own. What follows from a folding is worked out there
once, for the planner, the hardware and the tables.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from corgibuilder.ir import Ints, QInt, Window
from corgibuilder.plan.components import ComponentConfig, Memory
from corgibuilder.plan.delays import ClockGoal
from corgibuilder.plan.folding import Engine, Folding, WindowSource, ceil_div
from corgibuilder.plan.layers import Layer
from corgibuilder.plan.pixels import widened
from corgibuilder.plan.resources import NOTHING, Resources
from corgibuilder.plan.traces import StageTrace, Trace

Fault = tuple[str, str]  #: what is wrong with a folding, and the remedy


@dataclass(frozen=True)
class FoldedStage(ABC):
    """A layer with its folding.

    What the search for a folding asks for again and again is remembered: there are no slots.
    """

    layer: Layer
    folding: Folding

    #: whether sums pass a requantiser also where there is no activation: it adds their bias
    requantises_sums: ClassVar[bool] = False
    engines: ClassVar[tuple[Engine, ...]] = (Engine.BUILT_IN,)
    #: whether words leave as wide as the stage works on them
    same_lanes: ClassVar[bool] = False

    # What can be decided.

    @classmethod
    @abstractmethod
    def label(cls, layer: Layer) -> str:
        """Kind of layer and its window, for people."""

    @classmethod
    @abstractmethod
    def sources(cls, layer: Layer, *, resizable: bool) -> tuple[WindowSource, ...]:
        """Where the operands can come from."""

    @classmethod
    @abstractmethod
    def candidates(
        cls, layer: Layer, source: WindowSource, budget: int, *, lanes: int
    ) -> Iterator[Self]:
        """Foldings worth a look for a budget of cycles per frame.

        ``lanes`` is the width of the words that arrive, in channels.
        """

    @classmethod
    def operand_range(cls, layer: Layer) -> QInt:
        """Range of the values that the window source gives, in codes of that range."""
        return layer.x.range

    @classmethod
    def output_pixels(cls, layer: Layer, pixels: int) -> int:
        """Pixels that leave side by side if ``pixels`` enter so; 0 where they cannot."""
        return 0

    @classmethod
    def widen(cls, layer: Layer, pixels: int) -> Layer:
        """``layer`` with ``pixels``, for which there are output pixels, entering side by side."""
        leaving = cls.output_pixels(layer, pixels)
        return widened(layer, layer.op, input_pixels=pixels, output_pixels=leaving)

    @classmethod
    def least_input(cls, layer: Layer, rows: int, columns: int) -> tuple[int, int]:
        """Rows and columns of the least map that gives so many rows and columns, or more."""
        return rows, columns

    @classmethod
    def output_size(cls, layer: Layer) -> "SizeRule":
        """How rows and columns of the output follow from those of the input."""
        return SizeRule()

    @property
    def whole_map_fits(self) -> bool:
        """Whether the line buffer, if there is one, may hold all of a map of the largest size.

        Words of more than two maps may then be in the stage at once.
        """
        return False

    def faults(self) -> Iterator[Fault]:
        """What keeps this folding from being built."""
        channels, lanes = self.layer.acc.shape.channels, self.folding.lanes
        if self.same_lanes:
            yield from self._lane_faults()
        if self.folding.engine not in self.engines:
            names = ", ".join(engine.value for engine in self.engines)
            yield f"engine is {self.folding.engine.value!r}", f"take one of: {names}"
            return
        if not 1 <= self.folding.outputs <= channels:
            yield f"outputs is {self.folding.outputs}", f"take 1 to {channels}"
        elif not 1 <= self.folding.inputs <= self.most_inputs:
            yield f"inputs is {self.folding.inputs}", f"take 1 to {self.most_inputs}"
        elif lanes < 1 or self.folding.outputs % lanes:
            yield f"lanes is {lanes}", f"take a divisor of outputs, {self.folding.outputs}"
        elif not carries_pixels(self.layer, lanes):
            pixel = channels // self.layer.output_pixels
            yield (
                f"lanes is {lanes}",
                f"take a divisor of {pixel}, a pixel's channels, or {pixel} times whole pixels",
            )
        else:
            yield from self._register_faults()
            yield from self.memory_faults()

    def _register_faults(self) -> Iterator[Fault]:
        if self.folding.engine is Engine.BUILT_IN and self.folding.adder_levels:
            yield f"adder_levels is {self.folding.adder_levels}", "take 0, as there are no adders"
        if self.folding.weight_register and not self.weight_bits:
            yield "weight_register is true", "take false, as no weights are in a memory"

    def _lane_faults(self) -> Iterator[Fault]:
        folding, layer = self.folding, self.layer
        channels = layer.acc.shape.channels
        if folding.lanes != folding.outputs:
            yield f"lanes is {folding.lanes}", f"take {folding.outputs} as for outputs"
        if layer.input_pixels > 1 and folding.outputs != channels:
            yield (
                f"outputs is {folding.outputs}",
                f"take {channels}, as {layer.input_pixels} pixels enter at once",
            )

    def memory_faults(self) -> Iterator[Fault]:
        """What keeps the line buffer from being built; here there is none."""
        folding = self.folding
        if folding.capacity:
            yield f"capacity is {folding.capacity}", "take 0, as there is no line buffer"
        if folding.groups_per_word != 1:
            yield f"groups_per_word is {folding.groups_per_word}", "take 1"
        if folding.single_port:
            yield "single_port is true", "take false, as there is no line buffer"

    def settled(self) -> Self:
        """With the memory's ports and words as they are best for the rest of the folding."""
        return self

    def with_folding(self, **changes: object) -> Self:
        if all(getattr(self.folding, name) == value for name, value in changes.items()):
            return self
        return replace(self, folding=replace(self.folding, **changes))  # type: ignore[arg-type]

    def decided(self, fixed: Mapping[str, Any]) -> Self:
        """With ``fixed`` fields of the folding, and those that follow from them.

        Outputs and lanes are the same where they have to be. Otherwise lanes stay as they are as
        long as they divide the outputs.
        """
        fixed = dict(fixed)
        if self.same_lanes and "lanes" in fixed:
            fixed.setdefault("outputs", fixed["lanes"])
        if "outputs" in fixed:
            outputs, lanes = fixed["outputs"], self.folding.lanes
            kept = not self.same_lanes and outputs % lanes == 0
            fixed.setdefault("lanes", lanes if kept else outputs)
        return self.with_folding(**fixed).settled().with_folding(**fixed)

    def for_clock(self, goal: ClockGoal, fixed: Mapping[str, Any]) -> Self:
        """With the fewest registers that keep a clock, or else those that keep the fastest one.

        Fields of the folding that are ``fixed`` are as they say.
        """
        return self.with_folding(**fixed) if fixed else self

    # What follows.

    @property
    def multipliers(self) -> int:
        return 0

    @property
    def most_inputs(self) -> int:
        """Most values that can meet one output in a cycle."""
        return 1

    def input_lanes(self, port: int) -> int:
        """Values in a word that the stage works on, at one of its inputs."""
        return self.folding.outputs

    @property
    def lanes(self) -> int:
        """Values in a word that the stage works on, at its first input."""
        return self.input_lanes(0)

    @property
    def words(self) -> int:
        """Words of a pixel, each of which takes a cycle.

        Those at the first input; where a kind says so, those that leave.
        """
        return ceil_div(self.layer.x.shape.channels, self.lanes)

    @property
    def frame_cycles(self) -> int:
        """Cycles from one frame to the next if the stage never waits, by estimate."""
        return self.layer.x.shape.pixels * self.words

    @property
    def least_cycles(self) -> int:
        """The same, and certainly not more than it takes."""
        return self.frame_cycles

    @property
    def buffer_bits(self) -> int:
        """Bits of the line buffer."""
        return 0

    @property
    def buffer_bound(self) -> int:
        """Bits that every line buffer has."""
        return 0

    @property
    def weight_bits(self) -> int:
        """Bits of the weight memory; 0 where weights are wired in."""
        return 0

    @property
    def least_capacity(self) -> int:
        """Pixels that the line buffer holds at least; 0 where there is none."""
        return 0

    @property
    def engine_label(self) -> str:
        """What turns operands into accumulators, for people."""
        return "none"

    @abstractmethod
    def components(self) -> Iterator[ComponentConfig]:
        """What the stage is made of, from the words of its inputs to the accumulators."""

    # Estimates of its area, for comparing many foldings quickly.

    def logic(self, resizable: bool) -> Resources:
        """Logic and registers of its components."""
        return sum((each.resources(resizable) for each in self.components()), NOTHING)

    def memories(self) -> Iterator[Memory]:
        """Memories of its components."""
        for each in self.components():
            yield from each.memories()

    @property
    def operand(self) -> QInt:
        """Range of the values that this layer's window source gives."""
        return self.operand_range(self.layer)

    # Estimates of its behaviour in time, for comparing many pipelines quickly.

    @abstractmethod
    def trace(self, arrivals: tuple[Trace, ...], behind: int, frames: int, pace: int) -> StageTrace:
        """When its words leave, if those of its inputs come as in ``arrivals``.

        Accumulators leave ``behind`` cycles after they are complete. A stage that is faster than
        ``pace`` cycles per frame may work at that pace instead, as it does behind a slower one.
        """

    def with_memory(self, run: StageTrace) -> tuple[Self, int]:
        """With a line buffer as large as a run needs it; and the pixels that wait before it."""
        return self, run.queued

    def paces(self, slowest: int) -> list[int]:
        """Cycles per frame worth a look where the slowest stage takes ``slowest``."""
        return [slowest]


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeRule:
    """Rows and columns of the output of a stage.

    Those of the windows on the input where there is a ``window``, plus ``added`` rows and columns,
    times ``factors``.
    """

    window: Window | None = None
    added: tuple[int, int] = (0, 0)
    factors: tuple[int, int] = (1, 1)

    def of(self, rows: Ints, columns: Ints) -> tuple[Ints, Ints]:
        """Rows and columns of the output for those of some inputs."""
        if self.window is not None:
            rows, columns = self.window.output_size(rows, columns)
        return (rows + self.added[0]) * self.factors[0], (columns + self.added[1]) * self.factors[1]


def carries_pixels(layer: Layer, lanes: int) -> bool:
    """Whether output words of that many lanes are equal parts of a pixel, or whole pixels.

    They need not be where pixels leave one by one: then the last word of each may be short.
    """
    channels = layer.acc.shape.channels
    pixel = channels // layer.output_pixels
    one_by_one = layer.output_pixels == 1
    return one_by_one or (channels % lanes == 0 and 0 in (pixel % lanes, lanes % pixel))
