"""Why a pipeline stops: which of the queues at its joins are too short, and how long they must be.

Where branches meet again, the branch that is ahead waits for the others. With too short a queue
there, the fork before the branches stops, and with it what feeds the others.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from corgibuilder.diagnostics import CompileError, Origin
from corgibuilder.plan.pipeline import Pipeline
from corgibuilder.plan.planned_stage import PlannedStage, most_queued

from .alone import least_interval
from .chains import machine
from .simulate import DeadlockError, PipelineTiming, keeps, latencies, timing

PROBLEM = "with these buffers the pipeline would stop and never go on"


@dataclass(frozen=True, slots=True)
class _Queue:
    """The queue in front of an input of a stage, by their numbers."""

    number: int
    port: int

    def stage(self, pipeline: Pipeline) -> PlannedStage:
        return pipeline.stages[self.number]

    def depth(self, pipeline: Pipeline) -> int:
        return self.stage(pipeline).fifos[self.port]

    def most(self, pipeline: Pipeline) -> int:
        stage = self.stage(pipeline)
        return most_queued(stage.layer, self.port, stage.lanes[self.port])

    def with_depth(self, pipeline: Pipeline, depth: int) -> Pipeline:
        stages, stage = list(pipeline.stages), self.stage(pipeline)
        fifos = (*stage.fifos[: self.port], depth, *stage.fifos[self.port + 1 :])
        stages[self.number] = replace(stage, fifos=fifos)
        return replace(pipeline, stages=tuple(stages))


def stopped(pipeline: Pipeline) -> CompileError:
    """What to say (CB416) of a pipeline that stops for ever."""
    working = _working(pipeline)
    if working is None:
        return CompileError(
            "CB416",
            PROBLEM,
            at=Origin(pipeline.network.name),
            help="give larger capacity values in the plan or the pins, or plan anew",
        )
    short = [queue for queue in _queues(pipeline) if queue.depth(pipeline) < queue.depth(working)]
    sentences = [
        f"input {queue.port} of {queue.stage(pipeline).layer.name!r} has a queue of"
        f" {queue.depth(pipeline)} words and needs {queue.depth(working)}"
        for queue in short
    ]
    fifos = ", ".join(
        f"{stage.layer.name!r}: fifo = {list(stage.fifos)}"
        for number, stage in enumerate(working.stages)
        if any(queue.number == number for queue in short)
    )
    return CompileError(
        "CB416",
        f"{PROBLEM}: {'; '.join(sentences)}",
        at=short[0].stage(pipeline).layer.node.origin,
        help=f"give this in the pins, or with the edges of the plan: {fifos}",
    )


def _queues(pipeline: Pipeline) -> Iterator[_Queue]:
    """All queues at joins."""
    for number, stage in enumerate(pipeline.stages):
        if len(stage.ports) > 1:
            yield from (_Queue(number, port) for port in stage.ports)


def _working(pipeline: Pipeline) -> Pipeline | None:
    """The pipeline with queues just long enough to cost no time; ``None`` if none are.

    One queue is longer where that is enough, otherwise as few as are found one by one.
    """
    queues = tuple(_queues(pipeline))
    longest = pipeline
    for queue in queues:
        longest = queue.with_depth(longest, queue.most(pipeline))
    try:
        interval = least_interval(pipeline)
        spans = latencies(machine(longest), interval=1)
        wanted = PipelineTiming(interval=interval, latencies=spans)
        if not keeps(machine(longest), wanted):
            wanted = timing(machine(longest))
    except DeadlockError:
        return None
    for queue in queues:
        longer = queue.with_depth(pipeline, queue.most(pipeline))
        if keeps(machine(longer), wanted):
            return _shortened(longer, queue, queue.depth(pipeline), wanted)
    for queue in queues:
        longest = _shortened(longest, queue, queue.depth(pipeline), wanted)
    return longest


def _shortened(pipeline: Pipeline, queue: _Queue, short: int, wanted: PipelineTiming) -> Pipeline:
    """The pipeline with one of its queues as short as can be, from ``short`` words on."""
    if keeps(machine(queue.with_depth(pipeline, short)), wanted):
        return queue.with_depth(pipeline, short)
    enough = queue.depth(pipeline)
    while enough - short > 1:
        middle = (short + enough) // 2
        if keeps(machine(queue.with_depth(pipeline, middle)), wanted):
            enough = middle
        else:
            short = middle
    return queue.with_depth(pipeline, enough)
