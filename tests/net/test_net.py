"""Random networks through frontend, executor, planner and RTL; see the modules beside this one.

Values have to be right, and the RTL has to keep to the plan.
"""

import pytest

from .compare import Outcome, compare
from .generate import generate
from .reduce import reduced
from .seeds import FIXED, SLOW, VARIABLE, fresh
from .show import as_test
from .tally import entry

#: A frame rate or a latency that no plan reaches; a network that computes nothing.
REFUSALS = {"CB403", "CB405", "CB409"}
REFUSED = {8: "CB409", 9: "CB403", 17: "CB409", 45: "CB409", 51: "CB409"}


@pytest.mark.parametrize("seed", FIXED)
def test_fixed_seed(seed, record_property):
    assert everything_agrees(seed, record_property).refused == REFUSED.get(seed)


@pytest.mark.parametrize("seed", fresh())
def test_fresh_seed(seed, record_property):
    everything_agrees(seed, record_property)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SLOW)
def test_slow_seed(seed, record_property):
    everything_agrees(seed, record_property)


def everything_agrees(seed: int, record_property) -> Outcome:
    case = generate(seed)
    outcome = compare(case)
    record_property("net", entry(outcome))
    if outcome.findings:
        kind = outcome.findings[0].kind
        small = reduced(case, lambda smaller: kind in {f.kind for f in compare(smaller).findings})
        text = "\n".join(finding.text for finding in outcome.findings)
        pytest.fail(
            f"seed {seed} (of {VARIABLE}={fresh().start} where it is a fresh one)\n{text}\n\n"
            f"As a test:\n\n{as_test(small, f'test_seed_{seed}', 'findings')}",
            pytrace=False,
        )
    assert outcome.refused is None or outcome.refused in REFUSALS
    return outcome
