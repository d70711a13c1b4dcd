"""Parts of a pipeline from a fork to a join, and what they tell of the whole."""

import math
from fractions import Fraction

from corgibuilder.plan import Target
from corgibuilder.plan.choice import choose
from corgibuilder.plan.simulation import DeadlockError, pipeline_timing, regions, timing

from ...toys import SAME, conv, network
from ..test_fifos import BUDGETS, NETWORKS, SUM, behaviour, entry, layer, nested, planned, shorter


def at(made, join, budget=300):
    """Entries, layers and exits of the region of a join."""
    pipeline = choose(made, Target(fps=Fraction(1), clock_hz=budget))
    names = [stage.layer.name for stage in pipeline.stages]
    number = names.index(join)
    found = regions(pipeline, [number])[number]
    return found.entries, [names[number] for number in found.numbers], found.exits


def test_a_region_begins_at_the_last_node_that_all_branches_come_from():
    assert at(nested(), "inner") == (("x",), ["a", "inner"], ("inner_act",))
    assert at(nested(), "outer") == (("x",), ["a", "inner", "b", "outer"], ("outer",))
    assert at(taps(), "sum") == (("a_act",), ["b", "c", "sum"], ("b_act", "c_act", "sum"))


def taps():
    """Two nodes before a sum are read by others too: by a stage, and as an output."""
    return network(
        [
            entry(3, 6, 6),
            *layer("a", conv(3, 3, SAME), "x"),
            *layer("b", conv(3, 3, SAME), "a_act"),
            *layer("c", conv(3, 3, SAME), "b_act"),
            *layer("aside", conv(3, 2, SAME), "b_act"),
            ("sum", SUM, ("c_act", "a_act")),
            *layer("after", conv(3, 3, SAME), "sum"),
        ],
        ["after_act", "aside_act", "c_act"],
    )


def test_branches_without_such_a_node_begin_at_the_inputs():
    (first, op, _), (_, other, _) = entry(3, 6, 6), entry(3, 6, 6)
    made = network(
        [
            (first, op, ""),
            ("y", other, ""),
            *layer("a", conv(3, 3, SAME), "y"),
            ("sum", SUM, ("x", "a_act")),
        ],
        ["sum"],
    )
    assert at(made, "sum") == (("x", "y"), ["a", "sum"], ("sum",))


def test_a_region_by_itself_is_never_slower_than_the_whole():
    """So a queue that is too short for its region is too short; most that are too short are so."""
    too_short = [
        (pipeline, tried)
        for name in NETWORKS
        for budget in BUDGETS
        for pipeline in [planned(name, budget)]
        for tried in shorter(pipeline)
    ]
    seen = 0
    for pipeline, tried in too_short:
        whole, interval = behaviour(tried), pipeline_timing(pipeline).interval
        alone = [slowest(tried, k) for k, s in enumerate(tried.stages) if len(s.ports) > 1]
        assert whole is None or all(each <= whole.interval for each in alone)
        seen += any(each > interval for each in alone)
    assert seen > len(too_short) / 2


def slowest(pipeline, number):
    """Interval of the region of a stage; endless where it stops."""
    try:
        return timing(regions(pipeline, [number])[number].machine(pipeline)).interval
    except DeadlockError:
        return math.inf
