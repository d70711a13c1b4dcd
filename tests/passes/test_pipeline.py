"""The whole pipeline, and every pass by itself, on random graphs."""

from collections import Counter
from dataclasses import replace

import pytest

from corgibuilder import golden
from corgibuilder.ir import network_text, verify
from corgibuilder.passes import PIPELINE, applied_passes, prepared, prepared_outputs

from .graphs import check_same, frames_for, random_graph

SEEDS = 250
each_pass = pytest.mark.parametrize("one", PIPELINE, ids=lambda one: one.__name__)


@each_pass
def test_every_output_stays(one):
    """By itself, on graphs as they are; on enough of them there is something to do."""
    changed = 0
    for seed in range(SEEDS):
        network = random_graph(seed)
        after = one(network)
        if after is network:
            continue
        changed += 1
        assert network_text(after) != network_text(network)
        check_same(network, after, seed)
    assert changed >= 8


def test_every_output_stays_after_all_of_them():
    rounds = Counter()
    for seed in range(SEEDS, 2 * SEEDS):
        network = random_graph(seed, count=14)
        rounds.update(applied.name for applied in applied_passes(network))
        after = check_same(network, prepared(network), seed)
        assert prepared(after) is after
    assert rounds.keys() == {one.__name__ for one in PIPELINE}


def test_of_another_size_the_same_is_left():
    """The hardware for one size takes frames of others."""
    compared = 0
    for seed in range(150):
        network = random_graph(seed)
        other = _of_another_size(network)
        if other is not None:
            compared += 1
            assert _without_sizes(prepared(other)) == _without_sizes(prepared(network))
    assert compared >= 50


def _of_another_size(network):
    """The network for larger maps; ``None`` where those that are joined are no longer alike."""
    entry = network.graph["in"]
    op = replace(entry.op, shape=replace(entry.op.shape, height=9, width=8))
    larger = network.with_graph(network.graph.replaced({"in": replace(entry, op=op)}))
    try:
        verify(larger)
    except AssertionError:
        return None
    return larger


def _without_sizes(network):
    graph = network.graph
    kept = []
    for node in graph:
        kind = graph.type(node.name)
        kept.append((node.name, node.inputs, kind.lo.tolist(), kind.hi.tolist(), kind.step))
    return kept, [port.node for port in network.outputs]


def test_the_nodes_of_outputs():
    for seed in range(50):
        network = random_graph(seed)
        frames = frames_for(network)
        whole, live = (golden.run(n.graph, frames) for n in (network, prepared(network)))
        found = prepared_outputs(network)
        assert set(found) == {port.node for port in prepared(network).outputs}
        for kept, node in found.items():
            assert (live[kept] == whole[node]).all()
