"""The plan: decisions about every stage, and the figures that follow, as data to edit."""

import json
from dataclasses import asdict, dataclass, fields
from fractions import Fraction

from corgibuilder.diagnostics import CompileError, Origin
from corgibuilder.ir import Conv, InputType, Network, Pool, Shape
from corgibuilder.passes import without_dead_channels

from .choice import choose
from .folded import Folded
from .folding import Feed, Folding, carries_pixels, feeds, least_capacity
from .forms import ScaleForm, ShiftForm, StepsForm
from .limits import check_sizes
from .memories import Purpose, rom_bits
from .pipeline import (
    FRAMES,
    SPARE_WORDS,
    Link,
    Pipeline,
    assemble,
    is_resizable,
    several_pixels,
)
from .plan_file import FORMAT, OPTIONAL, StageFields, plan_fields
from .simulation import pipeline_timing
from .stages import Stage, group_stages
from .target import Target
from .widen import widen, widths

MAX_BUFFER_BITS = 1 << 33  #: of a line buffer or a queue


@dataclass(frozen=True, slots=True, kw_only=True)
class StagePlan:
    """One stage: its folding, which may be edited, and figures, which are for reading.

    Bounds say what no design can go below: ``multipliers_bound`` keeps every multiplier busy in
    every cycle of the budget, with at least one per layer that multiplies; ``buffer_bound`` holds
    only the rows of a window before the one that arrives.
    """

    name: str
    layer: str  #: kind of layer and its window, for people
    folding: Folding
    cycles_per_frame: int
    macs: int
    multipliers: int
    multipliers_bound: float
    accumulator_bits: int
    requantiser: str
    buffer_bits: int
    buffer_bound: int
    queue_bits: int
    weight_rom_bits: int
    requantiser_rom_bits: int

    @property
    def rom_bits(self) -> int:
        """Bits of all ROMs: weights, and constants of the requantiser."""
        return self.weight_rom_bits + self.requantiser_rom_bits


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Decisions and figures for a whole network.

    ``target``, ``input_lanes`` and the foldings are decisions, which may be edited in a plan's
    file. All else there is for reading: a build computes figures anew, so an edited figure has no
    effect, and what is printed and written is what the decisions give.
    ``notes`` say what else there is to know of the network, such as channels that are left out.
    Latencies are those of a frame into an empty pipeline, from its first input word, for the output
    that ends last.
    """

    network: str
    target: Target
    input_lanes: int
    stages: tuple[StagePlan, ...]
    cycles_per_frame: int
    latency_first: int
    latency_frame: int
    notes: tuple[str, ...]

    @property
    def frames_per_second(self) -> float:
        """Frame rate that the clock of the target allows."""
        return self.target.clock_hz / self.cycles_per_frame

    @property
    def multipliers(self) -> int:
        return sum(stage.multipliers for stage in self.stages)

    @property
    def multipliers_bound(self) -> float:
        return sum(stage.multipliers_bound for stage in self.stages)

    @property
    def buffer_bits(self) -> int:
        return sum(stage.buffer_bits for stage in self.stages)

    @property
    def buffer_bound(self) -> int:
        return sum(stage.buffer_bound for stage in self.stages)

    @property
    def queue_bits(self) -> int:
        return sum(stage.queue_bits for stage in self.stages)

    @property
    def weight_rom_bits(self) -> int:
        return sum(stage.weight_rom_bits for stage in self.stages)

    @property
    def requantiser_rom_bits(self) -> int:
        return sum(stage.requantiser_rom_bits for stage in self.stages)

    @property
    def rom_bits(self) -> int:
        return sum(stage.rom_bits for stage in self.stages)

    def to_json(self) -> str:
        """Text that :meth:`from_json` reads back."""
        data = {"format": FORMAT} | asdict(self)
        data["target"]["fps"] = str(self.target.fps)
        data["target"]["latency"] = str(self.target.latency)
        if self.target.input_type is not None:
            data["target"]["input_type"]["scale"] = str(self.target.input_type.scale)
        for wish in OPTIONAL:
            if getattr(self.target, wish) is None:
                del data["target"][wish]
        for stage in data["stages"]:
            stage["folding"]["feed"] = stage["folding"]["feed"].value
            if stage["folding"]["pixels"] == 1:
                del stage["folding"]["pixels"]
        return json.dumps(data, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Plan":
        """Plan from text; :class:`CompileError` (CB411) if it is not one."""
        found = plan_fields(text)
        target = {f.name: getattr(found.target, f.name) for f in fields(Target)}
        for quantity in ("fps", "latency"):
            if target[quantity] is not None:
                target[quantity] = Fraction(target[quantity])
        entering = found.target.input_type
        if entering is not None:
            target["input_type"] = InputType(entering.name, Fraction(entering.scale))
        plan = {f.name: getattr(found, f.name) for f in fields(cls)}
        stages = tuple(_stage(stage) for stage in found.stages)
        return cls(**plan | {"target": Target(**target), "stages": stages})


def _stage(found: StageFields) -> StagePlan:
    folding = {f.name: getattr(found.folding, f.name) for f in fields(Folding)}
    folding["feed"] = Feed(folding["feed"])
    stage = {f.name: getattr(found, f.name) for f in fields(StagePlan)}
    return StagePlan(**stage | {"folding": Folding(**folding)})


def make_plan(network: Network, target: Target) -> Plan:
    """Plan for ``target``: see :func:`~corgibuilder.plan.choice.choose`.

    Raises :class:`CompileError` naming the layer and the possible rate if the target cannot be met.
    """
    check_sizes(network)
    return describe(choose(without_dead_channels(network), target), target)


def pipeline_of(network: Network, plan: Plan) -> Pipeline:
    """The pipeline that a plan decides on, its foldings checked against the network."""
    if plan.network != network.name:
        raise CompileError(
            "CB415",
            f"the plan is for network {plan.network!r}, and this is {network.name!r}",
            at=Origin(network.name),
            help="build with the network file that the plan was made for",
        )
    check_sizes(network)
    network = without_dead_channels(network)
    stages = group_stages(network)
    foldings = {stage.name: stage.folding for stage in plan.stages}
    missing = [stage.name for stage in stages if stage.name not in foldings]
    if missing or len(stages) != len(plan.stages):
        raise CompileError(
            "CB412",
            f"the plan has {len(plan.stages)} stages and the network {len(stages)}"
            + (f", of which {missing[0]!r} is not planned" if missing else ""),
            at=Origin(network.name),
            help="build with the network file that the plan was made for",
        )
    _check_input(stages[0], network.input_shape, plan.input_lanes)
    fixed = several_pixels(network, foldings, plan.input_lanes)
    wide = []
    for stage in stages:
        folding = foldings[stage.name]
        possible = widths(stage)
        if folding.pixels not in possible:
            numbers = ", ".join(map(str, possible))
            raise _bad(stage, f"pixels is {folding.pixels}", f"take one of: {numbers}")
        wide.append(widen(stage, folding.pixels))
        _check(wide[-1], folding, resizable=is_resizable(network) and not fixed)
    return assemble(network, tuple(wide), foldings, plan.input_lanes)


def _check_input(first: Stage, shape: Shape, lanes: int) -> None:
    """Refuse input words that are neither part of a pixel nor several pixels of a row."""
    pixels, rest = divmod(lanes, shape.channels)
    if lanes > shape.channels and not rest and shape.width % pixels == 0:
        return
    if not 1 <= lanes <= shape.channels:
        raise _bad(
            first,
            f"input_lanes is {lanes}",
            f"take 1 to {shape.channels}, or {shape.channels} times a divisor of the width,"
            f" {shape.width}",
        )


def _check(stage: Stage, folding: Folding, *, resizable: bool) -> None:
    """Refuse a folding that no hardware can be built for."""
    allowed = feeds(stage, resizable=resizable)
    if folding.feed not in allowed:
        names = ", ".join(feed.value for feed in allowed)
        raise _bad(stage, f"feed is {folding.feed.value!r}", f"take one of: {names}")
    outputs = stage.acc.shape.channels
    if not 1 <= folding.outputs <= outputs:
        raise _bad(stage, f"outputs is {folding.outputs}", f"take 1 to {outputs}")
    whole = isinstance(stage.engine, Conv) and not stage.engine.depthwise
    if folding.feed is Feed.STREAM and whole and folding.outputs != outputs:
        raise _bad(stage, f"outputs is {folding.outputs}", f"a stage fed by stream takes {outputs}")
    most = most_inputs(stage, folding)
    if not 1 <= folding.inputs <= most:
        raise _bad(stage, f"inputs is {folding.inputs}", f"take 1 to {most}")
    if folding.lanes < 1 or folding.outputs % folding.lanes:
        raise _bad(
            stage, f"lanes is {folding.lanes}", f"take a divisor of outputs, {folding.outputs}"
        )
    if not carries_pixels(stage, folding.lanes):
        pixel = outputs // stage.leaving
        remedy = f"take a divisor of {pixel}, a pixel's channels, or {pixel} times whole pixels"
        raise _bad(stage, f"lanes is {folding.lanes}", remedy)
    if stage.entering > 1 and not isinstance(stage.engine, Conv) and folding.outputs != outputs:
        remedy = f"take {outputs}, as {folding.pixels} pixels enter at once"
        raise _bad(stage, f"outputs is {folding.outputs}", remedy)
    if not isinstance(stage.engine, Conv) and folding.lanes != folding.outputs:
        raise _bad(stage, f"lanes is {folding.lanes}", f"take {folding.outputs} as for outputs")
    _check_memories(stage, folding)


def _check_memories(stage: Stage, folding: Folding) -> None:
    """Refuse buffers that are too small, and those that hold more than can ever wait."""
    least, most = least_capacity(stage, folding.feed), most_capacity(stage, folding.feed)
    if folding.feed in (Feed.LINES, Feed.COLUMNS) and not least <= folding.capacity <= most:
        raise _bad(stage, f"capacity is {folding.capacity}", f"take {least} to {most} pixels")
    words = most * stage.x.shape.channels
    if not 0 <= folding.fifo <= words:
        raise _bad(stage, f"fifo is {folding.fifo}", f"take 0 to {words} words")


def most_capacity(stage: Stage, feed: Feed) -> int:
    """Pixels that a line buffer may hold: all that can ever wait, if they fit into memory."""
    shape = stage.x.shape
    held = FRAMES * shape.pixels + SPARE_WORDS
    fitting = MAX_BUFFER_BITS // (shape.channels * stage.x.range.width)
    return max(least_capacity(stage, feed), min(held, fitting))


def most_inputs(stage: Stage, folding: Folding) -> int:
    """Most values that can meet one output in a cycle."""
    return Folded(stage, folding).operands if isinstance(stage.engine, Conv) else 1


def _bad(stage: Stage, problem: str, remedy: str) -> CompileError:
    return CompileError("CB413", f"in the plan {problem}", at=stage.node.origin, help=remedy)


def describe(pipeline: Pipeline, target: Target) -> Plan:
    """The plan of a pipeline, with all figures.

    Raises :class:`CompileError` if the pipeline would stop.
    """
    budget = target.budget_for(pipeline.network.input_shape)
    simulated = pipeline_timing(pipeline)
    first, frame = simulated.slowest
    return Plan(
        network=pipeline.network.name,
        target=target,
        input_lanes=pipeline.input_lanes,
        stages=tuple(_figures(link, budget) for link in pipeline.links),
        cycles_per_frame=simulated.interval,
        latency_first=first,
        latency_frame=frame,
        notes=pipeline.network.notes,
    )


def _figures(link: Link, budget: int) -> StagePlan:
    folded, stage = link.folded, link.stage
    return StagePlan(
        name=stage.name,
        layer=layer_kind(stage),
        folding=folded.folding,
        cycles_per_frame=folded.frame_cycles,
        macs=stage.macs,
        multipliers=folded.multipliers,
        multipliers_bound=max(1.0, stage.macs / budget) if stage.macs else 0.0,
        accumulator_bits=stage.acc.range.width,
        requantiser=requantiser(link),
        buffer_bits=folded.buffer_bits,
        buffer_bound=folded.buffer_bound,
        queue_bits=link.queue_bits,
        weight_rom_bits=rom_bits(link, Purpose.WEIGHTS),
        requantiser_rom_bits=rom_bits(link, Purpose.PARAMETERS),
    )


def layer_kind(stage: Stage) -> str:
    """Kind of layer and its window, for people."""
    engine = stage.node.op if stage.engine is not None else None
    if not isinstance(engine, Conv | Pool):
        return "argmax" if engine is not None else "step function"
    kh, kw = engine.window.kernel
    if isinstance(engine, Pool):
        return f"{engine.kind.value} pool {kh}x{kw}"
    if stage.x.shape.pixels * stage.entering == 1:
        return "fully connected"
    return f"{'depthwise' if engine.depthwise else 'conv'} {kh}x{kw}"


def requantiser(link: Link) -> str:
    """Form of the requantiser and its size, for people."""
    match link.form:
        case ShiftForm(roundings=roundings):
            shifts = "+".join(str(r.shift) for r in roundings if r.shift)
            return f"shift {shifts}" if shifts else "add"
        case ScaleForm(shift=shift):
            return f"multiply, shift {shift}"
        case StepsForm(steps=steps):
            return f"{steps.shape[1]} steps"
    return "none"
