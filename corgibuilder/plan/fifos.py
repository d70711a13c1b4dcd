"""Depths of queues: where branches of a network meet again, and where words come in bursts.

A branch that is ahead waits at the join for the others, which still hold what they need for their
windows. With too short a queue there the fork before the branches stops, and with it what feeds the
others: the pipeline slows down, or stops for ever. A stage with one input has a queue where the
estimate of :mod:`~.sizing` says that words come to it in bursts.

Depths are found by the simulation of the whole pipeline: each is as short as it can be with the
interval of the slowest stage and the latency that the pipeline has with queues for whole frames. A
word takes two cycles through a queue. So where another queue has gone since, one that was as short
as possible may be shorter still, and is looked at again.

How many words wait there when words come in evenly tells where to look. Where the whole pipeline
takes long to simulate, queues stay so long that they refuse no word, or as long as that: with a
word less a branch would stall, though that may not make the pipeline slower. Without joins they
then stay as they were estimated.
"""

from collections.abc import Callable, Container, Mapping
from dataclasses import replace

from .components import Rule
from .pipeline import Pipeline
from .planned_stage import PlannedStage, most_queued
from .simulation import (
    DeadlockError,
    JoinQueue,
    Pace,
    fills_in_time,
    keeps_pace,
    least_interval,
    machine,
    pipeline_fills,
    pipeline_timing,
    shortest,
    timing,
)

Enough = Callable[[Pipeline], bool]  #: whether a pipeline with shorter queues is still fast enough
Depths = Mapping[tuple[str, int], int]  #: of queues, by stage and input

ROOMY_FRAMES = 2  #: that a queue holds before it is shortened, or all that are under way
PASSING = 3  #: words on offer to a queue, in it and behind it, when a word takes two cycles through
#: Cycles of a frame times components times queues: up to this queues are tried with fewer words,
#: which takes half a minute at most. ResNet-20 has 7e7; ResNet-50 of 224x224 has 1e9 at 2,700
#: frames/s.
MOST_WORK = 2e8
NOT_TRIED = (
    "a frame takes long to simulate: with a word less in a queue a branch stalls, but whether that"
    " costs time was not tried"
)
ESTIMATED = (
    "a frame takes long to simulate: queues are as long as was estimated, shorter ones were not"
    " tried"
)


def roomy(
    pipeline: Pipeline, fixed: Container[str] = (), *, frames: int = ROOMY_FRAMES
) -> Pipeline:
    """The pipeline with queues for whole frames at its joins, but for ``fixed`` stages.

    A queue that would be larger than any may be is as large as that.
    """
    stages = (s if s.layer.name in fixed else _roomy_stage(s, frames) for s in pipeline.stages)
    return replace(pipeline, stages=tuple(stages))


def _roomy_stage(stage: PlannedStage, frames: int) -> PlannedStage:
    if len(stage.ports) == 1:
        return stage
    most = (most_queued(stage.layer, port, stage.lanes[port]) for port in stage.ports)
    wanted = (frames * stage.input_words(port) for port in stage.ports)
    return replace(stage, fifos=tuple(map(min, wanted, most)))


def queue_notes(pipeline: Pipeline) -> tuple[str, ...]:
    """What there is to say of queues that may be longer than they have to be."""
    if not any(any(stage.fifos) for stage in pipeline.stages) or _work(pipeline) <= MOST_WORK:
        return ()
    return (NOT_TRIED if _has_joins(pipeline) else ESTIMATED,)


def _has_joins(pipeline: Pipeline) -> bool:
    return any(len(stage.ports) > 1 for stage in pipeline.stages)


def _work(pipeline: Pipeline) -> int:
    """Of trying the queues of a pipeline one by one: those at its joins, or all if it has none."""
    joins = _has_joins(pipeline)
    stages = (s for s in pipeline.stages if len(s.ports) > 1 or (any(s.fifos) and not joins))
    queues = sum(len(stage.ports) for stage in stages)
    others = int((machine(pipeline).rules != Rule.QUEUE).sum())
    return pipeline.frame_cycles * others * queues


def without_bursts(pipeline: Pipeline, fixed: Container[str] = ()) -> Pipeline:
    """As :func:`roomy`, with the shortest queues in front of single inputs.

    A word takes two cycles through each: so this is as quick as the pipeline can be. Where a frame
    takes long to simulate they stay as they are.
    """
    bursts = [n for n in _free(pipeline, fixed) if _has_burst(pipeline.stages[n])]
    if not bursts or _work(pipeline) > MOST_WORK:
        return roomy(pipeline, fixed)
    pipeline, wanted, _ = _with_room(pipeline, fixed, _least_interval(pipeline, fixed))
    return _all_shortest(pipeline, bursts, lambda tried: keeps_pace(machine(tried), wanted))


def _free(pipeline: Pipeline, fixed: Container[str]) -> list[int]:
    return [n for n, stage in enumerate(pipeline.stages) if stage.layer.name not in fixed]


def _has_burst(stage: PlannedStage) -> bool:
    """Whether a stage has a queue in front of its only input."""
    return len(stage.ports) == 1 and any(stage.fifos)


def _least_interval(pipeline: Pipeline, fixed: Container[str]) -> int:
    return least_interval(roomy(pipeline, fixed, frames=0))


