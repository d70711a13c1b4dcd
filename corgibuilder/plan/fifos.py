"""Depths of the queues where branches of a network meet again.

A branch that is ahead waits at the join for the others, which still hold what they need for their
windows. With too short a queue there the fork before the branches stops, and with it what feeds the
others: the pipeline slows down, or stops for ever. Depths are found by the simulation of the whole
pipeline: each is as short as it can be with the interval of the slowest stage and the latency that
the pipeline has with queues for whole frames. A word takes two cycles through a queue. So where
another queue has gone since, one that was as short as possible may be shorter still, and is looked
at again.

What a queue holds when its first word is taken tells where to look: it had to hold so much then. It
never has to hold more than it did while it was never full. Of a pipeline that takes long to
simulate no queue is tried with fewer words: all are as long as they have to be to be never full.
"""

from collections.abc import Container
from dataclasses import replace

from .components import Rule
from .pipeline import Pipeline
from .planned_stage import PlannedStage
from .simulation import (
    DeadlockError,
    Fill,
    JoinQueue,
    Pace,
    keeps,
    least_interval,
    machine,
    pipeline_fills,
    pipeline_timing,
    shortest,
    timing,
)

ROOMY_FRAMES = 2  #: that a queue holds before it is shortened, or all that are under way
ALL = 1 << 30  #: times as many as there were: more than there ever are
#: Cycles of a frame times components times queues: up to this shorter queues are tried, which takes
#: half a minute at most. ResNet-20 has 7e7; ResNet-50 of 224x224 at 2,700 frames/s has 1e9.
MOST_WORK = 2e8


def roomy(
    pipeline: Pipeline, fixed: Container[str] = (), *, frames: int = ROOMY_FRAMES
) -> Pipeline:
    """The pipeline with queues for whole frames at its joins, but for ``fixed`` stages."""
    stages = (s if s.layer.name in fixed else _roomy_stage(s, frames) for s in pipeline.stages)
    return replace(pipeline, stages=tuple(stages))


def _roomy_stage(stage: PlannedStage, frames: int) -> PlannedStage:
    if len(stage.ports) == 1:
        return stage
    depths = tuple(frames * stage.input_words(port) for port in stage.ports)
    return replace(stage, fifos=depths)


def queue_notes(pipeline: Pipeline) -> tuple[str, ...]:
    """What there is to say of queues that may be longer than they have to be."""
    joins = (stage for stage in pipeline.stages if len(stage.ports) > 1)
    if not any(any(stage.fifos) for stage in joins) or not _takes_long(pipeline):
        return ()
    return ("shorter queues where branches meet are not tried: a frame takes long to simulate",)


def _takes_long(pipeline: Pipeline) -> bool:
    components = int((machine(pipeline).rules != Rule.QUEUE).sum())
    queues = sum(len(stage.ports) for stage in pipeline.stages if len(stage.ports) > 1)
    return pipeline.frame_cycles * components * queues > MOST_WORK


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
    if _takes_long(pipeline):
        ample = _with_queues(pipeline, joins, found, ALL)
        return ample if _goes_on(ample, interval) else pipeline
    pipeline, wanted = _guessed(pipeline, joins, found, wanted)
    for number in joins:
        pipeline = _shortest_at(pipeline, number, wanted)
    once_more: Pipeline | None = pipeline
    while once_more is not None:
        pipeline = once_more
        once_more = _shortened_once(pipeline, joins, wanted)
    return pipeline


def _refused(pipeline: Pipeline, joins: list[int], found: dict[tuple[str, int], Fill]) -> bool:
    """Whether a queue that may be longer ever refused a word."""
    stages = (pipeline.stages[number] for number in joins)
    return any(
        found[stage.layer.name, port].most > stage.fifos[port]
        for stage in stages
        for port in stage.ports
    )


def _shortened_once(pipeline: Pipeline, joins: list[int], wanted: Pace) -> Pipeline | None:
    """The pipeline with the first queue shorter that can be; ``None`` if each of them is needed."""
    for number in joins:
        for port, depth in enumerate(pipeline.stages[number].fifos):
            if depth and _keeps(pipeline.with_fifo(number, port, depth - 1), wanted):
                return shortest(pipeline, JoinQueue(number, port), wanted)
    return None


def _guessed(
    pipeline: Pipeline,
    joins: list[int],
    found: dict[tuple[str, int], Fill],
    wanted: Pace,
) -> tuple[Pipeline, Pace]:
    """With queues a little longer than they have to be, and what the pipeline does then.

    They hold what they held when their first word was taken, then twice as much, and so on, but not
    more than they ever held. Where that is not enough, they stay as long as they are; the interval
    is then what it is.
    """
    for factor in (1, 2, 4, 8, 16, ALL):
        guess = _with_queues(pipeline, joins, found, factor)
        if _keeps(guess, wanted):
            return guess, wanted
    return pipeline, wanted if _keeps(pipeline, wanted) else pipeline_timing(pipeline)


def _with_queues(
    pipeline: Pipeline, joins: list[int], found: dict[tuple[str, int], Fill], factor: int
) -> Pipeline:
    """With queues for so many times the words at the first one taken, and no more than for all."""
    for number in joins:
        stage = pipeline.stages[number]
        for port in stage.ports:
            fill = found.get((stage.layer.name, port), Fill(0, 0))
            pipeline = pipeline.with_fifo(number, port, min(factor * fill.first, fill.most))
    return pipeline


def _shortest_at(pipeline: Pipeline, number: int, wanted: Pace) -> Pipeline:
    """The pipeline with the queues of one stage as short as they can be."""
    stage = pipeline.stages[number]
    without = pipeline
    for port in stage.ports:
        without = without.with_fifo(number, port, 0)
    if _keeps(without, wanted):
        return without
    bits = [stage.layer.inputs[port].range.width * stage.lanes[port] for port in stage.ports]
    for port in sorted(stage.ports, key=lambda port: -bits[port]):
        pipeline = shortest(pipeline, JoinQueue(number, port), wanted)
    return pipeline


def _goes_on(pipeline: Pipeline, interval: int) -> bool:
    """Whether the pipeline never stops, and takes a frame in so many cycles."""
    try:
        return timing(machine(pipeline)).interval <= interval
    except DeadlockError:
        return False


def _keeps(pipeline: Pipeline, wanted: Pace) -> bool:
    """Whether the pipeline is as fast as it is with queues that are never full."""
    return keeps(machine(pipeline), wanted)
