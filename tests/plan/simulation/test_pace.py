"""Whether a pipeline keeps a pace, against what it does when words are offered at once."""

from dataclasses import replace

import pytest

from corgibuilder.ir import Add, Input, QInt, Shape
from corgibuilder.plan import Target, make_plan, pipeline_of
from corgibuilder.plan.fifos import roomy
from corgibuilder.plan.simulation import (
    DeadlockError,
    Pace,
    fills_in_time,
    keeps_pace,
    latencies,
    never_stops,
    pipeline_fills,
    simulate,
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
        kept_up = keeps_pace(machine(made), best) and never_stops(machine(made))
        assert kept_up == same, depth
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


PORTION = 8  #: cycles of machine code at once


@pytest.fixture
def cycles(monkeypatch):
    """The cycles up to which machines were run, in small portions."""
    seen, run = [], simulate.run

    def watched(*arguments):
        more = run(*arguments)
        seen.append(int(arguments[8][0]))  # the clock
        return more

    monkeypatch.setattr(simulate, "run", watched)
    monkeypatch.setattr(simulate, "STEPS", PORTION)
    for known in ("_known", "_kept", "_unstoppable"):
        monkeypatch.setattr(simulate, known, {})
    return seen


@pytest.mark.parametrize("keeps", [fills_in_time, keeps_pace])
def test_a_run_ends_once_a_word_is_certainly_late(cycles, keeps):
    pipeline = roomy(residual(900))
    best = timing(machine(pipeline))
    ((name, (first, last)),) = best.latencies.items()
    cycles.clear()
    assert not keeps(machine(pipeline), Pace(interval=900, latencies={name: (first - 1, last)}))
    assert first <= cycles[-1] <= first + 2 * PORTION < last


def test_a_run_for_latencies_ends_with_the_first_frame(cycles):
    pipeline = roomy(residual(900))
    ((_, last),) = latencies(machine(pipeline)).values()
    assert last < cycles[-1] <= last + 2 * PORTION


@pytest.mark.parametrize("portion", [1, 8, 1 << 20])
def test_nothing_depends_on_the_portions(cycles, monkeypatch, portion):
    pipeline = roomy(residual(170))
    seen = pipeline_fills(pipeline, 170), timing(machine(pipeline))
    cycles.clear()
    monkeypatch.setattr(simulate, "STEPS", portion)
    monkeypatch.setattr(simulate, "_known", {})
    assert (pipeline_fills(pipeline, 170), timing(machine(pipeline))) == seen
    assert cycles
