"""Depths of the queues where branches of a network meet again.

A branch that is ahead waits at the join for the others, which still hold what they need for their
windows. With too short a queue there the fork before the branches stops, and with it what feeds the
others: the pipeline slows down, or stops for ever. Depths are found by the simulation of the whole
pipeline: each is as short as it can be with the interval of the slowest stage and the latency that
the pipeline has with queues for whole frames. A word takes two cycles through a queue. So where
another queue has gone since, one that was as short as possible may be shorter still, and is looked
at again.

What a queue holds when its first word is taken tells where to look: it had to hold so much then.
"""

from dataclasses import replace

from .folding import words_of
from .pipeline import Pipeline, PlannedStage
from .simulation import (
    DeadlockError,
    PipelineTiming,
    first_fills,
    latencies,
    machine,
    stage_machine,
    timing,
)

ROOMY_FRAMES = 2  #: that a queue holds before it is shortened


def roomy(pipeline: Pipeline) -> Pipeline:
    """The pipeline with queues at its joins that are never full."""
    return replace(pipeline, stages=tuple(map(_roomy_stage, pipeline.stages)))


def _roomy_stage(stage: PlannedStage) -> PlannedStage:
    if len(stage.ports) == 1:
        return stage
    depths = tuple(ROOMY_FRAMES * stage.input_words(port) for port in stage.ports)
    return replace(stage, fifos=depths)


def shortest_fifos(pipeline: Pipeline) -> Pipeline:
    """The pipeline with the shortest queues at its joins that cost neither rate nor latency."""
    joins = [n for n, stage in enumerate(pipeline.stages) if len(stage.ports) > 1]
    if not joins:
        return pipeline
    pipeline = roomy(pipeline)
    whole = machine(pipeline)
    fills = first_fills(whole)
    wanted = PipelineTiming(
        interval=_least_interval(pipeline), latencies=latencies(whole, interval=1)
    )
    pipeline, wanted = _guessed(pipeline, joins, fills, wanted)
    for number in joins:
        pipeline = _shortest_at(pipeline, number, wanted)
    shortened: Pipeline | None = pipeline
    while shortened is not None:
        pipeline = shortened
        shortened = _shortened(pipeline, joins, wanted)
    return pipeline


def _shortened(pipeline: Pipeline, joins: list[int], wanted: PipelineTiming) -> Pipeline | None:
    """The pipeline with the first queue shorter that can be; ``None`` if each of them is needed."""
    for number in joins:
        for port, depth in enumerate(pipeline.stages[number].fifos):
            if depth and _keeps(_with_fifo(pipeline, number, port, depth - 1), wanted):
                return _shortest(pipeline, number, port, wanted)
    return None


def _least_interval(pipeline: Pipeline) -> int:
    """Cycles of the slowest stage by itself, or of the input."""
    shape = pipeline.network.input_shape
    alone = (timing(stage_machine(s, resizable=pipeline.resizable)) for s in pipeline.stages)
    entry = words_of(shape.pixels, shape.channels, pipeline.input_lanes)
    return max(entry, *(each.interval for each in alone))


def _guessed(
    pipeline: Pipeline,
    joins: list[int],
    fills: dict[tuple[str, int], int],
    wanted: PipelineTiming,
) -> tuple[Pipeline, PipelineTiming]:
    """With queues a little longer than they have to be, and what the pipeline does then.

    They hold what they held when their first word was taken, then twice as much, and so on, up to
    whole frames; the interval is then what it is.
    """
    for factor in (1, 2, 4, 8, 16):
        guess = pipeline
        for number in joins:
            stage = pipeline.stages[number]
            for port, most in enumerate(stage.fifos):
                fill = factor * fills.get((stage.layer.name, port), 0)
                guess = _with_fifo(guess, number, port, min(fill, most))
        if _keeps(guess, wanted):
            return guess, wanted
    return pipeline, timing(machine(pipeline))


def _shortest_at(pipeline: Pipeline, number: int, wanted: PipelineTiming) -> Pipeline:
    """The pipeline with the queues of one stage as short as they can be."""
    stage = pipeline.stages[number]
    without = pipeline
    for port in stage.ports:
        without = _with_fifo(without, number, port, 0)
    if _keeps(without, wanted):
        return without
    bits = [stage.layer.inputs[port].range.width * stage.lanes[port] for port in stage.ports]
    for port in sorted(stage.ports, key=lambda port: -bits[port]):
        pipeline = _shortest(pipeline, number, port, wanted)
    return pipeline


def _shortest(pipeline: Pipeline, number: int, port: int, wanted: PipelineTiming) -> Pipeline:
    """The pipeline with one queue as short as it can be.

    0 words are tried; then 1, 2, 4, ... fewer than there are until these are too few; then the
    numbers between the last two.
    """
    depth = pipeline.stages[number].fifos[port]
    if not depth or _keeps(_with_fifo(pipeline, number, port, 0), wanted):
        return _with_fifo(pipeline, number, port, 0)
    step = 1
    while _keeps(_with_fifo(pipeline, number, port, max(depth - step, 0)), wanted):
        depth, step = depth - step, 2 * step
    short = max(depth - step, 0)
    while depth - short > 1:
        middle = (short + depth) // 2
        if _keeps(_with_fifo(pipeline, number, port, middle), wanted):
            depth = middle
        else:
            short = middle
    return _with_fifo(pipeline, number, port, depth)


def _with_fifo(pipeline: Pipeline, number: int, port: int, depth: int) -> Pipeline:
    stages = list(pipeline.stages)
    fifos = list(stages[number].fifos)
    fifos[port] = depth
    stages[number] = replace(stages[number], fifos=tuple(fifos))
    return replace(pipeline, stages=tuple(stages))


def _keeps(pipeline: Pipeline, wanted: PipelineTiming) -> bool:
    """Whether the pipeline is as fast as it is with queues that are never full."""
    try:
        found = timing(machine(pipeline))
    except DeadlockError:
        return False
    spans = ((found.latencies[node], span) for node, span in wanted.latencies.items())
    in_time = all(a <= b for ours, theirs in spans for a, b in zip(ours, theirs, strict=True))
    return in_time and found.interval <= wanted.interval
