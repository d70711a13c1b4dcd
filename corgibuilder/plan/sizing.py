"""Sizes of buffers, and an estimate of the latency, from when words come at each stage."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from corgibuilder.ir import Ints

from .folding import ceil_div
from .kinds.windowed import FRAMES, SPARE_WORDS
from .layers import Layer
from .pipeline import Pipeline
from .planned_stage import PlannedStage
from .times import Times
from .traces import StageTrace, Trace


def stage_traces(
    pipeline: Pipeline, entering: Mapping[str, Trace]
) -> Iterator[tuple[PlannedStage, StageTrace]]:
    """Estimate the course of one frame, which comes in at each input as in ``entering``."""
    traces = entering
    for number, stage in enumerate(pipeline.stages):
        run = trace_stage(stage, [traces[source] for source in stage.layer.sources], frames=1)
        left = {stage.layer.result: run.out}
        traces = _still_read({**traces, **left}, pipeline.stages[number + 1 :])
        yield stage, run


def _still_read(traces: Mapping[str, Trace], stages: Sequence[PlannedStage]) -> Mapping[str, Trace]:
    """Those that one of ``stages`` reads: large maps leave no memory for others."""
    sources = {source for stage in stages for source in stage.layer.sources}
    return {node: trace for node, trace in traces.items() if node in sources}


def trace_stage(
    stage: PlannedStage, arrivals: Sequence[Trace], *, frames: int, pace: int = 0
) -> StageTrace:
    """The stage's part in a run; the pixels of ``arrivals`` are those of the network's maps.

    ``frames`` and ``pace`` as for :meth:`~.kinds.FoldedStage.trace`.
    """
    layer = stage.layer
    entering = tuple(
        Trace(
            arrival.times.every(layer.input_pixels).delayed(int(stage.regroups(port))),
            arrival.spread,
        )
        for port, arrival in enumerate(arrivals)
    )
    run = stage.folded.trace(entering, stage.behind, frames, pace)
    times = run.out.times.repeated(layer.output_pixels)
    return replace(run, out=Trace(times, run.out.spread))


def unhindered(pixels: int, channels: int, lanes: int) -> Trace:
    """A frame in words of so many lanes, one in every cycle from cycle 0 on."""
    words, together = ceil_div(channels, lanes), max(lanes // channels, 1)
    return Trace(Times.where(lambda k: (k // together + 1) * words - 1, pixels), words)


def sized(pipeline: Pipeline) -> Pipeline:
    """The same pipeline with line buffers and queues as large as the estimate says.

    Frames come in evenly, and every stage works evenly, at the pace of the slowest one: a stage
    that could be faster is held up by the next one's full buffer, which costs nothing. Only where
    rows of the map do not come as evenly as rows of windows, a stage is faster if that saves bits
    in its own queue and the next stages' buffers.
    """
    graph, slowest = pipeline.network.graph, pipeline.frame_cycles
    traces: Mapping[str, Trace] = {
        node: _even(graph.type(node).shape.pixels, slowest) for node in pipeline.inputs
    }
    stages = []
    for number, stage in enumerate(pipeline.stages):
        after = [s for s in pipeline.stages if stage.layer.result in s.layer.sources]
        arrivals = [traces[source] for source in stage.layer.sources]
        paces = stage.folded.paces(slowest)
        runs = [trace_stage(stage, arrivals, frames=FRAMES, pace=pace) for pace in paces]
        fits = [(fitted(stage, run), run) for run in runs]
        if len(fits) > 1:
            fits.sort(key=partial(_memory_bits, after, slowest))
        stages.append(fits[0][0])
        left = {stage.layer.result: fits[0][1].out}
        traces = _still_read({**traces, **left}, pipeline.stages[number + 1 :])
    return replace(pipeline, stages=tuple(stages))


def _even(pixels: int, cycles: int) -> Trace:
    """Frames whose pixels come evenly, each within so many cycles."""
    whole, rest = divmod(cycles, pixels)

    def times(index: Ints) -> Ints:
        count = index + 1
        return count * whole + count * rest // pixels

    return Trace(Times.where(times, FRAMES * pixels), whole)


def _memory_bits(
    after: list[PlannedStage], slowest: int, fit: tuple[PlannedStage, StageTrace]
) -> int:
    """Bits of the buffers of a stage in a run, and of the stages ``after`` it."""
    stage, run = fit
    nexts = [
        fitted(n, trace_stage(n, [run.out] * len(n.ports), frames=FRAMES, pace=slowest))
        for n in after
    ]
    return sum(each.folded.buffer_bits + each.queue_bits for each in (stage, *nexts))


def fitted(stage: PlannedStage, run: StageTrace) -> PlannedStage:
    """The stage with buffers as large as one run of the estimate needs them."""
    found, queued = stage.folded.with_memory(run)
    fifos = stage.fifos
    if queued > 0:
        spare = SPARE_WORDS // found.words
        fifos = (stage.queue_words(0, queued + spare), *fifos[1:])
    return replace(stage, folded=found, fifos=fifos)


def _last_word(layer: Layer, run: StageTrace) -> int:
    """Cycle of the last word of the first frame."""
    return run.out.times.at(layer.acc.shape.pixels * layer.output_pixels - 1)


def estimated_latency(pipeline: Pipeline) -> int:
    """Cycles from a frame's first input word to the first word of the output that ends last.

    For the first frame into an empty pipeline with endless buffers. An estimate, for comparing many
    pipelines quickly; :mod:`~.simulation` says it exactly.
    """
    entering = {}
    for node, lanes in pipeline.input_lanes.items():
        shape = pipeline.network.graph.type(node).shape
        entering[node] = unhindered(shape.pixels, shape.channels, lanes)
    found = {}
    for stage, run in stage_traces(pipeline, entering):
        found[stage.layer.result] = (_last_word(stage.layer, run), run.first_word)
    ends = [found[port.node] for port in pipeline.network.outputs if port.node in found]
    return max(ends)[1]
