"""The pipeline for a target: the pace that all stages keep, and the cheapest way to keep it."""

from bisect import bisect_left
from dataclasses import replace
from functools import cache, partial

from corgibuilder.diagnostics import CompileError, Origin
from corgibuilder.ir import Network, Shape

from .folded import Folded
from .folding import Folding, ceil_div, least_capacity
from .pipeline import Link, Pipeline, assemble, estimated_latency, form_of, is_resizable, sized
from .search import Keeps, cheapest, fewest_cycles
from .simulation import pipeline_latencies, pipeline_timing, stage_machine, timing
from .stages import Stage, group_stages
from .target import Target
from .widen import MAX_PIXELS, leaving_pixels, widen, widths

PARTS = 128  #: of a budget; one of them is a step from one pace to the next
GIVEN_UP = 8  #: parts at most, where no latency is asked for
TRIES = 8  #: pipelines simulated to find one that keeps the frame rate


def choose(network: Network, target: Target) -> Pipeline:
    """The pipeline for ``target``; :class:`CompileError` if no folding is fast enough.

    Every stage has the fewest multipliers that keep one pace, which is at least the frame rate's.
    Stages a little faster than that can follow the input much more closely, so of the paces down
    to 15/16 of the budget the one with the smallest product of multipliers and latency is taken;
    where the target asks for a latency, the slowest that meets it.

    Where a cycle has to take more than one pixel, words carry several and stages take several at
    once; the size of the maps is then fixed.
    """
    stages, budget = group_stages(network), target.budget_for(network.input_shape)
    for resizable in dict.fromkeys((is_resizable(network), False)):
        paces = _Paces(network, stages, budget, resizable=resizable)
        slowest = paces.within(budget)
        if slowest is not None and slowest.resizable == resizable:
            return _in_time(paces, target)
    raise _too_fast(network, stages, target)


