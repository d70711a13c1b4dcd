"""The stages of a pipeline with their foldings, and what the model of their timing says of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from corgibuilder.ir import Conv, Ints, Network, Pool, TensorType

from .folded import Folded
from .folding import Feed, Folding, ceil_div, least_capacity, words_of
from .regroup import Hop, hops
from .requantisers import Form, coded, find_form
from .stages import Stage
from .times import Times
from .timing import Flow, Passage, pass_through

FRAMES = 3  #: frames that size buffers: one to fill the pipeline, two in the steady state
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
        return self.words_of(self.stage.x.shape.pixels)

    def words_of(self, pixels: int) -> int:
        """Words that carry so many pixels, as the stage counts them."""
        stage = self.stage
        return words_of(pixels * stage.entering, stage.pixel_channels, self.lanes)

    @property
    def hops(self) -> list[Hop]:
        """The gearboxes between the words that arrive and the feed's."""
        stage = self.stage
        return hops(
            pixel=stage.pixel_channels,
            lanes=self.lanes,
            unit=stage.x.shape.channels,
            out_lanes=self.folded.input_lanes,
        )

    @property
    def queue_lanes(self) -> int:
        """Lanes of the queue's words: those that arrive, or the feed's where these are wider."""
        return max(self.lanes, self.folded.input_lanes)

    @property
    def queue_bits(self) -> int:
        """Bits of the queue before the feed."""
        return self.folded.folding.fifo * self.queue_lanes * self.stage.x.range.width

    def queue_words(self, pixels: int) -> int:
        """Words of the queue that carry so many pixels."""
        wide = self.folded.input_lanes >= self.lanes
        return pixels * self.folded.words if wide else self.words_of(pixels)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """All stages of a network in topological order, and the values in an input word."""

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
        entry = words_of(shape.pixels, shape.channels, self.input_lanes)
        return max(entry, *(link.folded.frame_cycles for link in self.links))

    @property
    def multipliers(self) -> int:
        return sum(link.folded.multipliers for link in self.links)

    def lanes_of(self, node: str) -> int:
        """Values in a word of the stream that carries the value of ``node``."""
        if node == self.input_node:
            return self.input_lanes
        return next(k.folded.folding.lanes for k in self.links if k.stage.result == node)

    def words_of(self, node: str) -> int:
        """Words of a frame in the stream that carries the value of ``node``."""
        shape = self.network.graph.type(node).shape
        return words_of(shape.pixels, shape.channels, self.lanes_of(node))


def smallest_map(links: Sequence[Link], node: str) -> tuple[int, int]:
    """Rows and columns of the least map at ``node`` that leaves every link after it something."""
    least: dict[str, tuple[int, int]] = {}
    for link in reversed(links):
        stage = link.stage
        rows, columns = least.get(stage.result, (1, 1))
        if isinstance(stage.engine, Conv | Pool):
            rows, columns = stage.engine.window.least_input(rows, columns)
        others = least.get(stage.source, (1, 1))
        least[stage.source] = max(rows, others[0]), max(columns, others[1])
    return least[node]


def is_resizable(network: Network) -> bool:
    """Whether the hardware takes maps of any size: no layer is tied to one, and there is a map."""
    return not network.fixed and network.input_shape.pixels > 1


def several_pixels(network: Network, foldings: Mapping[str, Folding], input_lanes: int) -> bool:
    """Whether several pixels travel as one anywhere, which ties the hardware to one width."""
    return input_lanes > network.input_shape.channels or any(
        folding.pixels > 1 for folding in foldings.values()
    )


def form_of(stage: Stage) -> Form | None:
    """How the stage brings its sums to codes of activations; ``None`` where they already are."""
    if not isinstance(stage.engine, Conv) and stage.finish is None:
        return None
    acc = stage.acc
    x = TensorType(acc.shape, acc.lo + stage.bias, acc.hi + stage.bias)
    return find_form(coded(stage.finish, stage.out.range), x, stage.bias)


def assemble(
    network: Network,
    stages: tuple[Stage, ...],
    foldings: Mapping[str, Folding],
    input_lanes: int,
    form: Callable[[Stage], Form | None] = form_of,
) -> Pipeline:
    """Pipeline of ``stages``, as wide as they are to be, with a folding for each by name.

    ``form`` is :func:`form_of`, or remembers what that said of a stage.
    """
    lanes = {network.inputs[0].node: input_lanes}
    links = []
    for stage in stages:
        folding = foldings[stage.name]
        links.append(Link(Folded(stage, folding), form(stage), lanes[stage.source]))
        lanes[stage.result] = folding.lanes
    return Pipeline(
        network=network,
        input_lanes=input_lanes,
        resizable=is_resizable(network) and not several_pixels(network, foldings, input_lanes),
        links=tuple(links),
    )


def passages(pipeline: Pipeline, entry: Flow) -> Iterator[tuple[Link, Passage]]:
    """Run the model on one frame, which comes in as in ``entry``."""
    flows: Mapping[str, Flow] = {pipeline.input_node: entry}
    for number, link in enumerate(pipeline.links):
        passage = passed(link, flows[link.stage.source], frames=1)
        left = {link.stage.result: passage.flow}
        flows = _still_read({**flows, **left}, pipeline.links[number + 1 :])
        yield link, passage


