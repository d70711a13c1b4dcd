"""The pipeline for a target: the pace that all stages keep, and the cheapest way to keep it."""

from bisect import bisect_left
from dataclasses import replace
from functools import partial
from typing import Any

from corgibuilder.diagnostics import CompileError, Origin
from corgibuilder.ir import Network, Shape

from .delays import ClockGoal
from .fifos import shortest_fifos, without_bursts
from .folding import Folding, ceil_div
from .forms import Forms
from .infeasible import PinsInTheWay, asked_and_possible_latency, too_fast, too_slow
from .kinds import FoldedStage
from .layers import Layer, group_layers
from .pins import NOTHING_PINNED, REGISTER_PINS, LayerPins, Pins, check_pins
from .pipeline import Pipeline, assemble, is_resizable
from .planned_stage import PlannedStage, folded_area
from .search import input_pixels, narrowest
from .simulation import (
    pipeline_latencies,
    pipeline_timing,
    stage_intervals,
    stage_machine,
    timing,
)
from .sizing import estimated_latency, sized
from .target import Target
from .technology_model import TechnologyModel

BUDGET_SLICES = 128  #: of a budget; one of them is a step from one to the next that is tried
TRIES = 8  #: pipelines simulated to find one that keeps the frame rate


def choose(
    network: Network,
    target: Target,
    pins: Pins = NOTHING_PINNED,
) -> Pipeline:
    """The pipeline for ``target``; :class:`CompileError` if no folding is fast enough.

    What ``pins`` fix is left as it is. Engines have as many registers as the clock needs in the
    technology.

    Every stage has the least area that keeps one budget of cycles per frame, at most that of the
    frame rate; where the target asks for a latency, the largest budget that meets it.

    Where a cycle has to take more than one pixel, words carry several and stages take several at
    once; the size of the maps is then fixed.
    """
    layers, technology = group_layers(network), TechnologyModel.of(target.technology)
    pins.check_names(layers)
    for layer in layers:
        check_pins(layer, pins)
    try:
        return _fast_enough(network, layers, target, pins, technology)
    except _TooSlowError as slow:
        raise too_slow(
            network,
            target,
            slow.cycles,
            pins,
            _in_the_way(network, layers, target, pins, technology),
        ) from None


class _TooSlowError(Exception):
    """Of what was simulated, the fastest pipeline takes too many ``cycles`` for a frame."""

    def __init__(self, cycles: int) -> None:
        super().__init__()
        self.cycles = cycles


def _in_the_way(
    network: Network,
    layers: tuple[Layer, ...],
    target: Target,
    pins: Pins,
    technology: TechnologyModel,
) -> PinsInTheWay | None:
    """Pins of one layer, as few as can be, without which there is a pipeline; if there are any."""
    for layer in layers:

        def made(some: LayerPins, layer: Layer = layer) -> LayerPins | None:
            try:
                fewer = pins.having(layer, some)
                pipeline = _fast_enough(network, layers, target, fewer, technology)
            except (CompileError, _TooSlowError):
                return None
            return LayerPins.of_stage(pipeline.stage(layer.name))

        of_layer = pins.of(layer)
        found = of_layer.in_the_way(of_layer.given, made)
        if found is not None:
            return PinsInTheWay(layer, *found)
    return None


def _fast_enough(
    network: Network,
    layers: tuple[Layer, ...],
    target: Target,
    pins: Pins,
    technology: TechnologyModel,
) -> Pipeline:
    """The pipeline as in :func:`choose`; raises :class:`_TooSlowError`."""
    budget = target.budget_for(network.input_shape)
    goal, forms = ClockGoal(technology.delays, target.period_ns), Forms(technology.areas)
    for resizable in dict.fromkeys((is_resizable(network, layers), False)):
        search = _BudgetSearch(network, layers, budget, pins, goal, forms, resizable=resizable)
        slowest = search.within(budget)
        while slowest is None and search.stuck is not None:
            search.ask_more(search.stuck, 0)
            slowest = search.within(budget)
        if slowest is not None and slowest.resizable == resizable:
            return _in_time(search, target)
    raise too_fast(network, layers, target, pins)


