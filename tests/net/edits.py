"""Random plans, as a user may edit them: any folding that hardware can be built for."""

from dataclasses import replace

import numpy as np

from corgibuilder.ir import Conv, Network, Pool
from corgibuilder.passes import prepared
from corgibuilder.plan import Plan, Target, describe, pipeline_of
from corgibuilder.plan.folded import Folded
from corgibuilder.plan.folding import Feed, Folding, carries_pixels, feeds, least_capacity
from corgibuilder.plan.pipeline import is_resizable, several_pixels
from corgibuilder.plan.plan import StagePlan, most_capacity, most_inputs
from corgibuilder.plan.stages import Stage, group_stages
from corgibuilder.plan.widen import widen, widths

from .case import Edit

MOST_MULTIPLIERS = 200  #: of a stage whose folding is drawn at random
TRIES = 30


def edited_plan(network: Network, edit: Edit, target: Target) -> Plan:
    """The plan of an edit, made legal where it is not.

    A smaller network, which a failure is reduced to, leaves less to choose from.
    """
    network = prepared(network)
    stages = group_stages(network)
    lanes = _input_lanes(network, edit.input_lanes)
    foldings = {stage.name: edit.foldings.get(stage.name) or _least(stage) for stage in stages}
    foldings = {
        s.name: replace(foldings[s.name], pixels=_fit(foldings[s.name].pixels, widths(s)))
        for s in stages
    }
    resizable = is_resizable(network) and not several_pixels(network, foldings, lanes)
    return Plan(
        network=network.name,
        target=target,
        input_lanes=lanes,
        stages=tuple(_stage_plan(s, legal(s, foldings[s.name], resizable)) for s in stages),
        cycles_per_frame=0,
        latency_first=0,
        latency_frame=0,
        notes=(),
    )


def _stage_plan(stage: Stage, folding: Folding) -> StagePlan:
    """A stage as an edited file has it: figures are worked out anew by whoever reads it."""
    return StagePlan(
        name=stage.name,
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
    )


def _least(stage: Stage) -> Folding:
    feed = feeds(stage, resizable=False)[-1]
    return Folding(feed=feed, inputs=1, outputs=stage.acc.shape.channels, lanes=1)


def _fit(wish: int, allowed) -> int:
    """The largest allowed number up to ``wish``, or the smallest allowed."""
    return max((n for n in allowed if n <= wish), default=min(allowed))


def _input_lanes(network: Network, wish: int) -> int:
    channels, _, width = network.input_shape
    wide = [channels * n for n in range(2, 17) if width % n == 0]
    return _fit(wish, [*range(1, channels + 1), *wide])


def legal(small: Stage, folding: Folding, resizable: bool) -> Folding:
    """The folding with whatever no hardware can be built for replaced by what is next."""
    stage = widen(small, folding.pixels)
    allowed = feeds(stage, resizable=resizable)
    feed = folding.feed if folding.feed in allowed else allowed[0]
    channels = stage.acc.shape.channels
    outputs = min(folding.outputs, channels)
    engine = stage.engine
    dense = isinstance(engine, Conv) and not engine.depthwise
    wide = stage.entering > 1 and not isinstance(engine, Conv)
    if (feed is Feed.STREAM and dense) or wide:
        outputs = channels
    lanes = folding.lanes if isinstance(engine, Conv) else outputs
    possible = [n for n in range(1, outputs + 1) if outputs % n == 0 and carries_pixels(stage, n)]
    if not possible:  # a pixel in parts, and not all of it at once
        outputs = channels
        possible = [
            n for n in range(1, outputs + 1) if not outputs % n and carries_pixels(stage, n)
        ]
    lanes = _fit(lanes, possible) if isinstance(engine, Conv) else outputs
    made = replace(folding, feed=feed, inputs=1, outputs=outputs, lanes=lanes, capacity=0)
    inputs = max(1, min(folding.inputs, most_inputs(stage, made)))
    least = least_capacity(stage, feed)
    capacity = min(max(folding.capacity, least), most_capacity(stage, feed)) if least else 0
    fifo = min(folding.fifo, most_capacity(stage, feed) * stage.x.shape.channels)
    return replace(made, inputs=inputs, capacity=capacity, fifo=fifo)


def random_edit(rng: np.random.Generator, network: Network, most_cycles: int) -> Edit:
    """A folding for each stage, whatever it is good for."""
    pruned = prepared(network)
    channels, _, width = pruned.input_shape
    lanes = int(rng.integers(1, channels + 1))
    wide = bool(rng.random() < 0.15)  # at a fixed size only
    if wide and rng.random() < 0.5:
        lanes = channels * int(rng.choice([n for n in range(1, 17) if width % n == 0]))
    foldings = {}
    for stage in group_stages(pruned):
        foldings[stage.name] = random_folding(
            rng, stage, most_cycles, resizable=is_resizable(pruned) and not wide, wide=wide
        )
    return Edit(input_lanes=lanes, foldings=foldings)


def random_plan(
    rng: np.random.Generator, network: Network, target: Target, most_cycles: int
) -> Plan:
    """Such a plan with its figures."""
    plan = edited_plan(network, random_edit(rng, network, most_cycles), target)
    return describe(pipeline_of(network, plan), target)


def random_folding(
    rng: np.random.Generator,
    small: Stage,
    most_cycles: int,
    *,
    resizable: bool,
    wide: bool,
    only: Feed | None = None,
) -> Folding:
    """One that is neither too large to emit nor too slow to simulate, if one is found.

    With ``only``, of the stage fed in that way.
    """
    best, fewest = None, None
    for _ in range(TRIES):
        pixels = int(rng.choice(widths(small))) if wide else 1
        stage = widen(small, pixels)
        feed = only or Feed(rng.choice([f.value for f in feeds(stage, resizable=resizable)]))
        channels = stage.acc.shape.channels
        outputs = int(rng.choice([1, channels, rng.integers(1, channels + 1)]))
        tries = Folding(feed=feed, inputs=1, outputs=outputs, lanes=1, pixels=pixels)
        made = legal(small, tries, resizable)
        most = most_inputs(stage, made)
        inputs = int(rng.choice([1, most, rng.integers(1, most + 1)]))
        divisors = [n for n in range(1, made.outputs + 1) if made.outputs % n == 0]
        made = replace(made, inputs=inputs, lanes=int(rng.choice(divisors)))
        more = int(rng.choice([0, 0, 1, 5, stage.x.shape.width]))
        made = replace(made, fifo=int(rng.choice([0, 0, 1, 2, 7])))
        if not isinstance(stage.engine, Pool) or made.capacity:
            made = replace(made, capacity=made.capacity + more if made.capacity else 0)
        made = legal(small, made, resizable)
        folded = Folded(stage, made)
        if folded.multipliers <= MOST_MULTIPLIERS and folded.frame_cycles <= most_cycles:
            return made
        if fewest is None or folded.frame_cycles + 20 * folded.multipliers < fewest:
            best, fewest = made, folded.frame_cycles + 20 * folded.multipliers
    assert best is not None
    return best
