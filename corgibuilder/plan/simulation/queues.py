"""How long the queues at joins have to be, by the simulation of the whole pipeline.

Where branches meet again, the branch that is ahead waits for the others. With too short a queue
there, the fork before the branches stops, and with it what feeds the others.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from corgibuilder.plan.pipeline import Pipeline
from corgibuilder.plan.planned_stage import PlannedStage, most_queued

from .alone import least_interval
from .chains import machine
from .simulate import DeadlockError, Pace, keeps_pace, latencies, never_stops, timing


@dataclass(frozen=True, slots=True)
class JoinQueue:
    """The queue in front of an input of a stage, by their numbers."""

    number: int
    port: int

    def stage(self, pipeline: Pipeline) -> PlannedStage:
        return pipeline.stages[self.number]

    def depth(self, pipeline: Pipeline) -> int:
        return self.stage(pipeline).fifos[self.port]

    def with_depth(self, pipeline: Pipeline, depth: int) -> Pipeline:
        return pipeline.with_fifo(self.number, self.port, depth)

    def longest(self, pipeline: Pipeline) -> Pipeline:
        """The pipeline with as many words in this queue as there may be."""
        stage = self.stage(pipeline)
        most = most_queued(stage.layer, self.port, stage.lanes[self.port])
        return self.with_depth(pipeline, most)


def queues(pipeline: Pipeline) -> Iterator[JoinQueue]:
    """All queues at joins."""
    for number, stage in enumerate(pipeline.stages):
        if len(stage.ports) > 1:
            yield from (JoinQueue(number, port) for port in stage.ports)


def shortest(
    pipeline: Pipeline, queue: JoinQueue, enough: Callable[[Pipeline], bool], *, least: int = 0
) -> Pipeline:
    """The pipeline, which is fast ``enough``, with one queue as short as it can be then.

    ``least`` words are tried; then 1, 2, 4, ... fewer than there are until these are too few; then
    the numbers between the last two.
    """

    def works(words: int) -> bool:
        return enough(queue.with_depth(pipeline, words))

    depth = queue.depth(pipeline)
    if depth <= least or works(least):
        return queue.with_depth(pipeline, least)
    step = 1
    while works(max(depth - step, least)):
        depth, step = depth - step, 2 * step
    short = max(depth - step, least)
    while depth - short > 1:
        middle = (short + depth) // 2
        if works(middle):
            depth = middle
        else:
            short = middle
    return queue.with_depth(pipeline, depth)


@dataclass(frozen=True, slots=True)
class ShortQueues:
    """A pipeline, what is the same with ``longer`` queues, and which of them have to be longer."""

    pipeline: Pipeline
    longer: Pipeline
    short: tuple[JoinQueue, ...]

    @property
    def needs(self) -> str:
        """What each of them has and needs, for people."""
        return "; ".join(
            f"input {queue.port} of {queue.stage(self.pipeline).layer.name!r} has a queue of"
            f" {queue.depth(self.pipeline)} words and needs {queue.depth(self.longer)}"
            for queue in self.short
        )

    @property
    def remedy(self) -> str:
        """What to give, for people."""
        stages = (self.longer.stages[n] for n in dict.fromkeys(q.number for q in self.short))
        fifos = ", ".join(f"{stage.layer.name!r}: fifo = {list(stage.fifos)}" for stage in stages)
        return f"give this in the pins, or with the edges of the plan: {fifos}"


def short_queues(pipeline: Pipeline) -> ShortQueues | None:
    """The queues that cost time, if there are any and longer ones are enough.

    One queue is longer where that is enough, otherwise as few as are found one by one.
    """
    working = _working(pipeline)
    if working is None:
        return None
    short = tuple(q for q in queues(pipeline) if q.depth(pipeline) < q.depth(working))
    return ShortQueues(pipeline, working, short) if short else None


def _working(pipeline: Pipeline) -> Pipeline | None:
    """The pipeline with queues just long enough to cost no time; ``None`` if none are."""
    longest = pipeline
    for queue in queues(pipeline):
        longest = queue.longest(longest)
    try:
        interval = least_interval(pipeline)
        spans = latencies(machine(longest), frame_interval=interval)
        wanted = Pace(interval=interval, latencies=spans)
        if not keeps_pace(machine(longest), wanted):
            wanted = timing(machine(longest))
    except DeadlockError:
        return None

    def enough(tried: Pipeline) -> bool:
        return keeps_pace(machine(tried), wanted) and never_stops(machine(tried))

    for queue in queues(pipeline):
        longer = queue.longest(pipeline)
        if enough(longer):
            return shortest(longer, queue, enough, least=queue.depth(pipeline))
    for queue in queues(pipeline):
        longest = shortest(longest, queue, enough, least=queue.depth(pipeline))
    return longest
