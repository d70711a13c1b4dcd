"""What is merged, under which name, and what has to stay."""

from dataclasses import replace

import numpy as np
import pytest

from corgibuilder.ir import (
    Add,
    Clamp,
    Conv,
    Pad,
    Pads,
    Pool,
    PoolKind,
    QInt,
    Select,
    Table,
    Threshold,
)
from corgibuilder.passes.fold_factors import fold_factors
from corgibuilder.passes.join_equal_terms import join_equal_terms
from corgibuilder.passes.merge_pads import merge_pads
from corgibuilder.passes.merge_selects import merge_selects
from corgibuilder.passes.merge_tables import merge_tables
from corgibuilder.passes.merge_thresholds import merge_thresholds
from corgibuilder.passes.tables_to_thresholds import tables_to_thresholds

from ..random_networks import random_steps
from ..toys import HALVES, POINT, SAME, conv, steps
from .graphs import check_same, entry, graph_of, names

ALL = Pads(top=1, left=1, bottom=1, right=1)
WIDE = QInt(-40, 40)
FEW = QInt(-4, 4)


def line(*ops, x=WIDE, channels=3):
    """A chain of ops with the name of their kinds in lower case; the last is the output."""
    layers = [("x", entry(channels, 6, 7, x=x))]
    for number, op in enumerate(ops):
        layers.append((f"{type(op).__name__.lower()}{number}", op, layers[-1][0]))
    return graph_of(layers, [layers[-1][0]])


def falling(first, last):
    """A table of three channels that falls."""
    return Table(values=np.arange(last, first - 1, -1)[None].repeat(3, axis=0), lo=first)


def random_functions(rng, x, kinds):
    """Functions of three channels, one after the other, on values of ``x``."""
    ops = []
    for kind in kinds:
        held = line(*ops, x=x) if ops else line(Clamp(range=x), x=x)
        given = held.graph.type(held.outputs[0].node)
        lo, hi = given.range.lo, given.range.hi
        if kind == "t":
            ops.append(random_steps(rng, given, int(rng.integers(1, 9)), int(rng.integers(-9, 9))))
        elif kind == "c":
            ends = np.sort(rng.integers(lo - 2, hi + 3, 2)).tolist()
            ops.append(Clamp(range=QInt(*ends)))
        else:
            reach = 2 if kind == "r" else 9
            values = rng.integers(-reach, reach, (int(rng.choice([1, 3])), hi - lo + 1))
            ops.append(Table(values=np.sort(values) if kind == "r" else values, lo=lo))
    return ops


@pytest.mark.parametrize("kinds", ["tc", "ct", "tt", "cc", "rt", "tr", "rr", "cr", "rc"])
@pytest.mark.parametrize("held", [WIDE, QInt(-7, 9, 2)])
def test_step_functions_become_one(kinds, held):
    """``t`` is a step function, ``c`` a clamp, ``r`` a table that does not fall."""
    merged = 0
    for seed in range(60):
        network = line(*random_functions(np.random.default_rng(seed), held, kinds), x=held)
        after = check_same(network, merge_thresholds(network))
        merged += len(names(after)) == 2
    assert merged >= (60 if set(kinds) <= {"t", "c"} else 5)


@pytest.mark.parametrize("kinds", ["fc", "cf", "ft", "tf", "ff", "fr", "rf"])
@pytest.mark.parametrize("held", [FEW, QInt(-7, 9, 2)])
def test_tables_take_up_their_neighbours(kinds, held):
    """``f`` is any table."""
    merged = 0
    for seed in range(60):
        network = line(*random_functions(np.random.default_rng(seed), held, kinds), x=held)
        after = check_same(network, merge_tables(network))
        merged += len(names(after)) == 2
    assert merged >= 1


def test_the_name_that_stays_is_that_of_the_last_that_is_no_clamp():
    quantiser, clamp = steps(3, 9), Clamp(range=QInt(1, 4))
    assert names(merge_thresholds(line(quantiser, clamp))) == ["x", "threshold0"]
    assert names(merge_thresholds(line(clamp, quantiser))) == ["x", "threshold1"]
    assert names(merge_thresholds(line(quantiser, steps(3, 2)))) == ["x", "threshold1"]
    assert names(merge_tables(line(falling(-40, 40), clamp))) == ["x", "table0"]
    assert names(merge_tables(line(clamp, falling(1, 4), x=FEW))) == ["x", "table1"]


def test_the_output_moves_to_the_name_that_stays():
    after = merge_thresholds(line(steps(3, 9), Clamp(range=QInt(1, 4))))
    assert [(port.name, port.node) for port in after.outputs] == [("out_clamp1", "threshold0")]


def test_steps_that_no_value_reaches_are_left_out():
    after = merge_thresholds(line(steps(3, 9), Clamp(range=QInt(2, 5))))
    assert after.graph["threshold0"].op.steps.shape == (3, 3)
    constant = check_same(
        line(steps(3), Clamp(range=QInt(7, 8))),
        merge_thresholds(line(steps(3), Clamp(range=QInt(7, 8)))),
    )
    assert constant.graph["threshold0"].op.steps.shape == (3, 1)


