"""Whatever the network and the target: there is a plan, or an error that says why there is none."""

import tracemalloc
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from corgibuilder.diagnostics import CompileError
from corgibuilder.ir import Pads, Window
from corgibuilder.plan import (
    Plan,
    Target,
    describe,
    make_plan,
    pipeline_of,
    positions,
    times,
)
from corgibuilder.plan.kinds import shuffled_estimates
from corgibuilder.plan.simulation import pipeline_timing, stage_intervals

from ..net.case import Edit
from ..net.edits import edited_plan, random_plan
from ..toys import POINT, SAME, STRIDED, chain, conv
from .odd_networks import any_network, pick

GROUPS, EACH = 12, 25
TRIES = 200
MOST_CYCLES = 10**5
DECISIONS = (
    *("inputs", "outputs", "lanes", "capacity", "pixels", "single_port", "groups_per_word"),
    "fifo",
)
REFUSALS = {"CB403", "CB405", "CB409"}  # too fast, nothing to compute, too late


def any_target(rng):
    clock_hz = 10**6
    fps = Fraction(clock_hz, int(10 ** rng.uniform(0, 5)))
    latency = Fraction(int(10 ** rng.uniform(0, 5)), clock_hz) if rng.random() < 0.3 else None
    headroom = pick(rng, (1, 2, 3, 4, 7)) if rng.random() < 0.3 else None
    return Target(fps=fps, clock_hz=clock_hz, headroom=headroom, latency=latency)


def planned(network, target):
    try:
        return make_plan(network, target)
    except CompileError as refused:
        assert refused.code in REFUSALS
        return None


@pytest.mark.parametrize("group", range(GROUPS))
def test_any_network_for_any_target(group):
    found = 0
    for seed in range(group * EACH, (group + 1) * EACH):
        rng = np.random.default_rng([seed, 8])
        network, target = any_network(rng), any_target(rng)
        plan = planned(network, target)
        if plan is not None:
            found += 1
            assert plan.cycles_per_frame <= target.budget_for(network.input_shape)
            assert plan.latency_first <= plan.latency_frame
            assert target.latency is None or plan.latency_first <= target.latency_cycles
        for made in (plan, random_plan(rng, network, target, MOST_CYCLES)):
            if made is not None:
                read = Plan.from_json(made.to_json())
                pipeline = pipeline_of(network, read)
                assert describe(pipeline, target) == made
                alone = stage_intervals(pipeline)
                for stage in pipeline.stages:
                    assert stage.folded.least_cycles <= alone[stage.layer.name]
    assert found


def spoiled(plan, rng):
    """With one decision for one stage, or for an edge, changed to anything."""
    number, name = int(rng.integers(len(plan.stages))), pick(rng, DECISIONS)
    stage, edges = plan.stages[number], plan.edges
    if name == "fifo":
        at, most = int(rng.integers(len(plan.stages))), 4 * edges[0].channels * edges[0].width
        more = replace(edges[at], fifo=int(rng.integers(2 * edges[at].fifo + most)))
        return replace(plan, edges=(*edges[:at], more, *edges[at + 1 :]))
    was = getattr(stage.folding, name)
    value = not was if name == "single_port" else int(rng.integers(2 * was + 2))
    folding = replace(stage.folding, **{name: max(value, 1) if name == "pixels" else value})
    edges = [with_lanes(e, folding.lanes) if e.producer == stage.name else e for e in edges]
    stages = [*plan.stages[:number], replace(stage, folding=folding), *plan.stages[number + 1 :]]
    return replace(plan, stages=tuple(stages), edges=tuple(edges))


def with_lanes(edge, lanes):
    return replace(edge, lanes=lanes, pixels=max(lanes // edge.channels, 1))


def test_a_decision_is_refused_where_no_hardware_can_be_built_for_it():
    refused = 0
    for seed in range(TRIES):
        rng = np.random.default_rng([seed, 10])
        network, target = any_network(rng), any_target(rng)
        plan = spoiled(random_plan(rng, network, target, MOST_CYCLES), rng)
        foldings = {stage.name: stage.folding for stage in plan.stages}
        fifos = {(e.consumer, e.port): e.fifo for e in plan.edges if e.port is not None}
        edit = Edit(input_lanes=plan.input_lanes, foldings=foldings, fifos=fifos)
        legal = edited_plan(network, edit, target)
        same = all(stage.folding == foldings[stage.name] for stage in legal.stages)
        if same and legal.edges == plan.edges:
            pipeline_of(network, plan)
            continue
        refused += 1
        with pytest.raises(CompileError) as caught:
            pipeline_of(network, plan)
        assert caught.value.code == "CB413"
    assert TRIES // 5 < refused < TRIES * 4 // 5


def test_figures_are_the_same_however_few_times_are_looked_at_together(monkeypatch):
    for seed in range(60):
        rng = np.random.default_rng([seed, 9])
        network, target = any_network(rng), any_target(rng)
        plan = planned(network, target)
        with monkeypatch.context() as smaller:
            smaller.setattr(times, "PLAIN", 0)
            for module in (times, positions, shuffled_estimates):
                smaller.setattr(module, "BLOCK", 16)
            assert planned(network, target) == plan


def test_a_large_map_takes_little_memory():
    """Three frames of 64-bit times would take 61 MB for each stream, and there are several."""
    network = chain((1, 1600, 1600), conv(1, 2, SAME), conv(2, 2, STRIDED, 2), conv(2, 1, POINT))
    tracemalloc.start()
    plan = make_plan(network, Target(fps=1, clock_hz=10**8))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert plan.cycles_per_frame >= 1600**2
    assert peak < 160e6


def test_an_input_that_is_an_output_as_well():
    """Only its last layer's output says when a frame is done."""
    windows = (
        Window(kernel=(2, 4), stride=(3, 2)),
        Window(kernel=(2, 4), stride=(1, 2), pads=Pads(left=2, bottom=1, right=3)),
        Window(kernel=(1, 1), stride=(1, 2)),
        Window(kernel=(1, 1), stride=(3, 1)),
    )
    ops = [
        conv(*sizes)
        for sizes in zip((5, 3, 4, 6), (3, 4, 6, 6), windows, (1, 1, 1, 6), strict=True)
    ]
    plain = chain((5, 11, 4), *ops)
    tapped = replace(plain, outputs=(*plain.inputs, *plain.outputs))
    target = Target(fps=1000, clock_hz=10**6)
    plan, same = make_plan(tapped, target), make_plan(plain, target)
    copied = 1  # cycle that the copies of the input take
    later = {name: getattr(same, name) + copied for name in ("latency_first", "latency_frame")}
    copy = replace(same.edges[0], consumer="x", port=None)
    edges = (*same.edges[:-1], copy, same.edges[-1])
    assert plan == replace(same, edges=edges, **later)
    (first, last), slowest = pipeline_timing(pipeline_of(tapped, plan)).latencies.values()
    words = 11 * 4 * -(-5 // next(iter(plan.input_lanes.values())))
    through = 2  # a buffer behind the gate, and one for each copy
    assert first == through and last >= words - 1 + through
    assert slowest == (plan.latency_first, plan.latency_frame)