class _Paces:
    """The cheapest pipelines for budgets up to one; what one has found serves the next."""

    def __init__(
        self, network: Network, stages: tuple[Stage, ...], budget: int, *, resizable: bool
    ) -> None:
        self.network = network
        self.stages = stages
        self.budget = budget
        self.resizable = resizable
        self.late: set[str] = set()  #: stages whose cycles the estimate is too low for
        self.spare: dict[str, int] = {}  #: cycles by which stages have to be faster than asked
        self._form = cache(form_of)
        self._found: dict[tuple[str, int], tuple[int, Stage, Folding]] = {}

    def within(self, budget: int) -> Pipeline | None:
        """The pipeline with the fewest multipliers for so many cycles, if any."""
        shape = self.network.input_shape
        pixels = next((n for n in _input_pixels(shape) if shape.pixels // n <= budget), None)
        if pixels is None or (self.resizable and pixels > 1):
            return None
        input_lanes = _input_lanes(self.network, budget) if pixels == 1 else pixels * shape.channels
        lanes = {self.network.inputs[0].node: input_lanes}
        foldings: dict[str, Folding] = {}
        chosen = []
        for stage in self.stages:
            spared = max(budget - self.spare.get(stage.name, 0), 1)
            found = self._narrowest(stage, spared, lanes[stage.source])
            if found is None:
                return None
            wide, foldings[stage.name] = found
            chosen.append(wide)
            lanes[stage.result] = foldings[stage.name].lanes
        return assemble(self.network, tuple(chosen), foldings, input_lanes, self._form)

    def _narrowest(self, stage: Stage, budget: int, lanes: int) -> tuple[Stage, Folding] | None:
        """As :func:`_narrowest`, unless what a larger budget gave fits this one: then that."""
        if (stage.name, lanes) in self._found:
            given, wide, folding = self._found[stage.name, lanes]
            if Folded(wide, folding).frame_cycles <= budget <= given:
                return wide, folding
        keeps = partial(self._keeps, budget, lanes) if stage.name in self.late else None
        found = _narrowest(stage, budget, lanes=lanes, resizable=self.resizable, keeps=keeps)
        if found is not None:
            self._found[stage.name, lanes] = (budget, *found)
        return found

    def _keeps(self, budget: int, lanes: int, stage: Stage, folding: Folding) -> bool:
        """Whether a stage keeps a budget in the simulation, with room for a row in its buffer."""
        room = stage.x.shape.width if least_capacity(stage, folding.feed) else 0
        roomy = replace(folding, capacity=least_capacity(stage, folding.feed) + room)
        link = Link(Folded(stage, roomy), self._form(stage), lanes)
        return timing(stage_machine(link, resizable=self.resizable)).interval <= budget

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
        interval = pipeline_timing(pipeline).interval
        if interval <= paces.budget:
            return pipeline
        reached.append(interval)
        _hurry(paces, pipeline, interval - paces.budget)
    raise _too_slow(paces, target, min(reached))


def _hurry(paces: _Paces, pipeline: Pipeline, late: int) -> None:
    """Ask more of the stages that are late by themselves; of all, if none is."""
    alone = {
        link.stage.name: timing(stage_machine(link, resizable=pipeline.resizable)).interval
        for link in pipeline.links
    }
    slow = [name for name, cycles in alone.items() if cycles > paces.budget] or list(alone)
    for name in slow:
        over = alone[name] - paces.budget
        paces.ask_more(name, over if over > 0 else late)


def _too_slow(paces: _Paces, target: Target, least: int) -> CompileError:
    return CompileError(
        "CB403",
        f"{float(target.fps):g} frames/s at {target.clock_hz:,} Hz leave {paces.budget:,} cycles "
        f"for a frame, and the fastest pipeline that was found takes {least:,}",
        at=Origin(paces.network.name),
        help=f"ask for {target.clock_hz / least:g} frames/s or fewer, or for a clock of "
        f"{float(least * target.fps) / 1e6:g} MHz or more",
    )


def _worthwhile(paces: _Paces) -> Pipeline:
    """The pipeline with the smallest product of multipliers and latency; of equals the slowest."""
    tried: dict[int, Pipeline] = {}
    for part in range(PARTS, PARTS - GIVEN_UP - 1, -1):
        pipeline = paces.within(paces.budget * part // PARTS)
        if pipeline is not None:
            tried.setdefault(pipeline.frame_cycles, pipeline)
    return sized(min(tried.values(), key=lambda p: p.multipliers * estimated_latency(p)))


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
                made = sized(pipeline)
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
    stage: Stage, budget: int, *, lanes: int, resizable: bool, keeps: Keeps | None = None
) -> tuple[Stage, Folding] | None:
    """The stage, as wide as it has to be to meet the budget, and its cheapest folding."""
    for pixels in (1,) if resizable else widths(stage):
        leaving = max(leaving_pixels(stage, pixels), 1)
        if max(stage.x.shape.pixels // pixels, stage.acc.shape.pixels // leaving) > budget:
            continue
        wide = widen(stage, pixels)
        folding = cheapest(wide, budget, lanes=lanes, resizable=resizable, keeps=keeps)
        if folding is not None:
            capacity = least_capacity(wide, folding.feed)
            return wide, replace(folding, capacity=capacity, pixels=pixels)
    return None


def _input_lanes(network: Network, budget: int) -> int:
    """A whole pixel of an image; of anything else the fewest channels that come in in time."""
    shape = network.input_shape
    if shape.pixels > 1 and shape.channels <= 4:
        return shape.channels
    words = max(budget // shape.pixels, 1)
    return ceil_div(shape.channels, min(words, shape.channels))


def _input_pixels(shape: Shape) -> tuple[int, ...]:
    """The numbers of pixels that an input word may carry, the smallest first."""
    return tuple(n for n in range(1, MAX_PIXELS + 1) if shape.width % n == 0)


def _too_fast(network: Network, stages: tuple[Stage, ...], target: Target) -> CompileError:
    entry = network.input_shape
    budget = target.budget_for(entry)
    least = {network.inputs[0].node: entry.pixels // _input_pixels(entry)[-1]}
    for stage in stages:
        everything = stage.x.shape.channels
        if _narrowest(stage, budget, lanes=everything, resizable=False) is None:
            least[stage.name] = fewest_cycles(widen(stage, widths(stage)[-1]), resizable=False)
    worst = max(least, key=lambda name: least[name])
    at = next((s.node.origin for s in stages if s.name == worst), Origin(network.name))
    if target.headroom is not None and budget < target.budget:
        asked = f"{target.headroom} pixels a cycle"
        most = entry.pixels // least[worst]
        remedy = f"ask for {most} pixels a cycle or fewer" if most else "ask for no headroom"
    else:
        asked = f"{float(target.fps):g} frames/s at {target.clock_hz:,} Hz"
        remedy = (
            f"ask for {target.clock_hz / least[worst]:g} frames/s or fewer, or for a clock of "
            f"{float(least[worst] * target.fps) / 1e6:g} MHz or more"
        )
    return CompileError(
        "CB403",
        f"{asked} leave {budget:,} cycles for a frame, "
        f"and this layer takes {least[worst]:,} even when fully unrolled",
        at=at,
        help=remedy,
    )
