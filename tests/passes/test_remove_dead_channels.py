"""Channels that hardware need not compute: which they are, and that no output misses them."""

from dataclasses import replace

import numpy as np
import pytest

from corgibuilder.ir import (
    Add,
    Argmax,
    Clamp,
    Concat,
    Conv,
    DepthToSpace,
    Pad,
    Pads,
    Pool,
    PoolKind,
    QInt,
    Table,
    Threshold,
    Upsample,
    Window,
)
from corgibuilder.passes.live_channels import live_channels
from corgibuilder.passes.remove_dead_channels import remove_dead_channels

from ..random_networks import random_network
from ..toys import HALVES, POINT, SAME, chain, conv
from ..toys import network as tree
from .graphs import check_same, entry, graph_of

SHAPE = (3, 6, 8)


def plain(conv):
    """A threshold that gives every channel of ``conv`` two values, so that none is constant."""
    return Threshold(steps=np.zeros((len(conv.weights), 1), np.int64), base=0)


def without(op, outputs=(), inputs=()):
    """``op`` with zero weights for these of its channels."""
    weights = np.where(op.weights == 0, 1, op.weights)
    weights[list(outputs)] = 0
    weights[:, list(inputs)] = 0
    return replace(op, weights=weights, bias=np.zeros_like(op.bias))


def kept(network, node):
    return np.flatnonzero(live_channels(network)[node]).tolist()


def check(network):
    """The pruned network; each output is the same, and has its shape."""
    pruned = check_same(network, remove_dead_channels(network))
    for port in network.outputs:
        assert pruned.graph.type(port.node).shape == network.graph.type(port.node).shape
    return pruned


def test_a_channel_that_nobody_weighs_is_left_out_all_the_way_up():
    first, depth = conv(3, 6, SAME), without(conv(6, 6, SAME, groups=6))
    last = without(conv(6, 4, POINT), inputs=[2, 5])
    network = chain(SHAPE, first, plain(first), depth, plain(depth), last)
    assert [kept(network, f"n{k}") for k in range(5)] == [[0, 1, 3, 4]] * 4 + [[0, 1, 2, 3]]
    pruned = check(network)
    assert [len(pruned.graph[f"n{k}"].op.weights) for k in (0, 2, 4)] == [4, 4, 4]
    assert pruned.graph["n2"].op.depthwise
    assert pruned.notes == tuple(
        f"n{k}: 2 of 6 channels are left out, no output needs them computed" for k in (0, 2)
    )


def test_a_channel_that_is_always_zero_is_left_out_even_before_padding():
    first, last = without(conv(3, 5, SAME), outputs=[1]), conv(5, 4, SAME)
    steps = np.ones((5, 2), np.int64)  # zero gives zero
    network = chain(SHAPE, first, Threshold(steps=steps, base=0), last)
    assert kept(network, "n0") == [0, 2, 3, 4]
    check(network)


@pytest.mark.parametrize("window", [POINT, Window(kernel=(2, 3), stride=(1, 2))])
def test_a_constant_channel_goes_into_the_bias(window):
    first, last = without(conv(3, 5, SAME), outputs=[1, 3]), conv(5, 4, window)
    steps = np.zeros((5, 2), np.int64)  # zero gives 2, and with the base 7
    pool = Pool(kind=PoolKind.SUM, window=HALVES)
    network = chain(
        SHAPE, first, Threshold(steps=steps, base=5), Clamp(range=QInt(0, 6)), pool, last
    )
    assert [kept(network, f"n{k}") for k in range(4)] == [[0, 2, 4]] * 4
    pruned = check(network)
    weights = last.weights[:, [1, 3]].sum(axis=(1, 2, 3))
    assert pruned.graph["n4"].op.bias.tolist() == (last.bias + weights * 6 * 4).tolist()


def test_a_constant_channel_before_padding_stays():
    first, last = without(conv(3, 5, SAME), outputs=[1]), conv(5, 4, SAME)
    network = chain(SHAPE, first, Threshold(steps=np.zeros((5, 2), np.int64), base=5), last)
    assert remove_dead_channels(network) is network
    check(network)


