"""A latency that the target asks for."""

from dataclasses import replace
from fractions import Fraction

import pytest

from corgibuilder.diagnostics import CompileError
from corgibuilder.ir import Pads, Window
from corgibuilder.plan import Pins, Plan, Target, choice, make_plan
from corgibuilder.plan.pins import LayerPins

from ..toys import STRIDED, chain, conv, small, steps

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


def test_what_a_search_remembers_changes_nothing(monkeypatch):
    limit = Fraction(planned().latency_first * 2 // 3, CLOCK)
    found = planned(limit)

    def forgetful(method):
        def called(search, *arguments):
            search._areas, search._clocked = {}, {}
            return method(search, *arguments)

        return called

    for name in ("_area", "_for_clock"):
        method = getattr(choice._BudgetSearch, name)
        monkeypatch.setattr(choice._BudgetSearch, name, forgetful(method))
    assert planned(limit) == found


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


@pytest.mark.parametrize(("shape", "kernel", "least"), [((2, 4, 4), 5, 21), ((2, 2, 1), 3, 2)])
def test_columns_of_padding_that_are_never_read_take_no_time(shape, kernel, least):
    """With a stride of 3 a window does not read what lies between two of them."""
    pad = kernel - 1
    window = Window(
        kernel=(kernel,) * 2, stride=(3, 3), pads=Pads(top=pad, left=pad, bottom=pad, right=pad)
    )
    network = chain(shape, conv(2, 3, window), steps(3), fixed=("x",))
    assert make_plan(network, Target(fps=Fraction(1), clock_hz=least)).cycles_per_frame <= least
    with pytest.raises(CompileError):
        make_plan(network, Target(fps=Fraction(1), clock_hz=least - 1))


def test_an_estimate_that_is_too_high_refuses_nothing():
    """The stage is estimated to take 808 cycles, and takes 688."""
    network = chain((8, 16, 16), conv(8, 8, STRIDED, groups=8), steps(8))
    pins = Pins({"n0": LayerPins(source="tap_serial", outputs=8, pixels=1)})
    plan = make_plan(network, Target(fps=Fraction(1), clock_hz=720), pins)
    assert plan.cycles_per_frame <= 720 < plan.stages[0].cycles_per_frame
