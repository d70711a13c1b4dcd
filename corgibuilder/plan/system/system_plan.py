"""Decides what a system around a pipeline is built of, and whether it suits the network."""

from dataclasses import dataclass, replace

from corgibuilder.diagnostics import CompileError, Origin
from corgibuilder.ir import Port
from corgibuilder.plan.folding import ceil_div
from corgibuilder.plan.pipeline import Pipeline, smallest_map
from corgibuilder.plan.simulation import pipeline_timing
from corgibuilder.plan.target import Target
from corgibuilder.system import MAX_CLASSES, System

from .classifier import LOGIT, ClassifierPlan, fewest_multipliers
from .register_map import Register, Size, register_map
from .tap import Reduction, Tap, tap_of

SMALLEST = 8  #: rows and columns of a frame, unless the network needs more
QUEUE_WORDS = 32  #: of a channel that wait for the link
LINK_WORDS = 16  #: at the crossing to the link
LINK_BITS = 32  #: of a word, or as many as a logit needs; twice as many where that is too few
CLASSIFIER = "classifier"  #: the channel of the logits
ONE_PIXEL = Reduction(-1, 1 << 16)


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemPlan:
    """A system: the pipeline in it, what is around it, and the frames that it takes.

    ``smallest`` and ``largest`` are width and height of a frame. ``last`` is the network's output
    that comes last, which is classified. A word of the link carries up to ``link_bits`` bits.
    """

    system: System
    pipeline: Pipeline
    smallest: Size
    largest: Size
    last: Port
    classifier: ClassifierPlan
    link_bits: int = LINK_BITS

    @property
    def outputs(self) -> tuple[Port, ...]:
        """Those of the network, channel 0 first; the logits come after them."""
        return self.pipeline.network.outputs

    @property
    def taps(self) -> tuple[Tap, ...]:
        """The streams of all channels, channel 0 first."""
        return (*(self._packed(port.node) for port in self.outputs), self.logits)

    def _packed(self, node: str) -> Tap:
        """An output with as many channels in a word as the link takes."""
        tap, kind = tap_of(self.pipeline, node), self.pipeline.network.graph.type(node)
        channels, most = kind.shape.channels, self.link_bits // kind.range.width
        lanes = min(channels, max(most, tap.lanes))
        return replace(tap, lanes=lanes, words=ceil_div(channels, lanes))

    @property
    def link_words(self) -> int:
        """Words on the link for each of the largest frames."""
        graph = self.pipeline.network.graph
        pixels = [graph.type(port.node).shape.pixels for port in self.outputs]
        return sum(n * tap.words for n, tap in zip([*pixels, 1], self.taps, strict=True))

    @property
    def logits(self) -> Tap:
        """The stream of the last channel."""
        classes = self.classifier.classes
        return Tap(range=LOGIT, lanes=1, words=classes, columns=ONE_PIXEL, rows=ONE_PIXEL)

    @property
    def channel_names(self) -> tuple[str, ...]:
        return (*(port.name for port in self.outputs), CLASSIFIER)

    @property
    def video_words(self) -> int:
        """Pixels that can wait for the pipeline: those of a line, up to a power of two."""
        return max(4, 1 << (self.largest[0] - 1).bit_length())

    @property
    def registers(self) -> tuple[Register, ...]:
        return register_map(
            channels=self.channel_names,
            smallest=self.smallest,
            largest=self.largest,
            classifier_words=self.classifier.words,
        )


def plan_system(pipeline: Pipeline, target: Target, system: System) -> SystemPlan:
    """The system around ``pipeline``; :class:`CompileError` for a network that it does not suit."""
    _check(pipeline, system)
    shape = pipeline.network.input_shape
    largest = (shape.width, shape.height)
    spans = pipeline_timing(pipeline).latencies
    last = max(pipeline.network.outputs, key=lambda port: spans[port.node][1])
    plan = SystemPlan(
        system=system,
        pipeline=pipeline,
        smallest=_smallest(pipeline, largest),
        largest=largest,
        last=last,
        classifier=_classifier(pipeline, last, system.classes, target.budget),
    )
    return _with_link(plan, target.budget)


def _check(pipeline: Pipeline, system: System) -> None:
    """Refuse networks that are no pipeline for images of any size, and numbers of classes."""
    network = pipeline.network
    shape = network.input_shape
    at = Origin(network.name)
    if len(network.inputs) > 1:
        names = ", ".join(port.name for port in network.inputs)
        raise CompileError(
            "CB908",
            f"the system has one camera, and the network {len(network.inputs)} inputs: {names}",
            at=at,
            help="leave out --system, and give each input a source of its own",
        )
    if not pipeline.resizable:
        tied = f" by {network.fixed[0]!r}" if network.fixed else ""
        raise CompileError(
            "CB901",
            f"the system takes images of any size, and the network is tied{tied} to"
            f" {shape.width}x{shape.height}",
            at=at,
            help="take the network without its classifier, which the system has; or leave out"
            " --system",
        )
    (lanes,) = pipeline.input_lanes.values()
    if lanes != shape.channels:
        raise CompileError(
            "CB902",
            f"a camera gives whole pixels, and {lanes} of {shape.channels} channels"
            " enter the network at a time",
            at=at,
            help="take a network for images of up to 4 channels, or leave out --system",
        )
    if not 1 <= system.classes <= MAX_CLASSES:
        raise CompileError(
            "CB903",
            f"there are {system.classes} classes",
            at=Origin("--classes"),
            help=f"give 1 to {MAX_CLASSES:,} classes",
        )
    for port in network.outputs:
        tap_of(pipeline, port.node)  # refuses what it cannot tell the size of


def _classifier(pipeline: Pipeline, last: Port, classes: int, budget: int) -> ClassifierPlan:
    """The classifier of the network's last output."""
    network = pipeline.network
    tensor = network.graph.type(last.node)
    classifier = fewest_multipliers(
        tensor.range,
        channels=tensor.shape.channels,
        max_positions=tensor.shape.pixels,
        classes=classes,
        budget=budget,
    )
    if classifier.frame_cycles > budget:
        raise CompileError(
            "CB904",
            f"{classes} classes take {classifier.frame_cycles} cycles, a frame has {budget}",
            at=Origin(network.name, last.name),
            help="give fewer classes, fewer frames a second or a faster clock",
        )
    return classifier


def _with_link(plan: SystemPlan, budget: int) -> SystemPlan:
    """The narrowest link whose words pass in nine tenths of the cycles that a frame has."""
    while 10 * plan.link_words > 9 * budget:
        wider = replace(plan, link_bits=2 * plan.link_bits)
        if wider.link_words == plan.link_words:
            raise CompileError(
                "CB906",
                f"the outputs of a frame are {plan.link_words} words, and it has {budget} cycles",
                at=Origin(plan.pipeline.network.name),
                help="give fewer classes, fewer frames a second or a faster clock",
            )
        plan = wider
    return plan


def _smallest(pipeline: Pipeline, largest: Size) -> Size:
    """Least width and height of which every layer has something left."""
    layers = [stage.layer for stage in pipeline.stages]
    (entry,) = pipeline.inputs
    side = max(SMALLEST, *smallest_map(layers, entry))
    if side > min(largest):
        raise CompileError(
            "CB905",
            f"the largest frame is {largest[0]}x{largest[1]}, which is smaller than the smallest"
            " one",
            at=Origin(pipeline.network.name),
            help=f"give a larger --image, {SMALLEST}x{SMALLEST} or more",
        )
    return side, side
