"""The stages of a pipeline in their places, and what the estimate of their timing says of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from corgibuilder.diagnostics import CompileError
from corgibuilder.ir import Ints, Network, TensorType

from .components import BufferConfig, ComponentConfig, GearboxConfig, QueueConfig, RequantiserConfig
from .folding import Folding, RequantiserKind, ceil_div, words_of
from .kinds import FoldedStage, folded, kind_of
from .kinds.windowed import FRAMES, MAX_BUFFER_BITS, SPARE_WORDS
from .layers import Layer
from .regroup import hops
from .requantisers import Form, cheapest_form, code_forms, kind_of_form
from .times import Times
from .traces import StageTrace, Trace

BUFFER_CYCLES = 1  #: of the buffer at the end of a stage


@dataclass(frozen=True, slots=True)
class PlannedStage:
    """One stage in its place.

    Parameters
    ----------
    folded
        The layer and how it is folded.
    form
        What the requantiser does, or ``None`` where there is none.
    lanes
        For each input the values in a word that arrives: channels of a pixel, or whole pixels.
    fifos
        For each input the words of the queue in front of it, as wide as those that arrive or as
        those that the stage works on, whichever are wider; 0 for none.
    """

    folded: FoldedStage
    form: Form | None
    lanes: tuple[int, ...]
    fifos: tuple[int, ...]

    @property
    def layer(self) -> Layer:
        return self.folded.layer

    @property
    def ports(self) -> range:
        """Numbers of the inputs."""
        return range(len(self.layer.inputs))

    def input_words(self, port: int) -> int:
        """Words of a frame that reach an input."""
        return self.words_of(port, self.layer.inputs[port].shape.pixels)

    def words_of(self, port: int, pixels: int) -> int:
        """Words that carry so many pixels, as the stage counts them."""
        count = self.layer.input_pixels
        return words_of(pixels * count, self._pixel_channels(port), self.lanes[port])

    def _pixel_channels(self, port: int) -> int:
        return self.layer.inputs[port].shape.channels // self.layer.input_pixels

    def queue(self, port: int) -> QueueConfig | None:
        """The queue in front of an input; where words are wide, it holds the fewest."""
        if not self.fifos[port]:
            return None
        lanes = max(self.lanes[port], self.folded.input_lanes(port))
        return QueueConfig(x=self.layer.inputs[port].range, lanes=lanes, depth=self.fifos[port])

    @property
    def queue_bits(self) -> int:
        """Bits of the queues in front of the inputs."""
        queues = (self.queue(port) for port in self.ports)
        return sum(queue.bits for queue in queues if queue)

    def queue_words(self, port: int, pixels: int) -> int:
        """Words of the queue that carry so many pixels."""
        worked_on = self.folded.input_lanes(port)
        if worked_on < self.lanes[port]:
            return self.words_of(port, pixels)
        return pixels * ceil_div(self.layer.inputs[port].shape.channels, worked_on)

    def regroups(self, port: int) -> bool:
        """Whether the words that arrive are not those that the stage works on."""
        return self.lanes[port] != self.folded.input_lanes(port)

    def input_components(self, port: int) -> Iterator[ComponentConfig]:
        """What stands in front of an input: a queue, and gearboxes."""
        x, worked_on = self.layer.inputs[port], self.folded.input_lanes(port)
        queue = self.queue(port)
        if queue and self.lanes[port] > worked_on:
            yield queue
        found = hops(
            pixel=self._pixel_channels(port),
            lanes=self.lanes[port],
            unit=x.shape.channels,
            out_lanes=worked_on,
        )
        for number, (channels, before, after) in enumerate(found):
            name = f"gearbox_{number}" if number else "gearbox"
            yield GearboxConfig(
                x=x.range, channels=channels, in_lanes=before, out_lanes=after, name=name
            )
        if queue and self.lanes[port] <= worked_on:
            yield queue

    def components(self) -> Iterator[ComponentConfig]:
        """What the stage is made of behind that: from window source to output buffer."""
        yield from self.folded.components()
        layer, lanes = self.layer, self.folded.folding.lanes
        if self.form is not None:
            yield RequantiserConfig(
                form=self.form,
                acc=layer.acc.range,
                out=layer.out.range,
                channels=layer.acc.shape.channels,
                lanes=lanes,
            )
        yield BufferConfig(x=layer.out.range, lanes=lanes)

    @property
    def all_components(self) -> tuple[ComponentConfig, ...]:
        """Those in front of the inputs, then the others."""
        before = (each for port in self.ports for each in self.input_components(port))
        return (*before, *self.components())

    @property
    def behind(self) -> int:
        """Cycles from an accumulator to the stage's output."""
        return (self.form.latency if self.form else 0) + BUFFER_CYCLES


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """All stages of a network in topological order, and the values in an input word."""

    network: Network
    input_lanes: int
    resizable: bool
    stages: tuple[PlannedStage, ...]

    @property
    def input_node(self) -> str:
        return self.network.inputs[0].node

    @property
    def frame_cycles(self) -> int:
        """Cycles from one frame to the next: those of the slowest stage, or of the input."""
        shape = self.network.input_shape
        entry = words_of(shape.pixels, shape.channels, self.input_lanes)
        return max(entry, *(stage.folded.frame_cycles for stage in self.stages))

    @property
    def multipliers(self) -> int:
        return sum(stage.folded.multipliers for stage in self.stages)

    def lanes_of(self, node: str) -> int:
        """Values in a word of the stream that carries the value of ``node``."""
        if node == self.input_node:
            return self.input_lanes
        return next(s.folded.folding.lanes for s in self.stages if s.layer.result == node)

    def words_of(self, node: str) -> int:
        """Words of a frame in the stream that carries the value of ``node``."""
        shape = self.network.graph.type(node).shape
        return words_of(shape.pixels, shape.channels, self.lanes_of(node))

    def readers(self, node: str) -> int:
        """Inputs of stages that read ``node``."""
        return sum(stage.layer.sources.count(node) for stage in self.stages)