def test_one_reader_that_needs_a_channel_is_enough():
    entry = chain(SHAPE, conv(3, 3, POINT)).graph["x"].op
    first = conv(3, 5, SAME)
    less, more = (without(conv(5, 2, POINT), inputs=unread) for unread in ([0, 1], [1, 4]))
    layers = [("x", entry, None), ("a", first, "x"), ("b", less, "a"), ("c", more, "a")]
    assert kept(tree(layers, ["b", "c"]), "a") == [0, 2, 3, 4]
    check(tree(layers, ["b", "c"]))
    assert kept(tree(layers, ["a", "b", "c"]), "a") == [0, 1, 2, 3, 4]


def test_what_compares_or_groups_channels_keeps_them():
    first = without(conv(3, 6, SAME), outputs=[0])
    for reader in (Argmax(), without(conv(6, 4, POINT, groups=2), inputs=[1])):
        network = chain(SHAPE, first, reader)
        assert remove_dead_channels(network) is network


def test_groups_stay_alike():
    grouped = without(conv(6, 4, POINT, groups=2), outputs=[1])
    network = chain(SHAPE, conv(3, 6, SAME), grouped, without(conv(4, 2, POINT), inputs=[0]))
    assert remove_dead_channels(network) is network
    check(network)


def test_where_all_is_constant_one_channel_stays():
    first, last = without(conv(3, 5, SAME), outputs=range(5)), conv(5, 4, POINT)
    network = chain(SHAPE, first, Threshold(steps=np.zeros((5, 3), np.int64), base=0), last)
    assert kept(network, "n0") == [0]
    check(network)


def test_a_depthwise_channel_stays_where_another_reader_needs_its_input():
    depth = conv(5, 5, SAME, groups=5)
    layers = [
        ("x", chain(SHAPE, conv(3, 3, POINT)).graph["x"].op, None),
        ("a", conv(3, 5, POINT), "x"),
        ("b", depth, "a"),
        ("c", without(conv(5, 2, POINT), inputs=[0, 3]), "b"),
        ("d", without(conv(5, 2, POINT), inputs=[1, 3]), "a"),
    ]
    network = tree(layers, ["c", "d"])
    assert kept(network, "b") == kept(network, "a") == [0, 1, 2, 4]
    check(network)


def test_one_depthwise_channel_is_an_ordinary_one():
    depth, last = conv(3, 3, SAME, groups=3), without(conv(3, 2, POINT), inputs=[0, 2])
    pruned = check(chain(SHAPE, conv(3, 3, POINT), depth, last))
    assert pruned.graph["n1"].op.weights.shape == (1, 1, 3, 3)


def through(*middle, last, outputs=()):
    """x -> Conv of 4 channels -> steps -> ``middle`` one after the other -> ``last``."""
    first = conv(3, 4, SAME)
    layers = [("x", entry(*SHAPE)), ("a", first, "x"), ("s", plain(first), "a")]
    for number, op in enumerate(middle):
        layers.append((f"m{number}", op, layers[-1][0]))
    layers.append(("z", last, layers[-1][0]))
    return graph_of(layers, ["z", *outputs])


TABLE = Table(values=np.array([[2, 5]]), lo=0)
OWN_TABLES = Table(values=np.array([[2, 5], [1, 0], [3, 3], [4, 9]]), lo=0)
RIGHT = Pad(pads=Pads(right=1), value=1)


@pytest.mark.parametrize("op", [Upsample(factors=(2, 1)), RIGHT, TABLE, Add(factors=(3,))])
def test_channels_that_stay_apart_are_left_out_all_the_way_up(op):
    network = through(op, last=without(conv(4, 2, POINT), inputs=[1, 3]))
    assert [kept(network, name) for name in ("a", "s", "m0")] == [[0, 2]] * 3
    check(network)


def test_a_channel_of_a_table_may_be_constant():
    network = through(OWN_TABLES, last=conv(4, 2, POINT))
    assert kept(network, "a") == kept(network, "m0") == [0, 1, 3]
    pruned = check(network)
    assert pruned.graph["m0"].op.values.tolist() == [[2, 5], [1, 0], [4, 9]]


@pytest.mark.parametrize("value,left", [(2, [0, 1, 3]), (0, [0, 1, 2, 3])])
def test_a_pad_of_the_same_value_leaves_a_channel_constant(value, left):
    values = OWN_TABLES.values.copy()
    values[2] = 2
    table, pad = Table(values=values, lo=0), replace(RIGHT, value=value)
    network = through(table, pad, last=conv(4, 2, Window(kernel=(2, 2))))
    assert kept(network, "a") == left
    check(network)


