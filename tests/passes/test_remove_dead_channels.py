"""Channels that hardware need not compute: which they are, and that no output misses them."""

from dataclasses import replace

import numpy as np
import pytest

from corgibuilder import golden
from corgibuilder.ir import Argmax, Clamp, Conv, Pool, PoolKind, QInt, Threshold, Window
from corgibuilder.passes import live_channels, without_dead_channels

from ..random_networks import random_network
from ..toys import HALVES, POINT, SAME, chain, conv
from ..toys import network as tree

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
    """The pruned network; each output is the same, for random frames and for the extremes."""
    pruned = without_dead_channels(network)
    x = network.graph[network.inputs[0].node].op
    frames = np.random.default_rng(3).integers(x.range.lo, x.range.hi, (4, *x.shape), endpoint=True)
    frames[0], frames[1] = x.range.lo, x.range.hi
    before, after = (golden.run(n.graph, frames) for n in (network, pruned))
    for port in network.outputs:
        np.testing.assert_array_equal(after[port.node], before[port.node])
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


def test_steps_may_be_those_of_all_channels():
    last = without(conv(4, 3, POINT), inputs=[1])
    network = chain(SHAPE, conv(3, 4, SAME), Threshold(steps=np.array([[0, 9]]), base=0), last)
    assert kept(network, "n1") == [0, 2, 3]
    check(network)


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
    assert without_dead_channels(network) is network
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
        assert without_dead_channels(network) is network


def test_groups_stay_alike():
    grouped = without(conv(6, 4, POINT, groups=2), outputs=[1])
    network = chain(SHAPE, conv(3, 6, SAME), grouped, without(conv(4, 2, POINT), inputs=[0]))
    assert without_dead_channels(network) is network
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
