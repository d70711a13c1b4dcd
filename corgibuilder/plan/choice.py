"""The pipeline for a target: the pace that all stages keep, and the cheapest way to keep it."""

from bisect import bisect_left
from dataclasses import replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from functools import cache, partial
from math import ceil

from corgibuilder.diagnostics import CompileError, Origin
from corgibuilder.ir import Network, Shape

from .fifos import roomy, shortest_fifos
from .folding import Folding, ceil_div
from .forms import form_of, forms_of
from .kinds import FoldedStage, output_pixels, widened_layer, widths
from .layers import Layer, group_layers
from .pins import NO_PINS, NOTHING_PINNED, LayerPins, Pins, check_pins
from .pipeline import Pipeline, assemble, is_resizable
from .pixels import MAX_PIXELS
from .planned_stage import PlannedStage
from .search import Keeps, cheapest, fewest_cycles
from .simulation import pipeline_latencies, pipeline_timing, stage_machine, timing
from .sizing import estimated_latency, sized
from .target import Target

PARTS = 128  #: of a budget; one of them is a step from one pace to the next
GIVEN_UP = 8  #: parts at most, where no latency is asked for
TRIES = 8  #: pipelines simulated to find one that keeps the frame rate


def choose(network: Network, target: Target, pins: Pins = NOTHING_PINNED) -> Pipeline:
    """The pipeline for ``target``; :class:`CompileError` if no folding is fast enough.

    What ``pins`` fix is left as it is.

    Every stage has the fewest multipliers that keep one pace, which is at least the frame rate's.
    Stages a little faster than that can follow the input much more closely, so of the paces down
    to 15/16 of the budget the one with the smallest product of multipliers and latency is taken;
    where the target asks for a latency, the slowest that meets it.

    Where a cycle has to take more than one pixel, words carry several and stages take several at
    once; the size of the maps is then fixed.
    """
    layers, budget = group_layers(network), target.budget_for(network.input_shape)
    pins.check_names(layers)
    for layer in layers:
        check_pins(layer, pins.of(layer))
    for resizable in dict.fromkeys((is_resizable(network, layers), False)):
        paces = _Paces(network, layers, budget, pins, resizable=resizable)
        slowest = paces.within(budget)
        if slowest is not None and slowest.resizable == resizable:
            return _in_time(paces, target)
    raise _too_fast(network, layers, target, pins)