@pytest.mark.parametrize("block_last,left", [(True, [0, 1, 2, 3]), (False, [0, 2, 4, 6])])
def test_a_channel_in_blocks_is_several(block_last, left):
    first = conv(3, 8, SAME)
    layers = [("x", entry(*SHAPE)), ("a", first, "x"), ("s", plain(first), "a")]
    layers += [("d", DepthToSpace(block=2, block_last=block_last), "s")]
    network = graph_of([*layers, ("z", without(conv(2, 3, SAME), inputs=[1]), "d")], ["z"])
    assert kept(network, "s") == left
    check(network)


def test_branches_that_are_added_have_the_same_channels():
    """Channel 1 of the sum is not read; channel 2 of one branch is, by another reader."""
    first, second = conv(3, 4, SAME), conv(3, 4, POINT)
    layers = [("x", entry(*SHAPE)), ("a", first, "x"), ("b", second, "x")]
    layers += [("s", Add(factors=(1, -2)), "a", "b")]
    layers += [("z", without(conv(4, 2, POINT), inputs=[1, 2]), "s")]
    alone = graph_of(layers, ["z"])
    assert [kept(alone, name) for name in "abs"] == [[0, 3]] * 3
    check(alone)
    other = without(conv(4, 2, POINT), inputs=[0, 1, 3])
    forked = graph_of([*layers, ("y", other, "b")], ["z", "y"])
    assert [kept(forked, name) for name in "abs"] == [[0, 2, 3]] * 3
    check(forked)


def joined(unread):
    """Two branches of 2 and 3 channels side by side, of which some are not read."""
    layers = [("x", entry(*SHAPE)), ("a", conv(3, 2, SAME), "x"), ("b", conv(3, 3, POINT), "x")]
    layers += [("b2", conv(3, 3, POINT), "b"), ("j", Concat(), "a", "b2")]
    return [*layers, ("z", without(conv(5, 2, POINT), inputs=unread), "j")]


def test_each_part_of_a_join_has_its_own_channels():
    network = graph_of(joined([1, 2]), ["z"])
    assert (kept(network, "a"), kept(network, "b2"), kept(network, "j")) == ([0], [1, 2], [0, 3, 4])
    check(network)


def test_a_part_of_which_nothing_is_read_is_left_out():
    pruned = check(graph_of(joined([2, 3, 4]), ["z"]))
    assert [node.name for node in pruned.graph] == ["x", "a", "j", "z"]
    pruned = check(graph_of(joined([2, 3, 4]), ["z", "b"]))
    assert [node.name for node in pruned.graph] == ["x", "a", "b", "j", "z"]


def test_of_a_join_without_any_channel_one_stays():
    assert kept(graph_of(joined(range(5)), ["z"]), "j") == [0]
    check(graph_of(joined(range(5)), ["z"]))


def test_an_input_stays_read():
    layers = [("x", entry(2, 4, 4)), ("y", entry(2, 4, 4)), ("b", conv(2, 2, POINT), "y")]
    layers += [("j", Concat(), "x", "b"), ("z", without(conv(4, 2, POINT), inputs=[2, 3]), "j")]
    pruned = check(graph_of(layers, ["z"]))
    assert sorted(node.name for node in pruned.graph) == ["b", "j", "x", "y", "z"]
    assert pruned.graph["b"].op.weights.shape == (1, 2, 1, 1)


@pytest.mark.parametrize("seed", range(60))
def test_random_networks_give_the_same(seed):
    """Chains with forks and taps, of every op, with zeros for most of what could be weighed."""
    network, rng = random_network(seed, QInt(-3, 4), 3), np.random.default_rng(seed)
    sparse = {}
    for node in network.graph:
        if isinstance(node.op, Conv):
            zeros = rng.random(node.op.weights.shape[:2]) < rng.choice([0.6, 0.9])
            weights = np.where(zeros[..., None, None], 0, node.op.weights)
            sparse[node.name] = replace(node, op=replace(node.op, weights=weights))
    check(network.with_graph(network.graph.replaced(sparse)))
