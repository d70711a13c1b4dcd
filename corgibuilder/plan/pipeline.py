"""The stages of a pipeline with their foldings: chosen for a target, or taken from a saved plan."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from corgibuilder.diagnostics import CompileError, Origin
from corgibuilder.ir import Conv, Network, Pool

from .folding import Feed, Folded, Folding, ceil_div, least_capacity
from .forms import Form, find_form
from .search import cheapest, fewest_cycles
from .stages import Stage, group_stages
from .target import Target
from .timing import Flow, Passage, pass_through

FRAMES = 3  #: frames in a run of the model: one to fill the pipeline, two in the steady state
SPARE_WORDS = 2  #: in every buffer, for the cycles in which a word written is not yet seen


@dataclass(frozen=True, slots=True)
class Link:
    """One stage in its place: how it is folded, its requantiser, and the words that reach it."""

    folded: Folded
    form: Form | None
    lanes: int

    @property
    def stage(self) -> Stage:
        return self.folded.stage

    @property
    def input_words(self) -> int:
        """Words of a frame that reach the stage."""
        shape = self.stage.x.shape
        return shape.pixels * ceil_div(shape.channels, self.lanes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """All stages of a network in topological order, and the channels in an input word."""

    network: Network
    input_lanes: int
    resizable: bool
    links: tuple[Link, ...]

    @property
    def input_node(self) -> str:
        return self.network.inputs[0].node

    @property
    def frame_cycles(self) -> int:
        """Cycles from one frame to the next: those of the slowest stage, or of the input."""
        shape = self.network.input_shape
        entry = shape.pixels * ceil_div(shape.channels, self.input_lanes)
        return max(entry, *(link.folded.frame_cycles for link in self.links))

    def lanes_of(self, node: str) -> int:
        """Channels in a word of the stream that carries the value of ``node``."""
        if node == self.input_node:
            return self.input_lanes
        return next(k.folded.folding.lanes for k in self.links if k.stage.result == node)


def is_resizable(network: Network) -> bool:
    """Whether the hardware takes maps of any size: no layer is tied to one, and there is a map."""
    return not network.fixed and network.input_shape.pixels > 1


def assemble(
    network: Network, stages: tuple[Stage, ...], foldings: Mapping[str, Folding], input_lanes: int
) -> Pipeline:
    """Pipeline of ``stages`` with a folding for each by name."""
    lanes = {network.inputs[0].node: input_lanes}
    links = []
    for stage in stages:
        folding = foldings[stage.name]
        links.append(Link(Folded(stage, folding), form_of(stage, network), lanes[stage.source]))
        lanes[stage.result] = folding.lanes
    return Pipeline(
        network=network,
        input_lanes=input_lanes,
        resizable=is_resizable(network),
        links=tuple(links),
    )


def form_of(stage: Stage, network: Network) -> Form | None:
    """How the stage brings its sums to activations; ``None`` where they already are."""
    if not isinstance(stage.engine, Conv) and stage.finish is None:
        return None
    x = stage.x if stage.engine is None else network.graph.type(stage.name)
    return find_form(stage.finish, x, stage.bias)


def choose(network: Network, target: Target) -> Pipeline:
    """The cheapest pipeline for ``target``; :class:`CompileError` if no folding is fast enough."""
    stages, resizable = group_stages(network), is_resizable(network)
    input_lanes = _input_lanes(network, target.budget)
    lanes = {network.inputs[0].node: input_lanes}
    foldings: dict[str, Folding] = {}
    for stage in stages:
        width = lanes[stage.source]
        folding = cheapest(stage, target.budget, lanes=width, resizable=resizable)
        if folding is None:
            raise _too_fast(network, stages, target, resizable=resizable)
        foldings[stage.name] = replace(folding, capacity=least_capacity(stage, folding.feed))
        lanes[stage.result] = folding.lanes
    return sized(assemble(network, stages, foldings, input_lanes))


def _input_lanes(network: Network, budget: int) -> int:
    """A whole pixel of an image; of anything else the fewest channels that come in in time."""
    shape = network.input_shape
    if shape.pixels > 1 and shape.channels <= 4:
        return shape.channels
    words = max(budget // shape.pixels, 1)
    return ceil_div(shape.channels, min(words, shape.channels))


def _too_fast(
    network: Network, stages: tuple[Stage, ...], target: Target, *, resizable: bool
) -> CompileError:
    least = {s.name: fewest_cycles(s, resizable=resizable) for s in stages}
    least[network.inputs[0].node] = network.input_shape.pixels
    worst = max(least, key=lambda name: least[name])
    fps = target.clock_hz / least[worst]
    at = next((s.node.origin for s in stages if s.name == worst), Origin(network.name))
    return CompileError(
        "CB403",
        f"{float(target.fps):g} frames/s at {target.clock_hz:,} Hz leave {target.budget:,} cycles "
        f"for a frame, and this layer takes {least[worst]:,} even when fully unrolled",
        at=at,
        help=f"ask for {fps:g} frames/s or fewer, or for a clock of "
        f"{float(least[worst] * target.fps) / 1e6:g} MHz or more",
    )


def passages(pipeline: Pipeline, entry: Flow) -> Iterator[tuple[Link, Passage]]:
    """Run the model on ``FRAMES`` frames that come in as in ``entry``."""
    flows = {pipeline.input_node: entry}
    for link in pipeline.links:
        passage = passed(link, flows[link.stage.source])
        flows[link.stage.result] = passage.flow
        yield link, passage


def passed(link: Link, flow: Flow, *, pace: int = 0) -> Passage:
    """Run of the model through one stage; ``pace`` as for :func:`~.timing.pass_through`."""
    return pass_through(link.folded, link.form, flow, lanes=link.lanes, frames=FRAMES, pace=pace)


def unhindered(pixels: int, words: int) -> Flow:
    """Pixels of ``words`` words offered without a pause, from cycle 0."""
    return Flow(np.arange(1, FRAMES * pixels + 1) * words - 1, words)


def sized(pipeline: Pipeline) -> Pipeline:
    """The same pipeline with line buffers and queues as large as the model says they have to be.

    Frames come in evenly, and every stage works evenly, at the pace of the slowest one: a stage
    that could be faster is held up by the next one's full buffer, which costs nothing. Only where
    rows of the map do not come as evenly as rows of windows, a stage is faster if that saves bits
    in its own queue and the next stages' buffers.
    """
    pixels, slowest = pipeline.network.input_shape.pixels, pipeline.frame_cycles
    flows = {
        pipeline.input_node: Flow(
            np.arange(1, FRAMES * pixels + 1) * slowest // pixels, slowest // pixels
        )
    }
    links = []
    for link in pipeline.links:
        after = [n for n in pipeline.links if n.stage.source == link.stage.result]
        flow = flows[link.stage.source]

        def bits(pace: int) -> int:
            passage = passed(link, flow, pace=pace)
            nexts = (fitted(n, passed(n, passage.flow, pace=slowest)) for n in after)
            return sum(memory_bits(sized) for sized in (fitted(link, passage), *nexts))

        best = min(paces(link, slowest), key=bits)
        passage = passed(link, flow, pace=best)
        flows[link.stage.result] = passage.flow
        links.append(fitted(link, passage))
    return replace(pipeline, links=tuple(links))


def paces(link: Link, slowest: int) -> list[int]:
    """Cycles per frame worth a look: the slowest stage's, and for strided windows the stage's own."""
    engine, fastest = link.stage.engine, link.folded.frame_cycles
    if not isinstance(engine, Conv | Pool) or engine.window.stride[0] == 1:
        return [slowest]
    return [slowest, (slowest + fastest) // 2, fastest]


def fitted(link: Link, passage: Passage) -> Link:
    """The stage with buffers as large as one run of the model needs them."""
    folding, stage = link.folded.folding, link.stage
    spare = SPARE_WORDS // link.folded.words
    queued = passage.queued
    if folding.feed in (Feed.LINES, Feed.COLUMNS):
        held = passage.held + spare if passage.held else 0
        folding = replace(folding, capacity=max(held, least_capacity(stage, folding.feed)))
    elif folding.feed is Feed.STREAM:
        queued -= 1
    elif folding.feed is Feed.BANKS:
        assert isinstance(stage.engine, Conv)
        queued = passage.held - stage.engine.window.kernel[0] * stage.x.shape.width
    if queued > 0:
        folding = replace(folding, fifo=(queued + spare) * link.folded.words)
    return replace(link, folded=Folded(stage, folding))


def memory_bits(link: Link) -> int:
    """Bits of the stage's line buffer and of the queue before it."""
    return link.folded.buffer_bits + link.folded.queue_bits


def stage_latency(link: Link) -> tuple[int, int]:
    """The same as :func:`latencies` for one stage by itself."""
    pixels = link.stage.x.shape.pixels
    words = link.input_words // pixels
    entry = unhindered(pixels, words)
    passage = pass_through(link.folded, link.form, entry, lanes=link.lanes, frames=FRAMES)
    return passage.first_word, int(passage.flow.times[link.stage.acc.shape.pixels - 1])


def latencies(pipeline: Pipeline) -> dict[str, tuple[int, int]]:
    """Cycles from a frame's first input word to the first and the last word of each output's frame.

    For the first frame into an empty pipeline, offered as fast as it is taken.
    """
    shape = pipeline.network.input_shape
    words = ceil_div(shape.channels, pipeline.input_lanes)
    found = {}
    for link, passage in passages(pipeline, unhindered(shape.pixels, words)):
        last = int(passage.flow.times[link.stage.acc.shape.pixels - 1])
        found[link.stage.result] = (passage.first_word, last)
    return {port.node: found[port.node] for port in pipeline.network.outputs}