def _still_read(flows: Mapping[str, Flow], links: Sequence[Link]) -> Mapping[str, Flow]:
    """Those that one of ``links`` reads: large maps leave no memory for others."""
    sources = {link.stage.source for link in links}
    return {node: flow for node, flow in flows.items() if node in sources}


def passed(link: Link, flow: Flow, *, frames: int, pace: int = 0) -> Passage:
    """The stage's part in a run; the pixels of ``flow`` are those of the network's map.

    ``frames`` and ``pace`` as for :func:`~.timing.pass_through`.
    """
    stage = link.stage
    entering = Flow(flow.times.every(stage.entering), flow.spread)
    passage = pass_through(
        link.folded, link.form, entering, lanes=link.lanes, frames=frames, pace=pace
    )
    times = passage.flow.times.repeated(stage.leaving)
    return replace(passage, flow=Flow(times, passage.flow.spread))


def unhindered(pixels: int, channels: int, lanes: int) -> Flow:
    """A frame in words of so many lanes, one in every cycle from cycle 0 on."""
    words, together = ceil_div(channels, lanes), max(lanes // channels, 1)
    return Flow(Times.where(lambda k: (k // together + 1) * words - 1, pixels), words)


def sized(pipeline: Pipeline) -> Pipeline:
    """The same pipeline with line buffers and queues as large as the model says they have to be.

    Frames come in evenly, and every stage works evenly, at the pace of the slowest one: a stage
    that could be faster is held up by the next one's full buffer, which costs nothing. Only where
    rows of the map do not come as evenly as rows of windows, a stage is faster if that saves bits
    in its own queue and the next stages' buffers.
    """
    pixels, slowest = pipeline.network.input_shape.pixels, pipeline.frame_cycles
    flows: Mapping[str, Flow] = {pipeline.input_node: _even(pixels, slowest)}
    links = []
    for number, link in enumerate(pipeline.links):
        after = [n for n in pipeline.links if n.stage.source == link.stage.result]
        flow = flows[link.stage.source]
        runs = [passed(link, flow, frames=FRAMES, pace=pace) for pace in paces(link, slowest)]
        fits = [(fitted(link, run), run) for run in runs]
        if len(fits) > 1:
            fits.sort(key=partial(_memory_bits, after, slowest))
        links.append(fits[0][0])
        left = {link.stage.result: fits[0][1].flow}
        flows = _still_read({**flows, **left}, pipeline.links[number + 1 :])
    return replace(pipeline, links=tuple(links))


def _even(pixels: int, cycles: int) -> Flow:
    """Frames whose pixels come evenly, each within so many cycles."""
    whole, rest = divmod(cycles, pixels)

    def times(index: Ints) -> Ints:
        count = index + 1
        return count * whole + count * rest // pixels

    return Flow(Times.where(times, FRAMES * pixels), whole)


def _memory_bits(after: list[Link], slowest: int, fit: tuple[Link, Passage]) -> int:
    """Bits of the buffers of a stage in a run, and of the stages ``after`` it."""
    link, run = fit
    nexts = [fitted(n, passed(n, run.flow, frames=FRAMES, pace=slowest)) for n in after]
    return sum(stage.folded.buffer_bits + stage.queue_bits for stage in (link, *nexts))


def paces(link: Link, slowest: int) -> list[int]:
    """Cycles per frame worth a look: the slowest stage's; for strided windows up to its own."""
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
        held, least = passage.held, least_capacity(stage, folding.feed)
        folding = replace(folding, capacity=max(held + spare, least) if held else least)
    elif folding.feed is Feed.STREAM and queued == 1:
        queued = 0  # the one being worked on
    elif folding.feed is Feed.BANKS:
        assert isinstance(stage.engine, Conv)
        queued = passage.held - stage.engine.window.kernel[0] * stage.x.shape.width
    if queued > 0:
        folding = replace(folding, fifo=link.queue_words(queued + spare))
    return replace(link, folded=Folded(stage, folding))


def _last_word(stage: Stage, passage: Passage) -> int:
    """Cycle of the last word of the first frame."""
    return passage.flow.times.at(stage.acc.shape.pixels * stage.leaving - 1)


def estimated_latency(pipeline: Pipeline) -> int:
    """Cycles from a frame's first input word to the first word of the output that ends last.

    For the first frame into an empty pipeline with endless buffers. An estimate, for comparing many
    pipelines quickly; :mod:`~.simulation` says it exactly.
    """
    shape = pipeline.network.input_shape
    entry = unhindered(shape.pixels, shape.channels, pipeline.input_lanes)
    found = {}
    for link, passage in passages(pipeline, entry):
        found[link.stage.result] = (_last_word(link.stage, passage), passage.first_word)
    ends = [found[port.node] for port in pipeline.network.outputs if port.node in found]
    return max(ends)[1]