@pytest.mark.parametrize("outputs", [["b", "c"], ["a", "b"]])
def test_what_others_read_is_not_merged(outputs):
    layers = [("x", entry(3, 4, 4, x=WIDE)), ("a", steps(3, 9), "x"), ("b", steps(3, 2), "a")]
    layers.append(("c", Clamp(range=QInt(1, 3)), "a"))
    network = graph_of(layers[: 4 if "c" in outputs else 3], outputs)
    assert merge_thresholds(network) is network


def test_tables_that_would_grow_are_not_merged():
    network = line(steps(3, 3), Table(values=np.array([[3, 1, 0, 2]]), lo=0), x=QInt(0, 1000))
    assert merge_tables(network) is network


def test_values_between_those_of_the_channels_may_be_anything():
    """0 and 1 in one channel, 5 and 6 in the other: what the first table has for 3 never comes."""
    apart = Conv(
        weights=np.eye(2, dtype=np.int64)[..., None, None], bias=np.array([0, 5]), window=POINT
    )
    first = Table(values=np.array([[1, 0, 99, -99, 99, 3, 2]]), lo=0)
    layers = [("x", entry(2, 3, 4, x=QInt(0, 1))), ("a", apart, "x"), ("b", first, "a")]
    network = graph_of([*layers, ("c", Table(values=np.array([[7, 9, 8, 6]]), lo=0), "b")], ["c"])
    assert names(check_same(network, merge_tables(network))) == ["x", "a", "c"]


def test_step_functions_of_many_channels_do_not_replace_a_table_of_all():
    table = Table(values=np.array([[0, 1, 2, 3]]), lo=0)
    network = line(Clamp(range=QInt(0, 3)), table, x=FEW, channels=6)
    assert merge_thresholds(network) is network


def test_tables_that_do_not_fall_are_step_functions():
    table = Table(values=np.array([[0, 0, 1, 1, 1, 2, 2, 2, 2]]), lo=-4)
    one = line(table, x=FEW, channels=1)
    after = check_same(one, tables_to_thresholds(one))
    assert after.graph["table0"].op.steps.tolist() == [[-2, 1]]
    assert after.graph["table0"].op.base == 0
    for other in (falling(-4, 4), Table(values=np.arange(9)[None] * 9, lo=-4)):
        network = line(other, x=FEW)  # it falls; it would have 72 steps
        assert tables_to_thresholds(network) is network
    shared = line(table, x=FEW, channels=6)
    assert tables_to_thresholds(shared) is shared  # 12 steps for 9 values


def test_only_values_that_occur_decide():
    """Odd values never come, so that the table never falls."""
    table = Table(values=np.array([[0, 9, 1, -9, 3]]).repeat(3, axis=0), lo=0)
    network = line(table, x=QInt(0, 4, 2))
    after = check_same(network, tables_to_thresholds(network))
    assert isinstance(after.graph["table0"].op, Threshold)


def test_pads_join_windows():
    pad = Pad(pads=Pads(top=1, right=1), value=0)
    for reader in (conv(3, 4, SAME), Pool(kind=PoolKind.SUM, window=SAME)):
        network = line(pad, reader, x=FEW)
        after = check_same(network, merge_pads(network))
        assert after.graph[names(after)[-1]].op.window.pads == Pads(
            top=2, left=1, bottom=1, right=2
        )
        assert names(after)[0] == "x" and len(names(after)) == 2


@pytest.mark.parametrize("value,held,merges", [(-4, FEW, True), (-9, FEW, True), (-3, FEW, False)])
def test_pads_join_maxima_where_they_are_never_the_largest(value, held, merges):
    pad = Pad(pads=Pads(top=1, right=1), value=value)
    network = line(pad, Pool(kind=PoolKind.MAX, window=HALVES), x=held)
    after = check_same(network, merge_pads(network))
    assert (len(names(after)) == 2) is merges


def test_pads_that_have_to_stay():
    zero, one = Pad(pads=ALL, value=0), Pad(pads=ALL, value=1)
    for ops in (
        (zero, conv(3, 4, POINT)),  # a window would lie in padding alone
        (one, conv(3, 4, SAME)),
        (one, Pool(kind=PoolKind.SUM, window=SAME)),
        (zero, one),
    ):
        network = line(*ops, x=FEW)
        assert merge_pads(network) is network
    layers = [("x", entry(3, 4, 4)), ("p", zero, "x"), ("a", conv(3, 4, SAME), "p")]
    forked = graph_of([*layers, ("b", conv(3, 2, SAME), "p")], ["a", "b"])
    assert merge_pads(forked) is forked


