"""Whether a pipeline keeps a pace, against what it does when words are offered at once."""

from dataclasses import replace

import pytest

from corgibuilder.ir import Add, Input, QInt, Shape
from corgibuilder.plan import Target, make_plan, pipeline_of
from corgibuilder.plan.fifos import roomy
from corgibuilder.plan.simulation import (
    DeadlockError,
    Pace,
    keeps_pace,
    pipeline_fills,
    timing,
)
from corgibuilder.plan.simulation.chains import machine

from ...toys import SAME, conv, network, steps


def residual(budget):
    """A convolution around which its input goes, after another one."""
    layers = [
        ("x", Input(shape=Shape(3, 6, 7), range=QInt(0, 3)), ""),
        ("stem", conv(3, 4, SAME), "x"),
        ("acts", steps(4), "stem"),
        ("branch", conv(4, 4, SAME), "acts"),
        ("more", steps(4), "branch"),
        ("join", Add(factors=(1, 1)), ("more", "acts")),
    ]
    net = network(layers, ["join"])
    plan = make_plan(net, Target(fps=1000, clock_hz=1000 * budget))
    return pipeline_of(net, plan)


def with_queue(pipeline, depth):
    *rest, last = pipeline.stages
    return replace(pipeline, stages=(*rest, replace(last, fifos=(3, depth))))


def eager(pipeline):
    try:
        return timing(machine(pipeline))
    except DeadlockError:
        return None


@pytest.mark.parametrize("budget", [80, 170, 400, 900])
def test_every_depth(budget):
    """Too short a queue stops the pipeline, with rows of padding half done, or slows it down."""
    pipeline = residual(budget)
    best = timing(machine(roomy(pipeline)))
    kept, found = [], set()
    for depth in range(1, 60):
        made = with_queue(pipeline, depth)
        was = eager(made)
        found.add(was is None)
        same = was is not None and was.interval <= best.interval and was.latencies == best.latencies
        assert keeps_pace(machine(made), best) == same, depth
        kept.append(same)
    assert found == {True, False}
    assert kept == sorted(kept)
    assert kept[-1]


@pytest.mark.parametrize("budget", [170, 900])
def test_what_queues_hold_is_enough(budget):
    pipeline = residual(budget)
    best = timing(machine(roomy(pipeline)))
    held = pipeline_fills(roomy(pipeline), best.interval)[1]["join", 1]
    assert held > 0
    assert keeps_pace(machine(with_queue(pipeline, held)), best)
    faster = Pace(interval=best.interval - 1, latencies=best.latencies)
    assert not keeps_pace(machine(roomy(pipeline)), faster)