class _Paces:
    """The cheapest pipelines for budgets up to one; what one has found serves the next."""

    def __init__(
        self,
        network: Network,
        layers: tuple[Layer, ...],
        budget: int,
        pins: Pins,
        *,
        resizable: bool,
    ) -> None:
        self.network = network
        self.layers = layers
        self.budget = budget
        self.pins = pins
        self.resizable = resizable
        self.late: set[str] = set()  #: stages whose cycles the estimate is too low for
        self.spare: dict[str, int] = {}  #: cycles by which stages have to be faster than asked
        self._forms = cache(forms_of)
        self._found: dict[tuple[str, tuple[int, ...]], tuple[int, FoldedStage]] = {}

    def within(self, budget: int) -> Pipeline | None:
        """The pipeline with the fewest multipliers for so many cycles, if any."""
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
                return None
            foldings[layer.name] = found.folding
            chosen.append(found.layer)
            lanes[layer.result] = found.folding.lanes
        return assemble(self.network, tuple(chosen), foldings, input_lanes, known_forms=self._forms)

    def _input_lanes(self, budget: int) -> dict[str, int] | None:
        """Values in a word of each input, so that all come in in time, if they can."""
        lanes = {}
        for port in self.network.inputs:
            shape = self.network.graph.type(port.node).shape
            pixels = next((n for n in _input_pixels(shape) if shape.pixels // n <= budget), None)
            if pixels is None or (self.resizable and pixels > 1):
                return None
            lanes[port.node] = (
                _input_lanes(shape, budget) if pixels == 1 else pixels * shape.channels
            )
        return lanes

    def _narrowest(self, layer: Layer, budget: int, lanes: tuple[int, ...]) -> FoldedStage | None:
        """As :func:`_narrowest`, unless what a larger budget gave fits this one: then that."""
        if (layer.name, lanes) in self._found:
            given, stage = self._found[layer.name, lanes]
            if stage.frame_cycles <= budget <= given:
                return stage
        keeps = partial(self._keeps, budget, lanes) if layer.name in self.late else None
        found = _narrowest(
            layer,
            budget,
            lanes=max(lanes),
            resizable=self.resizable,
            keeps=keeps,
            pins=self.pins.of(layer),
        )
        if found is not None:
            self._found[layer.name, lanes] = (budget, found)
        return found

    def _keeps(self, budget: int, lanes: tuple[int, ...], stage: FoldedStage) -> bool:
        """Whether a stage keeps a budget in the simulation, with room for a row in its buffer."""
        least = stage.least_capacity
        roomy = stage.with_folding(capacity=least + stage.layer.x.shape.width if least else 0)
        layer, folding = stage.layer, stage.folding
        form = form_of(
            layer, lanes=folding.lanes, kind=folding.requantiser, found=self._forms(layer)
        )
        planned = PlannedStage(roomy, form, lanes, (0,) * len(lanes))
        return timing(stage_machine(planned, resizable=self.resizable)).interval <= budget

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


def _in_time(paces: _Paces, target: Target) -> Pipeline:
    """The pipeline that keeps the frame rate in the simulation, and the latency if one is asked."""
    reached = []
    for _ in range(TRIES):
        if paces.within(paces.budget) is None:
            break
        pipeline = _worthwhile(paces) if target.latency is None else _quick(paces, target)
        pipeline = shortest_fifos(pipeline, paces.fifos(pipeline))
        interval = pipeline_timing(pipeline).interval
        if interval <= paces.budget:
            return pipeline
        reached.append(interval)
        _hurry(paces, pipeline, interval - paces.budget)
    raise _too_slow(paces, target, min(reached))


def _hurry(paces: _Paces, pipeline: Pipeline, late: int) -> None:
    """Ask more of the stages that are late by themselves; of all, if none is."""
    alone = {
        stage.layer.name: timing(stage_machine(stage, resizable=pipeline.resizable)).interval
        for stage in pipeline.stages
    }
    slow = [name for name, cycles in alone.items() if cycles > paces.budget] or list(alone)
    for name in slow:
        over = alone[name] - paces.budget
        paces.ask_more(name, over if over > 0 else late)


def _too_slow(paces: _Paces, target: Target, least: int) -> CompileError:
    asked, remedy = _asked_and_possible(target, paces.network.input_shape, least)
    return CompileError(
        "CB403",
        f"{asked} leave {paces.budget:,} cycles for a frame, and the fastest pipeline that was "
        f"found takes {least:,}",
        at=Origin(paces.network.name),
        help=remedy,
    )


def _asked_and_possible(target: Target, entry: Shape, least: int) -> tuple[str, str]:
    """What a target asks for, and what leaves ``least`` cycles for a frame, rounded that way."""
    if target.headroom is not None and target.budget_for(entry) < target.budget:
        most = entry.pixels // least
        remedy = f"ask for {most} pixels a cycle or fewer" if most else "ask for no headroom"
        return f"{target.headroom} pixels a cycle", remedy
    fps = Context(prec=6, rounding=ROUND_FLOOR).divide(Decimal(target.clock_hz), Decimal(least))
    hertz = Decimal(ceil(least * target.fps))
    mhz = Context(prec=6, rounding=ROUND_CEILING).divide(hertz, Decimal(10**6))
    return (
        f"{float(target.fps):g} frames/s at {target.clock_hz:,} Hz",
        f"ask for {fps:f} frames/s or fewer, or for a clock of {mhz:f} MHz or more",
    )


def _worthwhile(paces: _Paces) -> Pipeline:
    """The pipeline with the smallest product of multipliers and latency; of equals the slowest."""
    tried: dict[int, Pipeline] = {}
    for part in range(PARTS, PARTS - GIVEN_UP - 1, -1):
        pipeline = paces.within(paces.budget * part // PARTS)
        if pipeline is not None:
            tried.setdefault(pipeline.frame_cycles, pipeline)
    best = min(tried.values(), key=lambda p: p.multipliers * estimated_latency(p))
    return paces.sized(best)


def _quick(paces: _Paces, target: Target) -> Pipeline:
    """The pipeline for the largest budget with which the latency is met.

    Budgets fall by steps of one part. The estimate says where to begin; from there one step after
    the other is simulated.
    """
    assert target.latency is not None
    limit = int(target.latency * target.clock_hz)
    found: dict[int, tuple[int, Pipeline] | None] = {}

    def met(step: int) -> bool:
        if step not in found:
            pipeline = _step(paces, step)
            found[step] = None
            if pipeline is not None:
                made = paces.sized(pipeline)
                made = roomy(made, paces.fifos(made))
                spans = pipeline_latencies(made, interval=1).values()
                found[step] = (max(spans, key=lambda span: span[1])[0], made)
        entry = found[step]
        return entry is not None and entry[0] <= limit

    step = _first_guess(paces, limit)
    while not met(step) and found[step] is not None:
        step += 1
    while step and met(step) and met(step - 1):
        step -= 1
    entry = found[step]
    if entry is not None and entry[0] <= limit:
        return entry[1]
    reached = min(entry[0] for entry in found.values() if entry is not None)
    raise CompileError(
        "CB409",
        f"a latency of {float(target.latency) * 1e3:g} ms is asked for, "
        f"and {reached / target.clock_hz * 1e3:.3f} ms is the least that was found",
        at=Origin("command line"),
        help=f"ask for {reached / target.clock_hz * 1e3 + 0.001:.3f} ms or more, "
        "or for a faster clock",
    )


def _step(paces: _Paces, step: int) -> Pipeline | None:
    """The pipeline for a budget that is so many parts smaller, each of what is left."""
    return paces.within(int(paces.budget * (1 - 1 / PARTS) ** step))


def _first_guess(paces: _Paces, limit: int) -> int:
    """The first step whose estimated latency is met, as far as bisection tells; or the last one."""

    def far_enough(step: int) -> bool:
        pipeline = _step(paces, step)
        return pipeline is None or estimated_latency(pipeline) <= limit

    step = 1
    while not far_enough(step):
        step *= 2
    first = bisect_left(range(step), True, key=far_enough)
    return first if _step(paces, first) is not None else max(first - 1, 0)


def _narrowest(
    layer: Layer,
    budget: int,
    *,
    lanes: int,
    resizable: bool,
    keeps: Keeps | None = None,
    pins: LayerPins = NO_PINS,
) -> FoldedStage | None:
    """The layer, as wide as it has to be to meet the budget, with its cheapest folding."""
    for pixels in (1,) if resizable else widths(layer):
        if pins.pixels not in (None, pixels):
            continue
        leaving = output_pixels(layer, pixels)
        if max(layer.x.shape.pixels // pixels, layer.acc.shape.pixels // leaving) > budget:
            continue
        wide = widened_layer(layer, pixels)
        stage = cheapest(wide, budget, lanes=lanes, resizable=resizable, keeps=keeps, pins=pins)
        if stage is not None:
            return stage.with_folding(capacity=stage.least_capacity, pixels=pixels)
    return None


def _input_lanes(shape: Shape, budget: int) -> int:
    """A whole pixel of an image; of anything else the fewest channels that come in in time."""
    if shape.pixels > 1 and shape.channels <= 4:
        return shape.channels
    words = max(budget // shape.pixels, 1)
    return ceil_div(shape.channels, min(words, shape.channels))


def _input_pixels(shape: Shape) -> tuple[int, ...]:
    """The numbers of pixels that an input word may carry, the smallest first."""
    return tuple(n for n in range(1, MAX_PIXELS + 1) if shape.width % n == 0)


def _too_fast(
    network: Network, layers: tuple[Layer, ...], target: Target, pins: Pins
) -> CompileError:
    entry = network.input_shape
    budget = target.budget_for(entry)
    inputs = {port.node: network.graph.type(port.node).shape for port in network.inputs}
    least = {node: shape.pixels // _input_pixels(shape)[-1] for node, shape in inputs.items()}
    for layer in layers:
        everything = layer.x.shape.channels
        fixed = pins.of(layer)
        if _narrowest(layer, budget, lanes=everything, resizable=False, pins=fixed) is None:
            widest = widened_layer(layer, widths(layer)[-1])
            least[layer.name] = fewest_cycles(widest, resizable=False, pins=fixed)
    worst = max(least, key=lambda name: least[name])
    at = next((layer.node.origin for layer in layers if layer.name == worst), Origin(network.name))
    asked, remedy = _asked_and_possible(target, entry, least[worst])
    return CompileError(
        "CB403",
        f"{asked} leave {budget:,} cycles for a frame, "
        f"and this layer takes {least[worst]:,} even when fully unrolled",
        at=at,
        help=remedy,
    )
