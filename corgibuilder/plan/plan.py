"""The plan: decisions about every stage and edge, and the figures that follow, as data to edit."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from fractions import Fraction
from typing import Any

from corgibuilder.diagnostics import CompileError, Origin
from corgibuilder.ir import InputType, Network
from corgibuilder.passes import prepared

from .choice import choose
from .components import Memory, Purpose
from .delays import longest
from .edges import PlannedEdge, edges_of
from .fifos import queue_notes
from .folding import Engine, Folding, RequantiserKind, WindowSource
from .kinds import folded, kind_of, widened_layer, widths
from .layers import Layer, group_layers
from .limits import check_joined, check_sizes
from .pins import NOTHING_PINNED, Pins
from .pipeline import Pipeline, assemble, is_resizable, several_pixels
from .plan_file import FORMAT, OPTIONAL, FoldingFields, StageFields, plan_fields
from .planned_stage import PlannedStage, most_queued
from .simulation import pipeline_timing
from .target import Target
from .technology_model import TechnologyModel


@dataclass(frozen=True, slots=True, kw_only=True)
class StagePlan:
    """One stage: its folding, which may be edited, and figures, which are for reading.

    Bounds say what no design can go below: ``multipliers_bound`` keeps every multiplier busy in
    every cycle of the budget, with at least one per stage that has any; ``buffer_bound`` holds
    only the rows of a window before the one that arrives. ``area`` is in the unit of the
    technology, two-input NAND gates in the generic one, as :mod:`~corgibuilder.plan.area` predicts
    it. ``fmax_mhz`` is the fastest clock, and ``critical_path`` what is computed on the path that
    it depends on, as :mod:`~corgibuilder.plan.delays` predicts them. ``cycles_per_frame`` is an
    estimate of what the stage takes by itself; that of the plan is simulated.
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
    area: int
    fmax_mhz: float
    critical_path: str

    @property
    def rom_bits(self) -> int:
        """Bits of all ROMs: weights, and constants of the requantiser."""
        return self.weight_rom_bits + self.requantiser_rom_bits


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Decisions and figures for a whole network.

    ``target``, the foldings, and the lanes and queues of the edges are decisions, which may be
    edited in a plan's file. Other fields of an edge have to be those of the network. All else is
    for reading: a build computes figures anew, so an edited figure has no effect, and what is
    printed and written is what the decisions give.
    ``input_lanes`` has the values in a word of each input, by its node. ``notes`` say what else
    there is to know of the network, such as channels that are left out. Latencies are those of a
    frame into an empty pipeline, from its first word at any input, for the output that ends last;
    what is padding only may leave before that word comes, and its latency is below 0. While
    buffers fill, the first ``warm_up_frames`` times from the end of one frame to the end of the
    next may be longer than ``cycles_per_frame``; no later one is.
    """

    network: str
    target: Target
    input_lanes: Mapping[str, int]
    stages: tuple[StagePlan, ...]
    edges: tuple[PlannedEdge, ...]
    cycles_per_frame: int
    warm_up_frames: int
    latency_first: int
    latency_frame: int
    notes: tuple[str, ...]

    @property
    def inputs(self) -> tuple[PlannedEdge, ...]:
        """An edge of each input: what enters there."""
        first = {edge.producer: edge for edge in reversed(self.edges)}
        return tuple(first[node] for node in self.input_lanes)

    @property
    def frames_per_second(self) -> float:
        """Frame rate that the clock of the target allows."""
        return self.target.clock_hz / self.cycles_per_frame

    @property
    def slowest(self) -> StagePlan:
        """The stage that the clock depends on."""
        return slowest_of(self.stages)

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
    def area(self) -> int:
        return sum(stage.area for stage in self.stages)

    @property
    def rom_bits(self) -> int:
        return sum(stage.rom_bits for stage in self.stages)

    def to_json(self) -> str:
        """Text that :meth:`from_json` reads back; lanes are said with the edges."""
        data = {"format": FORMAT} | asdict(self)
        del data["input_lanes"]
        data["target"]["fps"] = str(self.target.fps)
        data["target"]["latency"] = str(self.target.latency)
        if self.target.input_type is not None:
            entering = data["target"]["input_type"]
            entering["scale"] = str(self.target.input_type.scale)
            if entering["input"] is None:
                del entering["input"]
        for wish in OPTIONAL:
            if getattr(self.target, wish) is None:
                del data["target"][wish]
        for stage in data["stages"]:
            for name in ("source", "engine", "requantiser"):
                stage["folding"][name] = stage["folding"][name].value
            del stage["folding"]["lanes"]
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
            target["input_type"] = InputType(
                entering.name, Fraction(entering.scale), entering.input
            )
        plan: dict[str, Any] = {f.name: getattr(found, f.name) for f in fields(cls)}
        edges = tuple(
            PlannedEdge(**{f.name: getattr(edge, f.name) for f in fields(PlannedEdge)})
            for edge in found.edges
        )
        lanes = found.lanes
        stages = tuple(_stage(stage, lanes[stage.name]) for stage in found.stages)
        given = {"target": Target(**target), "stages": stages, "edges": edges}
        return cls(**plan | given)


def _stage(found: StageFields, lanes: int) -> StagePlan:
    said = {f.name: getattr(found.folding, f.name) for f in fields(FoldingFields)}
    said |= {
        "source": WindowSource(found.folding.source),
        "engine": Engine(found.folding.engine),
        "requantiser": RequantiserKind(found.folding.requantiser),
    }
    folding = Folding(**said, lanes=lanes)
    stage = {f.name: getattr(found, f.name) for f in fields(StagePlan)}
    return StagePlan(**stage | {"folding": folding})


def make_plan(
    network: Network,
    target: Target,
    pins: Pins = NOTHING_PINNED,
) -> Plan:
    """Plan for ``target``: see :func:`~corgibuilder.plan.choice.choose`.

    Raises :class:`CompileError` naming the layer and the possible rate if the target cannot be met.
    """
    check_sizes(network)
    check_joined(prepared(network))
    pipeline = choose(prepared(network), target, pins)
    for stage in pipeline.stages:
        _check(stage.layer, stage.folded.folding, resizable=pipeline.resizable)
    _check_queues(pipeline)
    return describe(pipeline, target)


def pipeline_of(network: Network, plan: Plan) -> Pipeline:
    """The pipeline that a plan decides on, checked against the network."""
    if plan.network != network.name:
        raise _other_network(
            network,
            "CB415",
            f"the plan is for network {plan.network!r}, and this is {network.name!r}",
        )
    check_sizes(network)
    network = prepared(network)
    layers = group_layers(network)
    foldings = {stage.name: stage.folding for stage in plan.stages}
    missing = [layer.name for layer in layers if layer.name not in foldings]
    if missing or len(layers) != len(plan.stages):
        raise _other_network(
            network,
            "CB412",
            f"the plan has {len(plan.stages)} stages and the network {len(layers)}"
            + (f", of which {missing[0]!r} is not planned" if missing else ""),
        )
    check_joined(network)
    _check_inputs(network, plan.input_lanes)
    resizable = not several_pixels(network, foldings, plan.input_lanes)
    resizable = resizable and is_resizable(network, layers)
    wide = []
    for layer in layers:
        folding = foldings[layer.name]
        possible = widths(layer)
        if folding.pixels not in possible:
            numbers = ", ".join(map(str, possible))
            raise _bad(layer, f"pixels is {folding.pixels}", f"take one of: {numbers}")
        wide.append(widened_layer(layer, folding.pixels))
        _check(wide[-1], folding, resizable=resizable)
    fifos = {(e.consumer, e.port): e.fifo for e in plan.edges if e.port is not None}
    pipeline = assemble(network, tuple(wide), foldings, plan.input_lanes, fifos=fifos)
    _check_edges(pipeline, plan)
    return pipeline


def _other_network(network: Network, code: str, problem: str) -> CompileError:
    remedy = "build with the network file that the plan was made for"
    return CompileError(code, problem, at=Origin(network.name), help=remedy)


def _check_edges(pipeline: Pipeline, plan: Plan) -> None:
    """Refuse edges that are not those of the network, and queues of too many words."""
    given: dict[tuple[str, str, int | None], PlannedEdge] = {}
    for edge in plan.edges:
        if (edge.producer, edge.consumer, edge.port) in given:
            raise CompileError(
                "CB412",
                f"the plan has {edge.between} more than once"
                + ("" if edge.port is None else f", at input {edge.port}"),
                at=Origin(plan.network, edge.consumer),
                help="leave one of them",
            )
        given[edge.producer, edge.consumer, edge.port] = edge
    expected = {(e.producer, e.consumer, e.port): e for e in edges_of(pipeline)}
    for key, edge in expected.items():
        if key not in given:
            raise _other_network(
                pipeline.network, "CB412", f"the plan does not say how {edge.between} is joined"
            )
        for name, value in asdict(edge).items():
            said = getattr(given[key], name)
            if said != value:
                raise CompileError(
                    "CB418",
                    f"the plan says that {name} is {said} from {edge.between}, and by the network"
                    f" and the stages it is {value}",
                    at=Origin(plan.network, edge.consumer),
                    help="take 0"
                    if name == "fifo" and edge.port is None
                    else "give the same on both sides",
                )
    if len(given) > len(expected):
        extra = next(edge for key, edge in given.items() if key not in expected)
        raise _other_network(
            pipeline.network, "CB412", f"the plan joins {extra.between}, and the network does not"
        )
    _check_queues(pipeline)


def _check_queues(pipeline: Pipeline) -> None:
    """Refuse queues that hold more than can wait."""
    for stage in pipeline.stages:
        for port, depth in enumerate(stage.fifos):
            most = most_queued(stage.layer, port, stage.lanes[port])
            if not 0 <= depth <= most:
                at_input = f" at input {port}" if len(stage.ports) > 1 else ""
                raise _bad(stage.layer, f"fifo is {depth}{at_input}", f"take 0 to {most} words")


def _check_inputs(network: Network, input_lanes: Mapping[str, int]) -> None:
    """Refuse input words that are neither part of a pixel nor several pixels of a row."""
    nodes = [port.node for port in network.inputs]
    if set(input_lanes) != set(nodes):
        raise _other_network(
            network,
            "CB412",
            f"the plan's inputs are {', '.join(input_lanes)}, and the network's {', '.join(nodes)}",
        )
    for node in nodes:
        shape, lanes = network.graph.type(node).shape, input_lanes[node]
        pixels, rest = divmod(lanes, shape.channels)
        several = lanes > shape.channels and not rest and shape.width % pixels == 0
        if not several and not 1 <= lanes <= shape.channels:
            raise CompileError(
                "CB413",
                f"in the plan the input has {lanes} lanes",
                at=network.graph[node].origin,
                help=f"take 1 to {shape.channels}, or {shape.channels} times a divisor of the"
                f" width, {shape.width}",
            )


def _check(layer: Layer, folding: Folding, *, resizable: bool) -> None:
    """Refuse a folding that no hardware can be built for."""
    allowed = kind_of(layer).sources(layer, resizable=resizable)
    if folding.source not in allowed:
        names = ", ".join(source.value for source in allowed)
        raise _bad(layer, f"source is {folding.source.value!r}", f"take one of: {names}")
    for problem, remedy in folded(layer, folding).faults():
        raise _bad(layer, problem, remedy)


def _bad(layer: Layer, problem: str, remedy: str) -> CompileError:
    return CompileError("CB413", f"in the plan {problem}", at=layer.node.origin, help=remedy)


def describe(pipeline: Pipeline, target: Target) -> Plan:
    """The plan of a pipeline, with all figures.

    Raises :class:`CompileError` if the pipeline would stop.
    """
    budget = target.budget_for(pipeline.network.input_shape)
    technology = TechnologyModel.of(target.technology)
    simulated = pipeline_timing(pipeline)
    first, frame = simulated.slowest
    stages = tuple(
        _figures(stage, budget, pipeline.resizable, technology) for stage in pipeline.stages
    )
    return Plan(
        network=pipeline.network.name,
        target=target,
        input_lanes=pipeline.input_lanes,
        stages=stages,
        edges=tuple(edges_of(pipeline)),
        cycles_per_frame=simulated.interval,
        warm_up_frames=simulated.warm_up_frames,
        latency_first=first,
        latency_frame=frame,
        notes=(
            *pipeline.network.notes,
            *technology.notes,
            *queue_notes(pipeline),
            *_clock_notes(slowest_of(stages), target, technology),
        ),
    )


def slowest_of(stages: Sequence[StagePlan]) -> StagePlan:
    """The stage that keeps the slowest clock."""
    return min(stages, key=lambda stage: stage.fmax_mhz)


def _clock_notes(slowest: StagePlan, target: Target, technology: TechnologyModel) -> Iterator[str]:
    """What there is to say of a clock that no registers make possible."""
    if slowest.fmax_mhz * 1e6 < target.clock_hz:
        yield (
            f"{target.clock_hz / 1e6:g} MHz are estimated to be too fast for"
            f" {technology.delays_of}:"
            f" {slowest.critical_path} in {slowest.name} keeps up to {slowest.fmax_mhz:,.1f} MHz;"
            " corgibuilder synth --device measures it"
        )


def _figures(
    stage: PlannedStage, budget: int, resizable: bool, technology: TechnologyModel
) -> StagePlan:
    critical = longest(stage.paths(technology.delays))
    folded, layer = stage.folded, stage.layer
    rom_bits: dict[Purpose, int] = {Purpose.WEIGHTS: 0, Purpose.PARAMETERS: 0}
    for memory in memories(stage):
        if memory.constant:
            rom_bits[memory.purpose] += memory.bits
    return StagePlan(
        name=layer.name,
        layer=folded.label(layer),
        folding=folded.folding,
        cycles_per_frame=folded.frame_cycles,
        macs=layer.macs,
        multipliers=folded.multipliers,
        multipliers_bound=max(1.0, layer.macs / budget) if folded.multipliers else 0.0,
        accumulator_bits=layer.acc.range.width,
        requantiser=requantiser(stage),
        buffer_bits=folded.buffer_bits,
        buffer_bound=folded.buffer_bound,
        queue_bits=stage.queue_bits,
        weight_rom_bits=rom_bits[Purpose.WEIGHTS],
        requantiser_rom_bits=rom_bits[Purpose.PARAMETERS],
        area=round(stage.area(technology.areas, resizable=resizable)),
        fmax_mhz=round(1e3 / critical.ns, 1),
        critical_path=critical.operation,
    )


def memories(stage: PlannedStage) -> tuple[Memory, ...]:
    """The memories of one stage."""
    return tuple(memory for each in stage.all_components for memory in each.memories())


def requantiser(stage: PlannedStage) -> str:
    """Form of the requantiser and its size, for people."""
    return str(stage.form) if stage.form is not None else "none"