class _BudgetSearch:
    """The cheapest pipelines for budgets up to one; what one has found serves the next."""

    def __init__(
        self,
        network: Network,
        layers: tuple[Layer, ...],
        budget: int,
        pins: Pins,
        goal: ClockGoal,
        forms: Forms,
        *,
        resizable: bool,
    ) -> None:
        self.network = network
        self.layers = layers
        self.budget = budget
        self.pins = pins
        self.goal = goal
        self.forms = forms
        self.resizable = resizable
        self.late: set[str] = set()  #: stages that are chosen by simulation, not by estimate
        self.stuck: str | None = None  #: the one for which the estimate found none, if it did
        self.spare: dict[str, int] = {}  #: cycles by which stages have to be faster than asked
        self._outer: dict[tuple[Any, ...], float] = {}
        self._areas: dict[tuple[str, int, tuple[int, ...], Folding], float] = {}
        self._clocked: dict[tuple[str, int, Folding], FoldedStage] = {}
        self._found: dict[tuple[str, tuple[int, ...]], tuple[int, FoldedStage]] = {}

    def within(self, budget: int) -> Pipeline | None:
        """The pipeline of the least area for so many cycles, if any."""
        self.stuck = None
        input_lanes = self._input_lanes(budget)
        if input_lanes is None:
            return None
        lanes = dict(input_lanes)
        foldings: dict[str, Folding] = {}
        chosen = []
        for layer in self.layers:
            spared = max(budget - self.spare.get(layer.name, 0), 1)
            found = self._narrowest(layer, spared, tuple(lanes[s] for s in layer.sources))
            if found is None:
                self.stuck = layer.name if layer.name not in self.late else None
                return None
            foldings[layer.name] = found.folding
            chosen.append(found.layer)
            lanes[layer.result] = found.folding.lanes
        return assemble(self.network, tuple(chosen), foldings, input_lanes, forms=self.forms)

    def _input_lanes(self, budget: int) -> dict[str, int] | None:
        """Values in a word of each input, so that all come in in time, if they can."""
        lanes = {}
        for port in self.network.inputs:
            shape = self.network.graph.type(port.node).shape
            pixels = next((n for n in input_pixels(shape) if shape.pixels // n <= budget), None)
            if pixels is None or (self.resizable and pixels > 1):
                return None
            lanes[port.node] = (
                _input_lanes(shape, budget) if pixels == 1 else pixels * shape.channels
            )
        return lanes

    def _narrowest(self, layer: Layer, budget: int, lanes: tuple[int, ...]) -> FoldedStage | None:
        """As :func:`~.search.narrowest`, or what a larger budget gave where that fits this one."""
        if (layer.name, lanes) in self._found:
            given, stage = self._found[layer.name, lanes]
            if stage.frame_cycles <= budget <= given:
                return stage
        keeps = partial(self._keeps, budget, lanes) if layer.name in self.late else None
        found = narrowest(
            layer,
            budget,
            lanes=max(lanes),
            resizable=self.resizable,
            area=partial(self._area, lanes),
            keeps=keeps,
            pins=self.pins.of(layer),
            for_clock=self._for_clock,
        )
        if found is not None:
            self._found[layer.name, lanes] = (budget, found)
        return found

    def _for_clock(self, stage: FoldedStage) -> FoldedStage:
        """With the registers that the clock needs, but for those that pins fix."""
        layer = stage.layer
        key = layer.name, layer.input_pixels, stage.folding
        if key not in self._clocked:
            given = self.pins.of(layer).given
            fixed = {name: value for name, value in given.items() if name in REGISTER_PINS}
            self._clocked[key] = stage.for_clock(self.goal, fixed)
        return self._clocked[key]

    def _keeps(self, budget: int, lanes: tuple[int, ...], stage: FoldedStage) -> bool:
        """Whether a stage keeps a budget in the simulation.

        Its line buffer is as large as pins say, or has room for a row.
        """
        least = stage.least_capacity
        if self.pins.of(stage.layer).capacity is None and least:
            stage = stage.with_folding(capacity=least + stage.layer.x.shape.width)
        planned = self._planned(lanes, stage)
        return timing(stage_machine(planned, resizable=self.resizable)).interval <= budget

    def _area(self, lanes: tuple[int, ...], stage: FoldedStage) -> float:
        """Area of a stage that words of so many ``lanes`` reach, with the least line buffer."""
        key = stage.layer.name, stage.layer.input_pixels, lanes, stage.folding
        if key not in self._areas:
            self._areas[key] = self._area_of(lanes, stage)
        return self._areas[key]

    def _area_of(self, lanes: tuple[int, ...], stage: FoldedStage) -> float:
        areas, layer, folding = self.forms.areas, stage.layer, stage.folding
        inner = tuple(map(stage.input_lanes, range(len(lanes))))
        key = layer.name, layer.input_pixels, lanes, inner, folding.lanes, folding.requantiser
        if key not in self._outer:
            planned = self._planned(lanes, stage)
            self._outer[key] = planned.outer_area(areas, resizable=self.resizable)
        least = stage.with_folding(capacity=stage.least_capacity)
        return self._outer[key] + folded_area(least, areas, resizable=self.resizable)

    def _planned(self, lanes: tuple[int, ...], stage: FoldedStage) -> PlannedStage:
        folding = stage.folding
        form = self.forms.cheapest(stage.layer, lanes=folding.lanes, kind=folding.requantiser)
        return PlannedStage(stage, form, lanes, (0,) * len(lanes))

    def sized(self, pipeline: Pipeline) -> Pipeline:
        """The pipeline with buffers as large as they have to be, or as pins say."""
        made = sized(pipeline)
        return replace(made, stages=tuple(map(self._with_pinned_memory, made.stages)))

    def _with_pinned_memory(self, stage: PlannedStage) -> PlannedStage:
        pins = self.pins.of(stage.layer)
        folded = stage.folded
        if pins.capacity is not None:
            folded = folded.with_folding(capacity=pins.capacity)
        return replace(stage, folded=folded, fifos=pins.fifo or stage.fifos)

    def fifos(self, pipeline: Pipeline) -> set[str]:
        """Names of the stages whose queues are fixed."""
        names = (stage.layer for stage in pipeline.stages)
        return {layer.name for layer in names if self.pins.of(layer).fifo is not None}

    def ask_more(self, name: str, cycles: int) -> None:
        """Have a stage chosen by simulation; or, where it is already, faster by some cycles."""
        if name in self.late:
            self.spare[name] = self.spare.get(name, 0) + cycles
        self.late.add(name)
        self._found = {key: found for key, found in self._found.items() if key[0] != name}


def _in_time(search: _BudgetSearch, target: Target) -> Pipeline:
    """The pipeline that keeps the frame rate in the simulation, and the latency if one is asked."""
    reached = []
    for _ in range(TRIES):
        pipeline = search.within(search.budget)
        if pipeline is None:
            break
        pipeline = search.sized(pipeline) if target.latency is None else _quick(search, target)
        pipeline = shortest_fifos(pipeline, search.fifos(pipeline))
        interval = pipeline_timing(pipeline).interval
        if interval <= search.budget:
            return pipeline
        reached.append(interval)
        _hurry(search, pipeline, interval - search.budget)
    raise _TooSlowError(min(reached))


def _hurry(search: _BudgetSearch, pipeline: Pipeline, late: int) -> None:
    """Ask more of the stages that are late by themselves; of all, if none is."""
    alone = stage_intervals(pipeline)
    slow = [name for name, cycles in alone.items() if cycles > search.budget] or list(alone)
    for name in slow:
        over = alone[name] - search.budget
        search.ask_more(name, over if over > 0 else late)


def _quick(search: _BudgetSearch, target: Target) -> Pipeline:
    """The pipeline for the largest budget with which the latency is met.

    Budgets fall by steps of one slice. The estimate says where to begin; from there one step after
    the other is simulated.
    """
    limit = target.latency_cycles
    assert limit is not None
    found: dict[int, tuple[int, Pipeline] | None] = {}

    def met(step: int) -> bool:
        if step not in found:
            pipeline = _step(search, step)
            found[step] = None
            if pipeline is not None:
                made = search.sized(pipeline)
                made = without_bursts(made, search.fifos(made))
                spans = pipeline_latencies(made, interval=1).values()
                found[step] = (max(spans, key=lambda span: span[1])[0], made)
        entry = found[step]
        return entry is not None and entry[0] <= limit

    step = _first_guess(search, limit)
    while not met(step) and found[step] is not None:
        step += 1
    while step and met(step) and met(step - 1):
        step -= 1
    entry = found[step]
    if entry is not None and entry[0] <= limit:
        return entry[1]
    reached = min(entry[0] for entry in found.values() if entry is not None)
    asked, remedy = asked_and_possible_latency(target, reached)
    raise CompileError(
        "CB409",
        f"{asked}, and {reached:,} are the least that was found",
        at=Origin("command line"),
        help=remedy,
    )


def _step(search: _BudgetSearch, step: int) -> Pipeline | None:
    """The pipeline for a budget that is so many slices smaller, each of what is left."""
    return search.within(int(search.budget * (1 - 1 / BUDGET_SLICES) ** step))


def _first_guess(search: _BudgetSearch, limit: int) -> int:
    """The first step whose estimated latency is met, as far as bisection tells; or the last one."""

    def far_enough(step: int) -> bool:
        pipeline = _step(search, step)
        return pipeline is None or estimated_latency(pipeline) <= limit

    step = 1
    while not far_enough(step):
        step *= 2
    first = bisect_left(range(step), True, key=far_enough)
    return first if _step(search, first) is not None else max(first - 1, 0)


def _input_lanes(shape: Shape, budget: int) -> int:
    """A whole pixel of an image; of anything else the fewest channels that come in in time."""
    if shape.pixels > 1 and shape.channels <= 4:
        return shape.channels
    words = max(budget // shape.pixels, 1)
    return ceil_div(shape.channels, min(words, shape.channels))
