"""The loop around the rules, against one that steps through every component in every cycle."""

from dataclasses import replace

import numpy as np
import pytest

from corgibuilder.diagnostics import CompileError
from corgibuilder.plan import Target, make_plan, pipeline_of
from corgibuilder.plan.components import Rule
from corgibuilder.plan.simulation import (
    DeadlockError,
    pipeline_fills,
    pipeline_latencies,
    pipeline_timing,
    simulate,
    stage_machine,
    timing,
)
from corgibuilder.plan.simulation.chains import machine
from corgibuilder.plan.simulation.machine_code import apply, run

from ...net.build import planned
from ...net.case import network_of
from ...net.edits import random_plan
from ...net.generate import generate
from ...net.seeds import Kind
from ...toys import POINT, SAME, chain, conv, small, steps
from ..odd_networks import any_network

FRAMES = 4
MOST_CYCLES = 2000


def step_by_step(machine, frames, interval=1, frame_interval=0):
    """Cycles of the first and the last word of each frame at each output."""
    state = machine.state.copy()
    chains, words = machine.chains.tolist(), machine.words.tolist()
    served, moved = [False] * len(chains), [0] * len(chains)
    spans = {c: [] for c, (_, _, _, gives_on, *_) in enumerate(chains) if not gives_on}
    sent = offer_from = now = begun = 0
    start = None
    while any(len(s) < 2 * frames for s in spans.values()):
        assert now < 10**6
        entering = now >= offer_from
        valid = [bool(state[end - 1]["valid"]) if end > first else entering or c > 0
                 for c, (first, end, *_) in enumerate(chains)]  # fmt: skip
        ready = [True] * len(chains)
        through = [False] * len(chains)
        for c in reversed(range(len(chains))):
            first, end, source, gives_on, join, join_end, *_ = chains[c]
            sources = machine.joined[join:join_end].tolist()
            waits_for = sources
            if sources and machine.rules[first] == Rule.CONCAT:
                waits_for = [sources[state[first]["x"]]]
            if sources:
                offered = all(valid[each] for each in waits_for)
            elif source >= 0:
                offered = valid[source] and not served[c]
            else:
                offered = entering or c > 0
            gives = valid[c] if end > first else offered
            taken = ready[c] if gives_on else True
            if gives and not gives_on:
                if moved[c] % words[c] in (0, words[c] - 1):
                    spans[c] += [now] * (1 + (words[c] == 1))
                moved[c] += 1
            if gives and gives_on:
                for other, (_, _, at, *_) in enumerate(chains):
                    if at == c:
                        served[other] = through[other] and not taken
            for k in reversed(range(first, end)):
                coming = offered if k == first else bool(state[k - 1]["valid"])
                taken = bool(
                    apply(machine.rules[k], machine.parameters[k], state[k], coming, taken)
                )
            if sources:
                for each in sources:
                    ready[each] = taken and offered and each in waits_for
            elif source >= 0:
                through[c] = served[c] or taken
                ready[source] = ready[source] and through[c]
            elif offered and taken:
                start = now if start is None else start
                if c == 0:
                    begun = now if sent % words[0] == 0 else begun
                    sent, offer_from = sent + 1, now + interval
                    if sent % words[0] == 0:
                        offer_from = max(offer_from, begun + frame_interval)
                    elif not interval:
                        offer_from = begun + frame_interval * (sent % words[0]) // words[0]
        now += 1
    return {
        node: np.array(spans[c][: 2 * frames]).reshape(-1, 2) - start
        for node, c in machine.outputs.items()
    }


