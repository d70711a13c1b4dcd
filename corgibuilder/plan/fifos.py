"""Depths of the queues where branches of a network meet again.

A branch that is ahead waits at the join for the others, which still hold what they need for their
windows. With too short a queue there the fork before the branches stops, and with it what feeds the
others: the pipeline slows down, or stops for ever. Depths are found by the simulation of the whole
pipeline: each is as short as it can be with the interval of the slowest stage and the latency that
the pipeline has with queues for whole frames. A word takes two cycles through a queue. So where
another queue has gone since, one that was as short as possible may be shorter still, and is looked
at again.

A region, from a fork to the join where its branches meet again, tells where to look, and is soon
simulated by itself. Where the whole pipeline takes long to simulate, queues stay a few words longer
than regions need; where regions do too, so long that they are never full.
"""

from collections.abc import Callable, Container
from dataclasses import replace

from .components import Rule
from .pipeline import Pipeline
from .planned_stage import PlannedStage, most_queued
from .simulation import (
    DeadlockError,
    JoinQueue,
    Machine,
    Pace,
    Region,
    in_time,
    keeps_pace,
    latencies,
    least_interval,
    machine,
    pipeline_fills,
    pipeline_timing,
    regions,
    shortest,
    timing,
)

Enough = Callable[[Pipeline], bool]  #: whether a pipeline with shorter queues is still fast enough

ROOMY_FRAMES = 2  #: that a queue holds before it is shortened, or all that are under way
MORE_WORDS = (0, 4, 64)  #: than a region by itself needs, tried one after the other
#: Cycles of a frame times components times queues: up to this queues are tried with fewer words,
#: in the whole pipeline or else in their regions, which takes half a minute at most. ResNet-20 has
#: 7e7; ResNet-50 of 224x224 has 1e9 at 2,700 frames/s, and 6e7 in all its regions.
MOST_WORK = 2e8


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
    if _work_in_regions(pipeline, regions(pipeline, joins)) <= MOST_WORK:
        longer = "queues may be a little longer than they have to be"
    else:
        longer = "queues are so long that they are never full, and shorter ones were not tried"
    return (f"a frame takes long to simulate: {longer}",)


def _work(pipeline: Pipeline, joins: list[int]) -> int:
    queues = sum(len(pipeline.stages[number].ports) for number in joins)
    return pipeline.frame_cycles * _components(machine(pipeline)) * queues


def _work_in_regions(pipeline: Pipeline, parts: dict[int, Region]) -> int:
    return pipeline.frame_cycles * sum(
        _components(part.machine(pipeline)) * len(pipeline.stages[number].ports)
        for number, part in parts.items()
    )


def _components(simulated: Machine) -> int:
    """Components that are there whatever queues there are."""
    return int((simulated.rules != Rule.QUEUE).sum())


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

    def unpaced(tried: Pipeline) -> bool:
        return timing(machine(tried)).interval <= wanted.interval

    shortened = _all_shortest(pipeline, joins, paced)
    if unpaced(shortened):
        return shortened
    # frames that come early are in the way of those before them
    return _all_shortest(pipeline, joins, lambda tried: paced(tried) and unpaced(tried))


def _all_shortest(pipeline: Pipeline, joins: list[int], enough: Enough) -> Pipeline:
    """With queues each of which is too short with a word less."""
    for number in joins:
        pipeline = _shortest_at(pipeline, number, enough)
    once_more: Pipeline | None = pipeline
    while once_more is not None:
        pipeline = once_more
        once_more = _shortened_once(pipeline, joins, enough)
    return pipeline


def _refused(pipeline: Pipeline, joins: list[int], found: dict[tuple[str, int], int]) -> bool:
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


def _nearly_shortest(
    pipeline: Pipeline,
    joins: list[int],
    found: dict[tuple[str, int], int],
    wanted: Pace,
) -> Pipeline:
    """The pipeline with queues a little longer than they have to be.

    Each is as short as it can be where nothing but its own region is simulated, which frames enter
    in every ``wanted.interval`` cycles and whose exits are always read; then all that are there are
    longer by as many words as the whole pipeline needs. Where that is not enough, or regions take
    long to simulate, queues are never full.
    """
    never_full = _never_full(pipeline, joins, found)
    longer: list[Pipeline] = []
    parts = regions(pipeline, joins)
    if _work_in_regions(pipeline, parts) <= MOST_WORK:
        guess = never_full
        for number, part in parts.items():
            guess = _shortest_in_region(guess, number, part, wanted.interval)
        longer = [_longer(guess, never_full, words) for words in MORE_WORDS]
        longer.append(_longer(guess, never_full, MORE_WORDS[-1], everywhere=True))
    fitting = (tried for tried in (*longer, never_full) if in_time(machine(tried), wanted))
    nearly = next(fitting, None)
    if nearly is None:  # whatever queues there are, the pipeline is slower
        as_fast = in_time(machine(never_full), pipeline_timing(pipeline))
        nearly = never_full if as_fast else pipeline
    return nearly


def _never_full(
    pipeline: Pipeline, joins: list[int], found: dict[tuple[str, int], int]
) -> Pipeline:
    """With the least depths that refuse no word, but no longer than they are."""
    for number in joins:
        stage = pipeline.stages[number]
        for port in stage.ports:
            most = found.get((stage.layer.name, port), 0)
            pipeline = pipeline.with_fifo(number, port, min(most, stage.fifos[port]))
    return pipeline


def _longer(
    pipeline: Pipeline, never_full: Pipeline, words: int, *, everywhere: bool = False
) -> Pipeline:
    """With so many words more in each queue that is there, but no more than never to be full.

    With ``everywhere`` also in those that are not there.
    """

    def longer(depth: int, most: int) -> int:
        return min(depth + words, most) if depth or everywhere else 0

    stages = (
        replace(stage, fifos=tuple(map(longer, stage.fifos, longest.fifos)))
        for stage, longest in zip(pipeline.stages, never_full.stages, strict=True)
    )
    return replace(pipeline, stages=tuple(stages))


def _shortest_in_region(pipeline: Pipeline, number: int, part: Region, interval: int) -> Pipeline:
    """With the queues of one stage as short as its region by itself allows."""
    try:
        spans = latencies(part.machine(pipeline), frame_interval=interval)
    except DeadlockError:
        return pipeline
    wanted = Pace(interval=interval, latencies=spans)

    def enough(tried: Pipeline) -> bool:
        return keeps_pace(part.machine(tried), wanted, stalls=False)

    return _shortest_at(pipeline, number, enough) if enough(pipeline) else pipeline


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
