"""For how long components promise to do the same, against what they do cycle by cycle."""

import random

import numpy as np
import pytest

from corgibuilder.plan.components import Rule, part
from corgibuilder.plan.simulation.machine_code import apply
from corgibuilder.plan.simulation.machine_code.components import NEVER, count_on, watched_tick

from ..components.examples import EXAMPLES
from ..components.running import Simulated

CYCLES = 150
FAR = 24  #: cycles of what never ends that are looked at
PARTS = {
    f"{name}, {number}": each
    for name, example in EXAMPLES.items()
    for number, each in enumerate(example.config.parts(0))
} | {
    "gathers pixels": part(Rule.GEARBOX, channels=13, lanes_in=2, lanes_out=13),
    "gathers parts": part(Rule.GEARBOX, channels=23, lanes_in=2, lanes_out=9),
    "gives parts": part(Rule.GEARBOX, channels=23, lanes_in=9, lanes_out=2),
    "counts down": part(Rule.SERIALISER, words=7, groups=3, short=2),
    "long pipeline": part(Rule.RIGID, words=1, registers=6),
    "long pipeline of sums": part(Rule.RIGID, words=9, registers=5),
    "one register": part(Rule.RIGID, words=1, registers=1),
}


def one(each):
    """Parameters and state of a part."""
    made = Simulated([each])
    return made.parameters[0], made.state


def steps(each, p, state, cycles, offered, ready):
    """Follow the rule for so many cycles: whether words come in, and are on offer."""
    seen = set()
    for _ in range(cycles):
        accepts = apply(each.rule, p, state[0], offered, ready or not state["valid"][0])
        seen.add((offered and bool(accepts), bool(state["valid"][0])))
    return seen


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("each", PARTS.values(), ids=PARTS)
def test_the_same_happens_for_as_long_as_promised(each, seed):
    rng = random.Random(seed)
    p, state = one(each)
    offered = ready = slept = False
    for _ in range(CYCLES):
        offered = offered if rng.random() < 0.7 else rng.random() < 0.6
        ready = ready if rng.random() < 0.7 else rng.random() < 0.6
        accepts, more = watched_tick(each.rule, p, state[0], offered, ready)
        if more == 0:
            continue
        slept = True
        cycles, counted, valid = rng.randint(1, min(more, FAR)), state.copy(), state["valid"][0]
        if more < NEVER:
            count_on(each.rule, p, counted[0], cycles, offered)
        same = offered and bool(accepts), bool(valid)
        assert steps(each, p, state, cycles, offered, ready) == {same}
        for seen in ("blocked", "complete"):  # of the last cycle; the next one looks anew
            counted[seen] = state[seen]
        np.testing.assert_array_equal(state, counted)
    assert slept


@pytest.mark.parametrize(
    ("name", "cycles", "more"),
    [
        ("long pipeline", 6, NEVER),
        ("one register", 1, NEVER),
        ("gathers pixels", 1, 5),
        ("counts down", 2, 5),
    ],
)
def test_a_stream_without_gaps_lets_components_sleep(name, cycles, more):
    """After so many cycles in which a word was there and its own was taken."""
    p, state = one(PARTS[name])
    for _ in range(cycles):
        promised = watched_tick(PARTS[name].rule, p, state[0], True, True)[1]
    assert promised == more
