"""Depths of the queues where branches of a network meet again.

A branch that is ahead waits at the join for the others, which still hold what they need for their
windows. With too short a queue there the fork before the branches stops, and with it what feeds the
others: the pipeline slows down, or stops for ever. Depths are found by the simulation of the whole
pipeline: each is as short as it can be with the interval of the slowest stage and the latency that
the pipeline has with queues for whole frames. A word takes two cycles through a queue. So where
another queue has gone since, one that was as short as possible may be shorter still, and is looked
at again.

How many words wait there when words come in evenly tells where to look. Where the whole pipeline
takes long to simulate, queues stay so long that they refuse no word, or as long as that: with a
word less a branch would stall, though that may not make the pipeline slower.
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
    joins = [number for number, stage in enumerate(pipeline.stages) if len(stage.ports) > 1]
    queues = any(any(pipeline.stages[number].fifos) for number in joins)
    if not queues or _work(pipeline, joins) <= MOST_WORK:
        return ()
    return (NOT_TRIED,)


def _work(pipeline: Pipeline, joins: list[int]) -> int:
    queues = sum(len(pipeline.stages[number].ports) for number in joins)
    others = int((machine(pipeline).rules != Rule.QUEUE).sum())
    return pipeline.frame_cycles * others * queues


def shortest_fifos(pipeline: Pipeline, fixed: Container[str] = ()) -> Pipeline:
    """The pipeline with the shortest queues at its joins that cost neither rate nor latency.

    Those of the stages called ``fixed`` stay as they are.
    """
    joins = [
        number
        for number, stage in enumerate(pipeline.stages)
        if len(stage.ports) > 1 and stage.layer.name not in fixed
    ]
    if not joins:
        return pipeline
    interval = least_interval(roomy(pipeline, fixed, frames=0))
    pipeline = roomy(pipeline, fixed)
    spans, found = pipeline_fills(pipeline, interval)
    wanted = Pace(interval=interval, latencies=spans)
    if wanted.frames > ROOMY_FRAMES:
        refused = _refused(pipeline, joins, found)
        pipeline = roomy(pipeline, fixed, frames=wanted.frames)
        if refused:  # otherwise longer queues change nothing of what was seen
            spans, found = pipeline_fills(pipeline, interval)
            wanted = Pace(interval=interval, latencies=spans)
    pipeline = _nearly_shortest(pipeline, joins, found, wanted)
    if _work(pipeline, joins) > MOST_WORK:
        return pipeline
    if not keeps_pace(machine(pipeline), wanted):
        wanted = pipeline_timing(pipeline)

    def paced(tried: Pipeline) -> bool:
        return keeps_pace(machine(tried), wanted)

    shortened = _all_shortest(pipeline, joins, paced)
    if _keeps_up(shortened, wanted):
        return shortened
    # stalls would stop it for ever, or frames that come early are in the way of those before them
    return _all_shortest(pipeline, joins, lambda tried: paced(tried) and _keeps_up(tried, wanted))


def _keeps_up(pipeline: Pipeline, wanted: Pace) -> bool:
    """Whether the interval is kept in steady state, and no stalls stop the pipeline for ever."""
    try:
        return timing(machine(pipeline)).interval <= wanted.interval
    except DeadlockError:
        return False


def _all_shortest(pipeline: Pipeline, joins: list[int], enough: Enough) -> Pipeline:
    """With queues each of which is too short with a word less."""
    for number in joins:
        pipeline = _shortest_at(pipeline, number, enough)
    once_more: Pipeline | None = pipeline
    while once_more is not None:
        pipeline = once_more
        once_more = _shortened_once(pipeline, joins, enough)
    return pipeline


def _refused(pipeline: Pipeline, joins: list[int], found: Depths) -> bool:
    """Whether a queue that may be longer ever refused a word."""
    stages = (pipeline.stages[number] for number in joins)
    return any(
        found[stage.layer.name, port] > stage.fifos[port]
        for stage in stages
        for port in stage.ports
    )


def _shortened_once(pipeline: Pipeline, joins: list[int], enough: Enough) -> Pipeline | None:
    """The pipeline with the first queue shorter that can be; ``None`` if each of them is needed."""
    for number in joins:
        for port, depth in enumerate(pipeline.stages[number].fifos):
            if depth and enough(pipeline.with_fifo(number, port, depth - 1)):
                return shortest(pipeline, JoinQueue(number, port), enough)
    return None


def _nearly_shortest(pipeline: Pipeline, joins: list[int], found: Depths, wanted: Pace) -> Pipeline:
    """The pipeline with queues that refuse a word, or would with one word less.

    As long as words wait there if they come in evenly, but for those that they only pass through;
    where that is not enough, with these too; then as long as words wait there if they come in as
    fast as they are taken.
    """
    never_full = _with_depths(pipeline, joins, found)
    _, evenly = pipeline_fills(pipeline, wanted.interval, even=True)
    evenly_filled = _with_depths(never_full, joins, evenly)
    waiting = {queue: depth if depth > PASSING else 0 for queue, depth in evenly.items()}
    for tried in (_with_depths(evenly_filled, joins, waiting), evenly_filled, never_full):
        fitting = _fitting(tried, joins, wanted)
        if fitting:
            return fitting
    # whatever queues there are, the pipeline is slower
    return _fitting(never_full, joins, pipeline_timing(pipeline)) or pipeline


def _fitting(pipeline: Pipeline, joins: list[int], wanted: Pace) -> Pipeline | None:
    """The pipeline with no longer queues than it fills; ``None`` if it is too slow.

    Its first frame may not be late at any output, and the interval is that of the steady state.
    """
    filled = fills_in_time(machine(pipeline), wanted)
    if filled is None:
        return None
    pipeline = _with_depths(pipeline, joins, filled)
    return pipeline if _keeps_up(pipeline, wanted) else None


def _with_depths(pipeline: Pipeline, joins: list[int], depths: Depths) -> Pipeline:
    """With queues of these depths where they are longer; unused ones are left out."""
    for number in joins:
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