def test_pads_of_one_value_are_one():
    pad = Pad(pads=Pads(top=1, right=2), value=3)
    network = line(pad, replace(pad, pads=ALL))
    after = check_same(network, merge_pads(network))
    assert after.graph["pad1"].op.pads == Pads(top=2, left=1, bottom=1, right=3)


def test_equal_terms_are_joined():
    layers = [("x", entry(2, 3, 3)), ("a", conv(2, 2, POINT), "x")]
    network = graph_of([*layers, ("s", Add(factors=(2, 1, 3)), "a", "x", "a")], ["s"])
    after = check_same(network, join_equal_terms(network))
    assert after.graph["s"].op.factors == (5, 1) and after.graph["s"].inputs == ("a", "x")


@pytest.mark.parametrize("factors,left", [((1, -1, 2), ((2,), ("a",))), ((1, -1), ((0,), ("x",)))])
def test_terms_that_cancel_out_go(factors, left):
    layers = [("x", entry(2, 3, 3)), ("a", conv(2, 2, POINT), "x")]
    inputs = ("x", "x", "a")[: len(factors)]
    network = graph_of([*layers, ("s", Add(factors=factors), *inputs)], ["s", "a"])
    after = check_same(network, join_equal_terms(network))
    assert (after.graph["s"].op.factors, after.graph["s"].inputs) == left


@pytest.mark.parametrize("factor", [-3, -1, 2, 5])
@pytest.mark.parametrize("reader", ["conv", "threshold", "table", "add"])
def test_factors_go_into_their_readers(factor, reader):
    table = np.random.default_rng(1).integers(-9, 9, (3, 81))
    op = {
        "conv": conv(3, 4, SAME),
        "threshold": steps(3, 9),
        "table": Table(values=table, lo=-40),
        "add": Add(factors=(7,)),
    }[reader]
    network = line(Add(factors=(factor,)), op, x=FEW)
    after = check_same(network, fold_factors(network))
    folds = reader != "threshold" or factor > 0
    assert names(after) == (["x", f"{reader}1"] if folds else ["x", "add0", "threshold1"])


def test_a_factor_goes_into_an_addition_of_several():
    layers = [("x", entry(2, 3, 3)), ("a", Add(factors=(3,)), "x"), ("b", conv(2, 2, POINT), "x")]
    network = graph_of([*layers, ("s", Add(factors=(2, 1)), "a", "b")], ["s"])
    after = check_same(network, fold_factors(network))
    assert after.graph["s"].op.factors == (6, 1) and after.graph["s"].inputs == ("x", "b")


def test_a_factor_goes_into_all_its_readers_or_into_none():
    layers = [("x", entry(3, 4, 4)), ("a", Add(factors=(3,)), "x"), ("b", steps(3, 9), "a")]
    both = graph_of([*layers, ("c", conv(3, 2, POINT), "a")], ["b", "c"])
    assert names(check_same(both, fold_factors(both))) == ["x", "b", "c"]
    pool = Pool(kind=PoolKind.SUM, window=HALVES)
    one = graph_of([*layers, ("c", pool, "a")], ["b", "c"])
    assert fold_factors(one) is one


def test_a_factor_that_is_an_output_goes_into_the_convolution_before():
    network = line(conv(3, 4, SAME), Add(factors=(-3,)), x=FEW)
    after = check_same(network, fold_factors(network))
    assert names(after) == ["x", "conv0"] and isinstance(after.graph["conv0"].op, Conv)
    assert [port.node for port in after.outputs] == ["conv0"]


SHUFFLED = [
    ("x", entry(6, 6, 7)),
    ("all", Select(channels=(0, 3, 1, 4, 2, 5)), "x"),
    ("some", Select(channels=(1, 5, 1)), "all"),
    ("others", Select(channels=(0,)), "all"),
    ("end", conv(3, 2, SAME), "some"),
]


def test_selections_of_a_selection_are_made_of_what_that_reads():
    network = graph_of(SHUFFLED, ["end", "others"])
    after = check_same(network, merge_selects(network))
    assert sorted(names(after)) == ["end", "others", "some", "x"]
    assert after.graph["some"].op.channels == (3, 5, 3)
    assert after.graph["others"].op.channels == (0,)


@pytest.mark.parametrize("outputs", [["end", "all"], ["end", "last"]])
def test_a_selection_that_is_there_anyway_stays(outputs):
    network = graph_of([*SHUFFLED, ("last", conv(6, 2, POINT), "all")], outputs)
    assert merge_selects(network) is network


def test_few_channels_that_several_selections_read_are_picked_once():
    few = ("all", Select(channels=(0, 3, 1)), "x")
    layers = [SHUFFLED[0], few, ("some", Select(channels=(1, 2)), "all")]
    one = graph_of(layers, ["some"])
    assert sorted(names(check_same(one, merge_selects(one)))) == ["some", "x"]
    two = graph_of([*layers, ("others", Select(channels=(0,)), "all")], ["some", "others"])
    assert merge_selects(two) is two
