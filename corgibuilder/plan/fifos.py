"""Depths of the queues where branches of a network meet again.

A branch that is ahead waits at the join for the others, which still hold what they need for their
windows. With too short a queue there the fork before the branches stops, and with it what feeds the
others: the pipeline slows down, or stops for ever. Depths are found by the simulation of the whole
pipeline: first with queues for whole frames, then each one as short as it can be with the same
interval and latencies. A longer queue never makes a pipeline slower, so that a queue that was as
short as possible while others were longer is so in the end, too.
"""

from dataclasses import replace

from .pipeline import Pipeline, PlannedStage
from .simulation import DeadlockError, PipelineTiming, machine, timing

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
    wanted = timing(machine(pipeline))
    for number in joins:
        stage = pipeline.stages[number]
        without = pipeline
        for port in stage.ports:
            without = _with_fifo(without, number, port, 0)
        if _keeps(without, wanted):
            pipeline = without
            continue
        bits = [stage.layer.inputs[port].range.width * stage.lanes[port] for port in stage.ports]
        for port in sorted(stage.ports, key=lambda port: -bits[port]):
            pipeline = _shortest(pipeline, number, port, wanted)
    return pipeline


def _shortest(pipeline: Pipeline, number: int, port: int, wanted: PipelineTiming) -> Pipeline:
    """The pipeline with one queue as short as it can be.

    First 0, 1, 2, 4, ... words are tried, then the numbers between the last two.
    """
    most = pipeline.stages[number].fifos[port]
    short, depth = -1, 0
    while depth < most and not _keeps(_with_fifo(pipeline, number, port, depth), wanted):
        short, depth = depth, max(1, 2 * depth)
    depth = min(depth, most)
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
