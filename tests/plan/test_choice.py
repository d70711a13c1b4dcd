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


def test_a_shorter_latency_costs_area_and_keeps_the_rate():
    free = planned()
    limit = Fraction(free.latency_first * 2 // 3, CLOCK)
    quick = planned(limit)
    assert quick.latency_first <= limit * CLOCK < free.latency_first
    assert quick.area > free.area
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
def test_who_asks_for_no_latency_gets_what_takes_the_most_time(budget):
    free, patient = of_budget(budget), of_budget(budget, latency=Fraction(10))
    assert free == replace(patient, target=free.target)