def shortest_fifos(pipeline: Pipeline, fixed: Container[str] = ()) -> Pipeline:
    """The pipeline with the shortest queues that cost neither rate nor latency.

    Those at joins may be longer than they are, those in front of a single input may not. Those of
    the stages called ``fixed`` stay as they are.
    """
    stages, free = pipeline.stages, _free(pipeline, fixed)
    queued = [n for n in free if len(stages[n].ports) > 1 or _has_burst(stages[n])]
    if not queued:
        return pipeline
    long = _work(pipeline) > MOST_WORK
    if long and not _has_joins(pipeline):
        return pipeline
    interval = _least_interval(pipeline, fixed)
    pipeline, wanted, found = _with_room(without_bursts(pipeline, fixed), fixed, interval)
    pipeline = _nearly_shortest(pipeline, queued, found, wanted)
    if long:
        return pipeline
    if not keeps_pace(machine(pipeline), wanted):
        wanted = pipeline_timing(pipeline)

    def paced(tried: Pipeline) -> bool:
        return keeps_pace(machine(tried), wanted)

    shortened = _all_shortest(pipeline, queued, paced)
    if _keeps_up(shortened, wanted):
        return shortened
    # stalls would stop it for ever, or frames that come early are in the way of those before them
    return _all_shortest(pipeline, queued, lambda tried: paced(tried) and _keeps_up(tried, wanted))


def _with_room(
    pipeline: Pipeline, fixed: Container[str], interval: int
) -> tuple[Pipeline, Pace, Depths]:
    """The pipeline with long queues at its joins, what it then does, and what waits in queues.

    Frames come in every ``interval`` cycles.
    """
    pipeline = roomy(pipeline, fixed)
    spans, found = pipeline_fills(pipeline, interval)
    wanted = Pace(interval=interval, latencies=spans)
    if wanted.frames > ROOMY_FRAMES:
        refused = _refused(pipeline, fixed, found)
        pipeline = roomy(pipeline, fixed, frames=wanted.frames)
        if refused:  # otherwise longer queues change nothing of what was seen
            spans, found = pipeline_fills(pipeline, interval)
            wanted = Pace(interval=interval, latencies=spans)
    return pipeline, wanted, found


def _keeps_up(pipeline: Pipeline, wanted: Pace) -> bool:
    """Whether the interval is kept in steady state, and no stalls stop the pipeline for ever."""
    try:
        return timing(machine(pipeline)).interval <= wanted.interval
    except DeadlockError:
        return False


def _all_shortest(pipeline: Pipeline, queued: list[int], enough: Enough) -> Pipeline:
    """With queues each of which is too short with a word less."""
    for number in queued:
        pipeline = _shortest_at(pipeline, number, enough)
    once_more: Pipeline | None = pipeline
    while once_more is not None:
        pipeline = once_more
        once_more = _shortened_once(pipeline, queued, enough)
    return pipeline


def _refused(pipeline: Pipeline, fixed: Container[str], found: Depths) -> bool:
    """Whether a queue at a join that may be longer ever refused a word."""
    stages = (pipeline.stages[number] for number in _free(pipeline, fixed))
    return any(
        found[stage.layer.name, port] > stage.fifos[port]
        for stage in stages
        if len(stage.ports) > 1
        for port in stage.ports
    )


def _shortened_once(pipeline: Pipeline, queued: list[int], enough: Enough) -> Pipeline | None:
    """The pipeline with the first queue shorter that can be; ``None`` if each of them is needed."""
    for number in queued:
        for port, depth in enumerate(pipeline.stages[number].fifos):
            if depth and enough(pipeline.with_fifo(number, port, depth - 1)):
                return shortest(pipeline, JoinQueue(number, port), enough)
    return None


def _nearly_shortest(
    pipeline: Pipeline, queued: list[int], found: Depths, wanted: Pace
) -> Pipeline:
    """The pipeline with queues that refuse a word, or would with one word less.

    As long as words wait there if they come in evenly, but for those that they only pass through;
    where that is not enough, with these too; then as long as words wait there if they come in as
    fast as they are taken.
    """
    never_full = _with_depths(pipeline, queued, found)
    _, evenly = pipeline_fills(pipeline, wanted.interval, even=True)
    evenly_filled = _with_depths(never_full, queued, evenly)
    waiting = {queue: depth if depth > PASSING else 0 for queue, depth in evenly.items()}
    for tried in (_with_depths(evenly_filled, queued, waiting), evenly_filled, never_full):
        fitting = _fitting(tried, queued, wanted)
        if fitting:
            return fitting
    # whatever queues there are, the pipeline is slower
    return _fitting(never_full, queued, pipeline_timing(pipeline)) or pipeline


def _fitting(pipeline: Pipeline, queued: list[int], wanted: Pace) -> Pipeline | None:
    """The pipeline with no longer queues than it fills; ``None`` if it is too slow.

    Its first frame may not be late at any output, and the interval is that of the steady state.
    """
    filled = fills_in_time(machine(pipeline), wanted)
    if filled is None:
        return None
    pipeline = _with_depths(pipeline, queued, filled)
    return pipeline if _keeps_up(pipeline, wanted) else None


def _with_depths(pipeline: Pipeline, queued: list[int], depths: Depths) -> Pipeline:
    """With queues of these depths where they are longer; unused ones are left out."""
    for number in queued:
        stage = pipeline.stages[number]
        for port in stage.ports:
            most = depths.get((stage.layer.name, port), 0)
            pipeline = pipeline.with_fifo(number, port, min(most, stage.fifos[port]))
    return pipeline


def _shortest_at(pipeline: Pipeline, number: int, enough: Enough) -> Pipeline:
    """The pipeline with the queues of one stage as short as they can be."""
    stage = pipeline.stages[number]
    without = pipeline
    for port in stage.ports:
        without = without.with_fifo(number, port, 0)
    if enough(without):
        return without
    bits = [stage.layer.inputs[port].range.width * stage.lanes[port] for port in stage.ports]
    for port in sorted(stage.ports, key=lambda port: -bits[port]):
        pipeline = shortest(pipeline, JoinQueue(number, port), enough)
    return pipeline
