"""Random plans, as a user may edit them: any folding that hardware can be built for."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

import numpy as np

from corgibuilder.ir import Network, Shape
from corgibuilder.passes import prepared
from corgibuilder.plan import Plan, Target, describe, pipeline_of
from corgibuilder.plan.edges import edges_of
from corgibuilder.plan.fifos import shortest_fifos
from corgibuilder.plan.folding import Engine, Folding, RequantiserKind, WindowSource
from corgibuilder.plan.forms import forms_of
from corgibuilder.plan.kinds import FoldedStage, folded, kind_of, widened_layer, widths
from corgibuilder.plan.kinds.conv import ConvStage
from corgibuilder.plan.kinds.conv_foldings import allowed_outputs
from corgibuilder.plan.kinds.stage import carries_pixels
from corgibuilder.plan.kinds.windowed import WindowedStage
from corgibuilder.plan.layers import Layer, group_layers
from corgibuilder.plan.pipeline import assemble, is_resizable, several_pixels
from corgibuilder.plan.plan import StagePlan
from corgibuilder.plan.planned_stage import most_queued
from corgibuilder.plan.requantisers import kind_of_form

from .case import Edit

MOST_MULTIPLIERS = 200  #: of a stage whose folding is drawn at random
SHORT = 0.25  #: share of edits whose queues at joins may be too short
TRIES = 30
REQUANTISERS = (None, *RequantiserKind)  #: None: the cheapest


def edited_plan(network: Network, edit: Edit, target: Target) -> Plan:
    """The plan of an edit, made legal where it is not.

    A smaller network, which a failure is reduced to, leaves less to choose from.
    """
    network = prepared(network)
    layers = group_layers(network)
    lanes = {
        port.node: _input_lanes(network.graph.type(port.node).shape, edit.input_lanes[port.name])
        for port in network.inputs
    }
    foldings = {layer.name: edit.foldings.get(layer.name) or _least(layer) for layer in layers}
    foldings = {
        k.name: replace(foldings[k.name], pixels=_fit(foldings[k.name].pixels, widths(k)))
        for k in layers
    }
    fixed = several_pixels(network, foldings, lanes)
    resizable = not fixed and is_resizable(network, layers)
    foldings = {k.name: legal(k, foldings[k.name], resizable) for k in layers}
    wide = tuple(widened_layer(layer, foldings[layer.name].pixels) for layer in layers)
    foldings = {layer.name: _with_requantiser(layer, foldings[layer.name]) for layer in wide}
    pipeline = assemble(network, wide, foldings, lanes, fifos=_queues(wide, edit.fifos))
    return Plan(
        network=network.name,
        target=target,
        input_lanes=lanes,
        stages=tuple(_stage_plan(s.layer, s.folded.folding) for s in pipeline.stages),
        edges=tuple(edges_of(pipeline)),
        cycles_per_frame=0,
        warm_up_frames=0,
        latency_first=0,
        latency_frame=0,
        notes=(),
    )


def _with_requantiser(layer: Layer, folding: Folding) -> Folding:
    """With the requantiser that is wished for, if there is one; else with the cheapest."""
    there = {kind_of_form(form) for form in forms_of(layer)}
    wish = folding.requantiser
    return replace(folding, requantiser=wish if wish in there else None)


def _stage_plan(layer: Layer, folding: Folding) -> StagePlan:
    """A stage as an edited file has it: figures are worked out anew by whoever reads it."""
    return StagePlan(
        name=layer.name,
        layer="",
        folding=folding,
        cycles_per_frame=0,
        macs=0,
        multipliers=0,
        multipliers_bound=0.0,
        accumulator_bits=0,
        requantiser="",
        buffer_bits=0,
        buffer_bound=0,
        queue_bits=0,
        weight_rom_bits=0,
        requantiser_rom_bits=0,
        area=0,
        fmax_mhz=0.0,
        critical_path="",
    )


def _least(layer: Layer) -> Folding:
    source = kind_of(layer).sources(layer, resizable=False)[-1]
    return Folding(source=source, inputs=1, outputs=layer.acc.shape.channels, lanes=1)


def _fit(wish: int, allowed) -> int:
    """The largest allowed number up to ``wish``, or the smallest allowed."""
    return max((n for n in allowed if n <= wish), default=min(allowed))


def _input_lanes(shape: Shape, wish: int) -> int:
    channels, _, width = shape
    wide = [channels * n for n in range(2, 17) if width % n == 0]
    return _fit(wish, [*range(1, channels + 1), *wide])


def _queues(
    wide: tuple[Layer, ...], wishes: Mapping[tuple[str, int], int]
) -> dict[tuple[str, int], int]:
    """Queues no deeper than what can ever wait, of the stages and inputs that are there."""
    ports = [(layer, port) for layer in wide for port in range(len(layer.inputs))]
    return {
        (layer.name, port): min(wishes.get((layer.name, port), 0), most_queued(layer, port))
        for layer, port in ports
    }


def legal(small: Layer, folding: Folding, resizable: bool) -> Folding:
    """The folding with whatever no hardware can be built for replaced by what is next."""
    layer = widened_layer(small, folding.pixels)
    kind = kind_of(layer)
    allowed = kind.sources(layer, resizable=resizable)
    source = folding.source if folding.source in allowed else allowed[0]
    channels = layer.acc.shape.channels
    outputs = min(folding.outputs, channels)
    made = folded(layer, replace(folding, source=source, outputs=outputs, inputs=1, capacity=0))
    if isinstance(made, ConvStage):
        outputs = _fit(outputs, allowed_outputs(made.conv, source))
    elif layer.input_pixels > 1:
        outputs = channels
    possible = _possible_lanes(layer, outputs)
    if not possible:  # a pixel in parts, and not all of it at once
        outputs = channels
        possible = _possible_lanes(layer, outputs)
    lanes = _fit(folding.lanes, possible) if kind is ConvStage else outputs
    made = made.with_folding(
        outputs=outputs,
        lanes=lanes,
        single_port=False,
        groups_per_word=1,
        engine=kind.engines[0],
        adder_levels=0,
        weight_register=False,
    )
    inputs = max(1, min(folding.inputs, made.most_inputs))
    if isinstance(made, ConvStage) and made.words_keep_groups:
        inputs = _fit(inputs, made.allowed_inputs)
    made = made.with_folding(inputs=inputs)
    return _with_memory(_with_registers(_with_adders(made, folding), folding), folding).folding


def _with_adders(stage: FoldedStage, wish: Folding) -> FoldedStage:
    """With an adder graph if that is wished for, and can be built."""
    if wish.engine is not Engine.ADDER_GRAPH or not wish.adder_levels:
        return stage
    made = stage.decided({"engine": wish.engine, "adder_levels": wish.adder_levels})
    memory = made.with_folding(capacity=made.least_capacity)
    return stage if any(memory.faults()) else made


def _with_registers(stage: FoldedStage, wish: Folding) -> FoldedStage:
    """With registers in a multiplier array as in ``wish``, where there is one."""
    if stage.folding.engine is not Engine.MAC_ARRAY:
        return stage
    in_memory = wish.weight_register and stage.weight_bits > 0
    return stage.with_folding(adder_levels=wish.adder_levels, weight_register=in_memory)


def _possible_lanes(layer: Layer, outputs: int) -> list[int]:
    divisors = (n for n in range(1, outputs + 1) if outputs % n == 0)
    return [n for n in divisors if carries_pixels(layer, n)]


def _with_memory(stage: FoldedStage, wish: Folding) -> FoldedStage:
    """With a line buffer as in ``wish``, as far as the stage says nothing against it."""
    if not isinstance(stage, WindowedStage):
        return _as_wide_as_it_works(stage)
    least = stage.least_capacity
    capacity = min(max(wish.capacity, least), stage.most_capacity) if least else 0
    stage = stage.with_folding(capacity=capacity)
    groups = _fit(wish.groups_per_word, _possible_groups(stage))
    stage = stage.with_folding(groups_per_word=groups)
    one_port = stage.with_folding(single_port=wish.single_port)
    return stage if any(one_port.memory_faults()) else one_port


def _as_wide_as_it_works(stage: FoldedStage) -> FoldedStage:
    """With as many outputs, and lanes, as the stage says nothing against."""
    channels = stage.layer.acc.shape.channels
    tries = [stage.with_folding(outputs=n, lanes=n) for n in range(1, channels + 1)]
    possible = [tried.folding.outputs for tried in tries if not any(tried.faults())]
    outputs = _fit(stage.folding.outputs, possible)
    return stage.with_folding(outputs=outputs, lanes=outputs)


def _possible_groups(stage: WindowedStage) -> list[int]:
    tries = ((n, stage.with_folding(groups_per_word=n)) for n in range(1, stage.output_folds + 1))
    return [n for n, tried in tries if not any(tried.memory_faults())]


def random_edit(rng: np.random.Generator, network: Network, most_cycles: int) -> Edit:
    """A folding for each stage, whatever it is good for, and queues on some of the edges."""
    pruned = prepared(network)
    lanes, wide = {}, False
    for port, (channels, _, width) in zip(pruned.inputs, pruned.input_shapes, strict=True):
        lanes[port.name] = int(rng.integers(1, channels + 1))
        wide = bool(rng.random() < 0.15) or wide  # at a fixed size only
        if wide and rng.random() < 0.5:
            pixels = int(rng.choice([n for n in range(1, 17) if width % n == 0]))
            lanes[port.name] = channels * pixels
    foldings, fifos = {}, {}
    layers = group_layers(pruned)
    resizable = not wide and is_resizable(pruned, layers)
    for layer in layers:
        foldings[layer.name] = random_folding(
            rng, layer, most_cycles, resizable=resizable, wide=wide
        )
        for port in range(len(layer.inputs)):
            fifos[layer.name, port] = int(rng.choice([0, 0, 1, 2, 7, layer.x.shape.width]))
    edit = Edit(input_lanes=lanes, foldings=foldings, fifos=fifos)
    joins = any(port for _, port in fifos)
    return _with_long_fifos(network, edit) if joins and rng.random() > SHORT else edit


def _with_long_fifos(network: Network, edit: Edit) -> Edit:
    """With queues at joins at least as long as the planner would have them."""
    any_target = Target(fps=Fraction(1), clock_hz=1)
    planned = shortest_fifos(pipeline_of(network, edited_plan(network, edit, any_target)))
    depths = {
        (stage.layer.name, port): depth
        for stage in planned.stages
        if len(stage.ports) > 1
        for port, depth in enumerate(stage.fifos)
    }
    longer = {at: depth + edit.fifos[at] % 2 for at, depth in depths.items()}
    return replace(edit, fifos={**edit.fifos, **longer})


def random_plan(
    rng: np.random.Generator, network: Network, target: Target, most_cycles: int
) -> Plan:
    """Such a plan with its figures."""
    plan = edited_plan(network, random_edit(rng, network, most_cycles), target)
    return describe(pipeline_of(network, plan), target)


def random_folding(
    rng: np.random.Generator,
    small: Layer,
    most_cycles: int,
    *,
    resizable: bool,
    wide: bool,
    only: WindowSource | None = None,
) -> Folding:
    """One that is neither too large to emit nor too slow to simulate, if one is found.

    With ``only``, of the stage with that window source.
    """
    best, fewest = None, None
    for _ in range(TRIES):
        pixels = int(rng.choice(widths(small))) if wide else 1
        layer = widened_layer(small, pixels)
        sources = kind_of(layer).sources(layer, resizable=resizable)
        source = only or WindowSource(rng.choice([s.value for s in sources]))
        channels = layer.acc.shape.channels
        outputs = int(rng.choice([1, channels, rng.integers(1, channels + 1)]))
        tries = Folding(source=source, inputs=1, outputs=outputs, lanes=1, pixels=pixels)
        drawn = _drawn(rng, folded(layer, legal(small, tries, resizable)))
        made = folded(layer, legal(small, drawn, resizable))
        if made.multipliers <= MOST_MULTIPLIERS and made.frame_cycles <= most_cycles:
            return made.folding
        if fewest is None or made.frame_cycles + 20 * made.multipliers < fewest:
            best, fewest = made.folding, made.frame_cycles + 20 * made.multipliers
    assert best is not None
    return best


def _drawn(rng: np.random.Generator, stage: FoldedStage) -> Folding:
    """Its folding with all that the source and the number of outputs leave open."""
    folding, most = stage.folding, stage.most_inputs
    divisors = [n for n in range(1, folding.outputs + 1) if folding.outputs % n == 0]
    more = int(rng.choice([0, 0, 1, 5, stage.layer.x.shape.width]))
    folds = stage.output_folds if isinstance(stage, WindowedStage) else 1
    (aside,) = rng.spawn(1)  # of which no draw changes another decision of the fixed seeds
    adders: dict[str, object] = {}
    if isinstance(stage, ConvStage) and stage.conv.weights.size <= MOST_MULTIPLIERS:
        engine = Engine(rng.choice([engine.value for engine in stage.engines]))
        levels = int(rng.integers(1, 5)) if engine is Engine.ADDER_GRAPH else int(aside.integers(5))
        adders = {"engine": engine, "adder_levels": levels}
    return replace(
        folding,
        **adders,
        inputs=int(rng.choice([1, most, rng.integers(1, most + 1)])),
        lanes=int(rng.choice(divisors)),
        capacity=folding.capacity + more,
        single_port=bool(rng.random() < 0.5),
        groups_per_word=int(rng.choice([1, folds, rng.integers(1, folds + 1)])),
        weight_register=bool(aside.random() < 0.5),
        requantiser=REQUANTISERS[int(rng.integers(len(REQUANTISERS)))],
    )
