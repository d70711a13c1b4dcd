"""What is said of an edited plan whose stages are below its target."""

import json
import re
from dataclasses import replace
from fractions import Fraction

import pytest

from corgibuilder.diagnostics import CompileError
from corgibuilder.ir import Add, Clamp, Input, Pool, PoolKind, QInt, Select, Shape
from corgibuilder.passes import prepared
from corgibuilder.plan import Target, check_target, describe, make_plan, pipeline_of
from corgibuilder.plan.folding import WindowSource
from corgibuilder.plan.pins import LayerPins, Pins

from ..toys import RANGE, SAME, STRIDED, chain, conv, network, steps

TWICE = Select(channels=(0, 1, 2, 3, 0, 2, 1, 3))
LEAST = Clamp(range=QInt(0, 1))


def planned(net, cycles):
    return make_plan(net, Target(fps=Fraction(1), clock_hz=cycles))


def edited(plan, name, **changes):
    """With other fields of a stage's folding, its lanes among them."""
    stages = [
        replace(s, folding=replace(s.folding, **changes)) if s.name == name else s
        for s in plan.stages
    ]
    lanes = {s.name: s.folding.lanes for s in stages}
    edges = (replace(e, lanes=lanes.get(e.producer, e.lanes)) for e in plan.edges)
    return replace(plan, stages=tuple(stages), edges=tuple(edges))


def remedy(net, plan):
    """The last thing to do, as it is said."""
    pipeline = pipeline_of(prepared(net), plan)
    with pytest.raises(CompileError, match="CB420") as caught:
        check_target(pipeline, describe(pipeline, plan.target))
    return caught.value.help.split("MHz or more; or ")[1]


def check(net, plan):
    pipeline = pipeline_of(prepared(net), plan)
    check_target(pipeline, describe(pipeline, plan.target))


def routed():
    return chain((4, 8, 8), conv(4, 4, SAME), TWICE, conv(8, 3, SAME))


def test_words_that_are_too_narrow_are_named_and_not_who_gives_or_reads_them():
    net = routed()
    plan = planned(net, 300)
    narrow = edited(plan, "n1", lanes=1)
    assert remedy(net, narrow) == "give more lanes to the edge from 'n1' to 'n2'"
    check(net, edited(plan, "n1", lanes=8))


def test_outputs_are_named_where_they_are_as_many_as_the_lanes():
    net = chain((4, 8, 8), Pool(kind=PoolKind.MAX, window=SAME), TWICE, LEAST, conv(8, 3, SAME))
    plan = planned(net, 600)
    name = next(stage.name for stage in plan.stages if stage.layer == "activation")
    narrow = edited(plan, name, lanes=1, outputs=1)
    slow = replace(narrow, target=replace(plan.target, clock_hz=300))
    assert f"more lanes to the edge from '{name}' to 'n3', and as many outputs to '{name}'" in (
        remedy(net, slow)
    )


def test_a_stage_that_is_slow_by_itself_is_named_alone():
    net = routed()
    slow = edited(planned(net, 600), "n2", lanes=1, inputs=1, outputs=1)
    assert re.fullmatch(
        "give more inputs or outputs to 'n2', which takes [0-9,]+", remedy(net, slow)
    )


@pytest.mark.parametrize(
    "budget,given,what,better",
    [
        (
            120,
            {"single_port": False},
            "another source, or more inputs or outputs,",
            {"source": WindowSource.ROW_BANKS, "capacity": 0},
        ),
        (140, {"single_port": True}, "single_port = false", {"single_port": False}),
    ],
)
def test_a_stage_that_takes_longer_than_its_folds_is_named_with_what_is_enough(
    budget, given, what, better
):
    net = chain((4, 8, 10), conv(4, 6, SAME), steps(6), conv(6, 6, STRIDED, groups=6))
    pins = {"n0": LayerPins(source="row_banks", inputs=36, outputs=6, lanes=6)}
    windows = LayerPins(source="column_buffer", inputs=9, outputs=1, capacity=23)
    target = Target(fps=Fraction(1), clock_hz=300)
    plan = make_plan(net, target, Pins(pins | {"n2": replace(windows, **given)}))
    assert plan.stages[1].cycles_per_frame <= 120 < plan.cycles_per_frame
    slow = replace(plan, target=replace(target, clock_hz=budget))
    assert remedy(net, slow).startswith(f"give {what} to 'n2', which takes ")
    check(net, edited(slow, "n2", **better))


def meeting():
    layers = [("x", Input(shape=Shape(4, 8, 8), range=RANGE), ""), ("a", conv(4, 4, SAME), "x")]
    layers += [("b", conv(4, 4, SAME), "a"), ("sum", Add(factors=(1, 1)), ("b", "x"))]
    return network(layers, ["sum"])


def with_fifos(plan, name, fifos):
    edges = (
        replace(e, fifo=fifos[e.port]) if e.consumer == name and e.port is not None else e
        for e in plan.edges
    )
    return replace(plan, edges=tuple(edges))


def test_queues_that_are_too_short_are_named_with_what_they_need():
    net = meeting()
    plan = planned(net, 300)
    fifos = [edge.fifo for edge in plan.edges if edge.consumer == "sum" and edge.port is not None]
    short = with_fifos(plan, "sum", [min(depth, 19) for depth in fifos])
    given = re.fullmatch(
        r"give this in the pins, or with the edges of the plan: 'sum': fifo = (\[.*\])",
        remedy(net, short),
    )
    check(net, with_fifos(plan, "sum", json.loads(given[1])))