def check_step_by_step(pipeline):
    """Latencies and the times between frames are those of the simulation, words paced or not."""
    simulated = pipeline_timing(pipeline)
    warm_up = simulated.warm_up_frames
    steps = step_by_step(machine(pipeline), warm_up + FRAMES)
    late = []
    for node, spans in steps.items():
        assert simulated.latencies[node] == tuple(spans[0])
        late += np.flatnonzero(np.diff(spans[:, 1]) > simulated.interval).tolist()
    assert max(late, default=-1) == warm_up - 1
    paced = step_by_step(machine(pipeline), 1, interval=3)
    for node, latencies in pipeline_latencies(pipeline, interval=3).items():
        assert latencies == tuple(paced[node][0])
    frames_apart = simulated.interval + 5
    paced = step_by_step(machine(pipeline), 1, frame_interval=frames_apart)
    for node, latencies in pipeline_fills(pipeline, frames_apart)[0].items():
        assert latencies == tuple(paced[node][0])
    paced = step_by_step(machine(pipeline), 1, interval=0, frame_interval=frames_apart)
    for node, latencies in pipeline_fills(pipeline, frames_apart, even=True)[0].items():
        assert latencies == tuple(paced[node][0])


@pytest.mark.parametrize("seed", range(40))
def test_as_step_by_step(seed):
    rng = np.random.default_rng([seed, 11])
    network = any_network(rng)
    target = Target(fps=1, clock_hz=int(10 ** rng.uniform(1, 4)))
    try:
        plan = (
            make_plan(network, target)
            if seed % 2
            else random_plan(rng, network, target, MOST_CYCLES)
        )
    except CompileError:
        return
    if plan.cycles_per_frame > 5000:
        return
    check_step_by_step(pipeline_of(network, plan))


@pytest.mark.parametrize("seed", range(16))
def test_as_step_by_step_where_branches_meet(seed):
    case = generate(seed, Kind.INPUTS if seed % 4 == 0 else Kind.GRAPH)
    try:
        pipeline, plan = planned(case, network_of(case))
    except CompileError as refusal:
        pytest.skip(refusal.code)
    if plan.cycles_per_frame >= 600:
        pytest.skip("a frame takes long, step by step")
    check_step_by_step(pipeline)


def test_the_slowest_stage_sets_the_interval():
    plan = make_plan(small(), Target(fps=1, clock_hz=500))
    pipeline = pipeline_of(small(), plan)
    alone = [timing(stage_machine(s, resizable=True)).interval for s in pipeline.stages]
    assert pipeline_timing(pipeline).interval == max(alone)


def test_a_pipeline_that_stops():
    network = chain((2, 6, 6), conv(2, 3, SAME), conv(3, 2, POINT))
    pipeline = pipeline_of(network, make_plan(network, Target(fps=1, clock_hz=5000)))
    first, *others = pipeline.stages
    short = first.folded.with_folding(capacity=4)  # less than a window needs
    stages = (replace(first, folded=short), *others)
    with pytest.raises(DeadlockError):
        timing(stage_machine(stages[0], resizable=True))
    with pytest.raises(CompileError, match="stop") as refused:
        pipeline_timing(replace(pipeline, stages=stages))
    assert refused.value.code == "CB416"


@pytest.mark.parametrize("steps", [1, 7, 100])
def test_signals_are_taken_between_steps(monkeypatch, steps):
    """Machine code runs for so many steps; in how many parts it runs changes nothing."""
    pipeline = pipeline_of(small(), make_plan(small(), Target(fps=1, clock_hz=500)))
    made = machine(pipeline)
    wanted = simulate._timing(made)
    calls = []

    def watched(*arguments):
        calls.append(arguments)
        return run(*arguments)

    monkeypatch.setattr(simulate, "STEPS", steps)
    monkeypatch.setattr(simulate, "run", watched)
    assert simulate._timing(made) == wanted
    assert len(calls) > wanted.slowest[1] // steps


def test_more_frames_under_way_than_are_looked_at_elsewhere(monkeypatch):
    monkeypatch.setattr(simulate, "MOST_FRAMES", 20)
    network = chain((2, 1, 1), *(op for _ in range(12) for op in (conv(2, 2, POINT), steps(2))))
    pipeline = pipeline_of(network, make_plan(network, Target(fps=1, clock_hz=1)))
    found = timing(machine(pipeline))
    assert found.interval == 1
    assert found.frames > 20
