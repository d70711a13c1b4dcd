"""Random networks through frontend, executor, planner and RTL; see the modules beside this one.

Values have to be right, and the RTL has to keep to the plan.
"""

import pytest

from corgibuilder.plan import fifos

from .case import Case
from .compare import Outcome, compare
from .generate import generate, has_joins
from .reduce import reduced
from .seeds import (
    FIXED,
    FOUND,
    GRAPHS,
    INPUTS,
    QUEUES,
    SLOW,
    SLOW_QUEUES,
    VARIABLE,
    Kind,
    fresh,
    kind_of,
)
from .show import as_test
from .tally import entry

#: A frame rate or a latency that no plan reaches; a network that computes nothing; what no hardware
#: is there for: channels of DepthToSpace in the order CRD, unless weights bring them into another,
#: and inputs that meet in channels only that no output needs.
REFUSALS = {"CB403", "CB405", "CB409", "CB434"}
STOPS = "CB416"  #: an edited plan whose queues are too short
REFUSED = {8: "CB409", 9: "CB403"}


@pytest.mark.parametrize("seed", FIXED)
def test_fixed_seed(seed, record_property):
    assert everything_agrees(seed, record_property).refused == REFUSED.get(seed)


@pytest.mark.parametrize("seed", GRAPHS)
def test_fixed_graph(seed, record_property):
    everything_agrees(seed, record_property, Kind.GRAPH)


@pytest.mark.parametrize("seed", INPUTS)
def test_fixed_inputs(seed, record_property):
    everything_agrees(seed, record_property, Kind.INPUTS)


@pytest.mark.parametrize("seed", FOUND)
def test_seed_that_has_shown_something(seed, record_property):
    everything_agrees(seed, record_property, kind_of(seed))


@pytest.mark.parametrize("seed", fresh())
def test_fresh_seed(seed, record_property):
    everything_agrees(seed, record_property, kind_of(seed))


@pytest.mark.slow
@pytest.mark.parametrize("seed", SLOW)
def test_slow_seed(seed, record_property):
    everything_agrees(seed, record_property, kind_of(seed))


@pytest.mark.parametrize("seed", QUEUES)
def test_queues_of_which_no_shorter_one_was_tried(seed, record_property, monkeypatch):
    monkeypatch.setattr(fifos, "MOST_WORK", 0)
    everything_agrees(seed, record_property, Kind.GRAPH)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SLOW_QUEUES)
def test_slow_queues_of_which_no_shorter_one_was_tried(seed, record_property, monkeypatch):
    monkeypatch.setattr(fifos, "MOST_WORK", 0)
    everything_agrees(seed, record_property, Kind.GRAPH)


def everything_agrees(seed: int, record_property, kind: Kind = Kind.CHAIN) -> Outcome:
    case = generate(seed, kind)
    outcome = compare(case)
    record_property("net", entry(outcome))
    if outcome.findings:
        first = outcome.findings[0].kind
        small = reduced(case, lambda smaller: first in {f.kind for f in compare(smaller).findings})
        text = "\n".join(finding.text for finding in outcome.findings)
        pytest.fail(
            f"seed {seed} (of {VARIABLE}={fresh().start} where it is a fresh one)\n{text}\n\n"
            f"As a test:\n\n{as_test(small, f'test_seed_{seed}', 'findings')}",
            pytrace=False,
        )
    assert outcome.refused is None or outcome.refused in REFUSALS or _may_stop(case, outcome)
    return outcome


def _may_stop(case: Case, outcome: Outcome) -> bool:
    """Whether queues of an edited plan are to blame for a pipeline that would stop."""
    return outcome.refused == STOPS and case.edit is not None and has_joins(case)