def most_queued(layer: Layer, port: int) -> int:
    """Words that a queue may hold: all that can ever wait, if they fit into memory."""
    x = layer.inputs[port]
    return min(FRAMES * x.shape.size, MAX_BUFFER_BITS // x.range.width)


def smallest_map(stages: Sequence[PlannedStage], node: str) -> tuple[int, int]:
    """Rows and columns of the least map at ``node`` that leaves every stage after it something."""
    least: dict[str, tuple[int, int]] = {}
    for stage in reversed(stages):
        layer = stage.layer
        needed = kind_of(layer).least_input(layer, *least.get(layer.result, (1, 1)))
        for source in layer.sources:
            rows, columns = least.get(source, (1, 1))
            least[source] = max(needed[0], rows), max(needed[1], columns)
    return least.get(node, (1, 1))


def is_resizable(network: Network) -> bool:
    """Whether the hardware takes maps of any size: no layer is tied to one, and there is a map."""
    return not network.fixed and network.input_shape.pixels > 1


def several_pixels(network: Network, foldings: Mapping[str, Folding], input_lanes: int) -> bool:
    """Whether several pixels travel as one anywhere, which ties the hardware to one width."""
    return input_lanes > network.input_shape.channels or any(
        folding.pixels > 1 for folding in foldings.values()
    )


def forms_of(layer: Layer) -> tuple[Form, ...]:
    """How a stage can bring its sums to codes of activations; none where they already are."""
    activation, bias = layer.activation, layer.bias
    if activation is None and not kind_of(layer).requantises_sums:
        return ()
    return tuple(code_forms(activation, _sums(layer), bias, layer.out.range))


def _sums(layer: Layer) -> TensorType:
    """Type of the sums, bias included."""
    acc, bias = layer.acc, layer.bias
    return TensorType(acc.shape, acc.lo + bias, acc.hi + bias, acc.step)


def form_of(
    layer: Layer,
    *,
    lanes: int,
    kind: RequantiserKind | None = None,
    found: tuple[Form, ...] | None = None,
) -> Form | None:
    """The cheapest form, of a ``kind`` if one is asked for; ``None`` where there is none.

    ``found`` are :func:`forms_of` the layer. Raises :class:`CompileError` (CB421) if none of them
    is of that kind.
    """
    every = forms_of(layer) if found is None else found
    if not every and kind in (None, RequantiserKind.NONE):
        return None
    possible = [form for form in every if kind is None or kind_of_form(form) is kind]
    if not possible:
        assert kind is not None
        names = ", ".join(dict.fromkeys(kind_of_form(form).value for form in every)) or "none"
        raise CompileError(
            "CB421",
            f"in the plan the requantiser is {kind.value!r}, and there is no such one that is"
            " equal to what this layer does",
            at=layer.node.origin,
            help=f"take one of: {names}",
        )
    return cheapest_form(possible, _sums(layer), layer.bias, lanes)


def assemble(
    network: Network,
    layers: tuple[Layer, ...],
    foldings: Mapping[str, Folding],
    input_lanes: int,
    *,
    fifos: Mapping[tuple[str, int], int] | None = None,
    known_forms: Callable[[Layer], tuple[Form, ...]] = forms_of,
) -> Pipeline:
    """Pipeline of ``layers``, as wide as they are to be, with a folding for each by name.

    ``fifos`` has the words of the queues in front of a stage's inputs, by stage and number of the
    input, where there are some. ``known_forms`` is :func:`forms_of`, or remembers what that said.
    """
    lanes = {network.inputs[0].node: input_lanes}
    stages = []
    for layer in layers:
        folding = foldings[layer.name]
        arriving = tuple(lanes[source] for source in layer.sources)
        depths = tuple((fifos or {}).get((layer.name, port), 0) for port in range(len(arriving)))
        form = form_of(
            layer, lanes=folding.lanes, kind=folding.requantiser, found=known_forms(layer)
        )
        decided = replace(folding, requantiser=kind_of_form(form))
        stages.append(PlannedStage(folded(layer, decided), form, arriving, depths))
        lanes[layer.result] = folding.lanes
    return Pipeline(
        network=network,
        input_lanes=input_lanes,
        resizable=is_resizable(network) and not several_pixels(network, foldings, input_lanes),
        stages=tuple(stages),
    )


def stage_traces(pipeline: Pipeline, entry: Trace) -> Iterator[tuple[PlannedStage, StageTrace]]:
    """Estimate the course of one frame, which comes in as in ``entry``."""
    traces: Mapping[str, Trace] = {pipeline.input_node: entry}
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
    pixels, slowest = pipeline.network.input_shape.pixels, pipeline.frame_cycles
    traces: Mapping[str, Trace] = {pipeline.input_node: _even(pixels, slowest)}
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
    shape = pipeline.network.input_shape
    entry = unhindered(shape.pixels, shape.channels, pipeline.input_lanes)
    found = {}
    for stage, run in stage_traces(pipeline, entry):
        found[stage.layer.result] = (_last_word(stage.layer, run), run.first_word)
    ends = [found[port.node] for port in pipeline.network.outputs if port.node in found]
    return max(ends)[1]
