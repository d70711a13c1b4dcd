"""Engines: what turns operands into accumulators."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np

from corgibuilder.ir import Ints, PoolKind, QInt, Shape, Window
from corgibuilder.plan.adder_graph import AdderGraph, adder_graph, least_levels, waiting_bits
from corgibuilder.plan.delays import DelayModel, Path
from corgibuilder.plan.folding import ceil_div
from corgibuilder.plan.resources import (
    HANDSHAKE,
    Resources,
    changing_bits,
    compared,
    counter,
    raster,
)
from corgibuilder.plan.signed_digits import digit_counts

from .array_pipeline import ArrayPipeline
from .component import ComponentConfig
from .memory import Memory, Purpose, rom
from .rules import Part, Rule, part


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MacArrayConfig(ComponentConfig):
    """Multiplies and sums ``input_folds`` words into one word of accumulators.

    Parameters
    ----------
    x
        Range of the activations, which are decoded behind the operand registers.
    weights
        int64 ``(steps, outputs, inputs)``: the row that each word meets, again and again; each
        ``input_folds`` rows make one sum.
    held
        Range of the weights; a ROM holds their codes.
    input_folds
        Words of one sum; divides the steps.
    acc
        Range of the sums.
    groups
        Equal groups that the outputs fall into. A word carries ``inputs`` values for the outputs of
        the first group, then for those of the second, ...
    last
        Every so many words the last one has only so many operands for each output; what its other
        lanes bring counts as 0. ``None`` where lanes without an operand meet weights of 0.
    weight_register, adder_levels
        See :class:`~.array_pipeline.ArrayPipeline`.
    """

    x: QInt
    weights: Ints
    held: QInt
    input_folds: int
    acc: QInt
    groups: int = 1
    last: tuple[int, int] | None = None
    weight_register: bool = False
    adder_levels: int = 0
    name: str = "mac_array"

    @property
    def pipeline(self) -> ArrayPipeline:
        """Its registers, which say its latency."""
        return ArrayPipeline(
            inputs=self.weights.shape[2],
            weight_register=self.weight_register,
            adder_levels=self.adder_levels,
        )

    def parts(self, size_from: int) -> Iterator[Part]:
        yield part(Rule.RIGID, registers=self.pipeline.latency, words=self.input_folds)

    def resources(self, resizable: bool) -> Resources:
        steps, outputs, inputs = self.weights.shape
        if steps == 1:
            products = wired_products(self.x, int(digit_counts(self.weights).sum()))
        else:
            changing = int(changing_bits(self.weights.reshape(steps, -1)).sum())
            products = Resources(products=self.x.width * changing)
        operands = inputs * self.groups * self.x.width
        masked = 0 if self.last is None else operands
        pipeline = self.pipeline
        array = mac_array_resources(
            products, self.acc, outputs, steps, self.input_folds, pipeline.latency
        )
        registers = pipeline.resources(self.x, self.held, outputs, self.groups)
        return array + registers + Resources(registers=operands, masks=masked)

    def paths(self, delays: DelayModel, arrival: float) -> Iterator[Path]:
        yield from self.pipeline.paths(delays, self.x, self.held, self.acc, len(self.weights))

    def memories(self) -> Iterator[Memory]:
        steps, outputs, inputs = self.weights.shape
        if steps > 1:
            yield weight_rom(steps, outputs * inputs, self.held)


def weight_rom(rows: int, multipliers: int, held: QInt) -> Memory:
    """Memory of the weights: one for each multiplier in a row."""
    return rom("weights", Purpose.WEIGHTS, depth=rows, width=multipliers * held.width)


def wired_products(x: QInt, digits: int) -> Resources:
    """Products of ``x`` and constants of so many signed digits, and their sum.

    Synthesis does not look for the fewest digits: it makes about half as many adders again.
    """
    return Resources(adders=1.5 * x.width * digits)


def mac_array_resources(
    products: Resources, acc: QInt, outputs: int, steps: int, input_folds: int, latency: int
) -> Resources:
    """An array, but for its operand registers and those of its pipeline.

    A sum's products are added up with about as many full adders as they have bits.
    """
    total = Resources(registers=2 * acc.width)
    if input_folds > 1:
        total += Resources(adders=acc.width, masks=acc.width)
    counted = counter(steps) + counter(input_folds)
    return products + total * outputs + counted + HANDSHAKE * latency


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AdderGraphConfig(ComponentConfig):
    """Multiplies words by a constant matrix, with adders only: a word in, its accumulators out.

    Weights of 0 cost nothing. There is a graph for each group; it follows from these fields alone,
    and so is not part of a plan. See :func:`~corgibuilder.plan.adder_graph.adder_graph`.

    Parameters
    ----------
    x
        Range of the activations, as they come.
    inputs
        Range of the values of each lane of a word, with a step of 1.
    weights
        int64 ``(outputs, inputs)``, each row for the lanes of its group only.
    acc
        Range of the sums.
    adder_levels
        Adders between two registers at most, 1 or more.
    groups
        Equal groups of outputs, and of lanes, as for :class:`MacArrayConfig`.
    """

    x: QInt
    inputs: tuple[QInt, ...]
    weights: Ints
    acc: QInt
    adder_levels: int
    groups: int = 1
    name: str = "adder_graph"

    @property
    def levels(self) -> int:
        """Adders behind one another, as few as the digits of the weights allow."""
        return least_levels(self.weights)

    @property
    def latency(self) -> int:
        """Cycles from a word to its accumulators, which wait in registers."""
        return adder_graph_cycles(self.levels, self.adder_levels)

    @property
    def graphs(self) -> tuple[AdderGraph, ...]:
        """That of each group."""
        weights = np.split(self.weights, self.groups)
        each = len(self.inputs) // self.groups
        inputs = (self.inputs[k : k + each] for k in range(0, len(self.inputs), each))
        return tuple(
            _graph(rows.tobytes(), rows.shape, ranges, self.levels)
            for rows, ranges in zip(weights, inputs, strict=True)
        )

    def parts(self, size_from: int) -> Iterator[Part]:
        yield part(Rule.RIGID, registers=self.latency, words=1)

    def paths(self, delays: DelayModel, arrival: float) -> Iterator[Path]:
        levels = min(self.adder_levels, self.levels)
        yield adder_graph_path(delays, levels, self.acc, arrival)

    def resources(self, resizable: bool) -> Resources:
        adders = sum(graph.full_adders for graph in self.graphs)
        waiting = sum(waiting_bits(graph, self.adder_levels, self.latency) for graph in self.graphs)
        return adder_graph_resources(adders, waiting, self.acc, len(self.weights), self.latency)


def adder_graph_cycles(levels: int, adder_levels: int) -> int:
    """Cycles for so many ``levels`` of adders, of which ``adder_levels`` fit in one."""
    return max(ceil_div(levels, adder_levels), 1)


def adder_graph_path(delays: DelayModel, adder_levels: int, acc: QInt, arrival: float) -> Path:
    """From the input of an adder graph to its first registers; a level of gates negates."""
    adders = delays.levels(1) + delays.adders(adder_levels, acc.width)
    return Path("adders", arrival + adders)


def adder_graph_resources(
    adders: float, waiting: float, acc: QInt, outputs: int, latency: int
) -> Resources:
    """Full adders, bits that wait in registers, and the accumulators."""
    registers = waiting + acc.width * outputs
    return Resources(adders=adders, registers=registers) + HANDSHAKE * latency


@lru_cache(maxsize=1024)
def _graph(
    weights: bytes, shape: tuple[int, ...], inputs: tuple[QInt, ...], levels: int
) -> AdderGraph:
    """A graph, remembered: configurations are made anew whenever someone asks for them."""
    return adder_graph(np.frombuffer(weights, np.int64).reshape(shape), inputs, levels=levels)


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowPoolConfig(ComponentConfig):
    """Reduces every ``taps`` words to one, lane by lane. Latency 1 cycle."""

    kind: PoolKind
    x: QInt
    out: QInt
    lanes: int
    taps: int
    name: str = "pool"

    LATENCY = 1

    def parts(self, size_from: int) -> Iterator[Part]:
        yield part(Rule.RIGID, registers=self.LATENCY, words=self.taps)

    def paths(self, delays: DelayModel, arrival: float) -> Iterator[Path]:
        yield Path("pool", arrival + pooling_delay(delays, self.out))

    def resources(self, resizable: bool) -> Resources:
        lane = pooling(self.kind, self.out) + Resources(
            masks=self.out.width, registers=self.out.width
        )
        return lane * self.lanes + counter(self.taps) + HANDSHAKE


@dataclass(frozen=True, slots=True, kw_only=True)
class PixelPoolConfig(ComponentConfig):
    """Pools every ``pixels`` adjacent pixels of a word to one. Latency 0.

    ``lanes`` are those of a word that leaves: whole pixels of ``channels``.
    """

    kind: PoolKind
    x: QInt
    channels: int
    pixels: int
    lanes: int
    name: str = "pixel_pool"

    @property
    def out(self) -> QInt:
        """Range of the values that leave."""
        if self.kind is PoolKind.MAX:
            return self.x
        return QInt(self.x.lo * self.pixels, self.x.hi * self.pixels)

    def parts(self, size_from: int) -> Iterator[Part]:
        yield from ()

    def departure(self, delays: DelayModel, arrival: float) -> float:
        """One pixel after the other."""
        return arrival + pooling_delay(delays, self.out) * (self.pixels - 1)

    def resources(self, resizable: bool) -> Resources:
        return pooling(self.kind, self.out) * ((self.pixels - 1) * self.lanes)


@dataclass(frozen=True, slots=True, kw_only=True)
class TilePoolConfig(ComponentConfig):
    """Pools windows that tile the map as their words come.

    Latency 2 cycles from the last word of a window. ``shape`` is that of the largest map that
    enters, ``lanes`` the values of a word.
    """

    kind: PoolKind
    x: QInt
    out: QInt
    shape: Shape
    lanes: int
    window: Window
    name: str = "pool"
    sizes: ClassVar[int] = 1

    @property
    def words(self) -> int:
        """Words of a pixel."""
        return ceil_div(self.shape.channels, self.lanes)

    @property
    def depth(self) -> int:
        """Words of results: those of a row."""
        return max(self.shape.width // self.window.kernel[1] * self.words, 2)

    def parts(self, size_from: int) -> Iterator[Part]:
        yield part(
            Rule.TILES,
            words=self.words,
            kernel_y=self.window.kernel[0],
            kernel_x=self.window.kernel[1],
            rows=self.shape.height,
            columns=self.shape.width,
        )

    def paths(self, delays: DelayModel, arrival: float) -> Iterator[Path]:
        """From the result so far, which may be the last one, to the next one."""
        recent = delays.levels(1)
        ns = delays.memory(self.depth) + recent + pooling_delay(delays, self.out)
        yield Path("pool", ns)
        yield Path("pool's input", arrival)

    def resources(self, resizable: bool) -> Resources:
        """The last result is kept beside the memory, which does not show it yet."""
        lane = pooling(self.kind, self.out) + Resources(
            choices=self.out.width,
            masks=self.out.width,
            registers=self.x.width + self.out.width,
        )
        places = raster(self.shape, resizable) * 2 + counter(self.depth) * 3
        return lane * self.lanes + places + counter(self.words) + HANDSHAKE * 2

    def memories(self) -> Iterator[Memory]:
        width = self.lanes * self.out.width
        yield Memory(
            name="pool results", purpose=Purpose.POOL, depth=self.depth, width=width, ports=2
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ArgmaxConfig(ComponentConfig):
    """Index of the largest of ``channels`` words of one value. Latency 1 cycle."""

    x: QInt
    channels: int
    name: str = "argmax"

    LATENCY = 1

    @property
    def out(self) -> QInt:
        return QInt(0, self.channels - 1)

    def parts(self, size_from: int) -> Iterator[Part]:
        yield part(Rule.RIGID, registers=self.LATENCY, words=self.channels)

    def resources(self, resizable: bool) -> Resources:
        held = Resources(registers=self.x.width + self.out.width)
        return compared(self.x.width) + held + counter(self.channels) + HANDSHAKE


def pooling_delay(delays: DelayModel, out: QInt) -> float:
    """Of a value worked into another: an adder or comparator, a choice, and the first one's."""
    return delays.adders(1, out.width) + delays.levels(2)


def pooling(kind: PoolKind, out: QInt) -> Resources:
    """Sum or largest of two values."""
    if kind is PoolKind.SUM:
        return Resources(adders=out.width)
    return compared(out.width) + Resources(choices=out.width)
