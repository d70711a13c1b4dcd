"""A latency that the target asks for."""

from dataclasses import replace
from fractions import Fraction

import pytest

from corgibuilder.diagnostics import CompileError
from corgibuilder.plan import Plan, Target, make_plan

from ..toys import small

NETWORK = small()
CLOCK = 1_000_000


def planned(latency=None):
    return make_plan(NETWORK, Target(fps=Fraction(1000), clock_hz=CLOCK, latency=latency))


def test_a_shorter_latency_costs_multipliers_and_keeps_the_rate():
    free = planned()
    limit = Fraction(free.latency_first * 2 // 3, CLOCK)
    quick = planned(limit)
    assert quick.latency_first <= limit * CLOCK < free.latency_first
    assert quick.multipliers > free.multipliers
    assert quick.cycles_per_frame <= free.cycles_per_frame
    assert Plan.from_json(quick.to_json()) == quick


def test_a_latency_that_is_met_anyway_changes_nothing():
    free = planned()
    quick = planned(Fraction(free.latency_first, CLOCK))
    assert quick.stages == free.stages


def test_an_impossible_latency_is_refused_with_the_least_there_is():
    with pytest.raises(CompileError) as caught:
        planned(Fraction(1, CLOCK))
    assert caught.value.code == "CB409"
    least = Fraction(caught.value.help.split()[2]) / 1000
    assert planned(least).latency_first <= least * CLOCK


BUDGETS = (1000, 850, 500, 340, 180)  # cycles per frame


def of_budget(cycles, latency=None):
    return make_plan(NETWORK, Target(fps=Fraction(1), clock_hz=cycles, latency=latency))


@pytest.mark.parametrize("budget", BUDGETS)
def test_a_pace_a_little_faster_is_taken_where_it_pays(budget):
    """Of the paces in the last sixteenth; whoever asks for no latency at all gets the cheapest."""
    plans = [of_budget(budget * part // 128, latency=Fraction(10)) for part in range(120, 129)]
    products = [plan.multipliers * plan.latency_first for plan in plans]
    chosen = of_budget(budget)
    assert chosen.multipliers * chosen.latency_first == min(products)
    assert chosen.cycles_per_frame <= budget
    assert plans[-1].multipliers == min(plan.multipliers for plan in plans)


def test_it_does_pay_somewhere():
    plans = [(of_budget(budget), of_budget(budget, Fraction(10))) for budget in BUDGETS]
    assert any(free.multipliers > cheap.multipliers for free, cheap in plans)
    assert any(free == replace(cheap, target=free.target) for free, cheap in plans)
