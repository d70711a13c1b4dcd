"""Nodes that do nothing, nodes that nobody needs, and zeros around kernels."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corgibuilder.ir import (
    Add,
    Clamp,
    Concat,
    Conv,
    DepthToSpace,
    Pad,
    Pads,
    Pool,
    PoolKind,
    QInt,
    Upsample,
    Window,
)
from corgibuilder.passes.remove_identities import remove_identities
from corgibuilder.passes.remove_unused_nodes import remove_unused_nodes
from corgibuilder.passes.trim_kernels import trim_kernels

from ..toys import POINT, SAME, conv, steps
from .graphs import check_same, entry, graph_of, names

NOTHING = [
    Clamp(range=QInt(-1, 3)),
    Upsample(factors=(1, 1)),
    Concat(),
    DepthToSpace(block=1),
    Pad(pads=Pads(), value=7),
    Pool(kind=PoolKind.MAX, window=POINT),
    Pool(kind=PoolKind.SUM, window=POINT),
    Add(factors=(1,)),
]
SOMETHING = [
    Clamp(range=QInt(0, 2)),
    Clamp(range=QInt(1, 3)),
    Upsample(factors=(1, 2)),
    DepthToSpace(block=2),
    Pad(pads=Pads(left=1), value=7),
    Pool(kind=PoolKind.MAX, window=Window(kernel=(1, 1), stride=(2, 1))),
    Pool(kind=PoolKind.SUM, window=Window(kernel=(1, 2))),
    Add(factors=(-1,)),
]


def kind(op):
    return type(op).__name__


@pytest.mark.parametrize("op", NOTHING, ids=kind)
def test_what_changes_nothing_goes(op):
    layers = [("x", entry(4, 3, 4)), ("same", op, "x"), ("same again", op, "same")]
    network = graph_of([*layers, ("c", conv(4, 2, POINT), "same again")], ["c"])
    assert names(check_same(network, remove_identities(network))) == ["x", "c"]


@pytest.mark.parametrize("op", SOMETHING, ids=kind)
def test_what_changes_something_stays(op):
    network = graph_of([("x", entry(4, 3, 4)), ("n", op, "x"), ("s", steps(4), "n")], ["n"])
    assert remove_identities(network) is network


@pytest.mark.parametrize("op", NOTHING, ids=kind)
def test_an_output_moves_to_what_is_the_same_but_not_to_the_input(op):
    layers = [("x", entry(4, 3, 4)), ("c", conv(4, 4, POINT), "x"), ("t", steps(4), "c")]
    layers += [("after t", op, "t"), ("after x", op, "x"), ("after that", op, "after x")]
    network = graph_of(layers, ["after t", "after that"])
    after = check_same(network, remove_identities(network))
    assert [port.node for port in after.outputs] == ["t", "after that"]
    assert names(remove_unused_nodes(after)) == ["x", "c", "after that", "t"]


def test_what_no_output_depends_on_goes():
    layers = [("x", entry(3, 3, 4)), ("a", conv(3, 4, POINT), "x"), ("b", steps(4), "a")]
    layers += [("c", conv(3, 2, POINT), "x"), ("d", steps(2), "c")]
    network = graph_of(layers, ["c"])
    assert names(check_same(network, remove_unused_nodes(network))) == ["x", "c"]
    network = graph_of(layers, ["b", "d"])
    assert remove_unused_nodes(network) is network


def test_an_input_stays_even_if_no_output_depends_on_it():
    layers = [("x", entry(3, 3, 4)), ("y", entry(3, 3, 4)), ("a", steps(3), "y")]
    network = graph_of([*layers, ("b", steps(3), "x")], ["b"])
    assert sorted(names(check_same(network, remove_unused_nodes(network)))) == ["b", "x", "y"]


def with_zeros(op, rows, columns):
    """``op`` with zeros in some rows and columns of its kernel, and nowhere else."""
    weights = np.where(op.weights == 0, 1, op.weights)
    weights[:, :, rows] = 0
    weights[:, :, :, columns] = 0
    return replace(op, weights=weights)


def trimmed_window(op):
    network = graph_of([("x", entry(2, 5, 6)), ("c", op, "x")], ["c"])
    return check_same(network, trim_kernels(network)).graph["c"].op.window


def test_a_kernel_loses_rows_with_their_padding():
    one_corner = trimmed_window(with_zeros(conv(2, 3, SAME), [0], [0]))
    assert one_corner == Window(kernel=(2, 2), pads=Pads(bottom=1, right=1))
    assert trimmed_window(with_zeros(conv(2, 3, SAME), [0, 2], [0, 2])) == POINT
    assert trimmed_window(with_zeros(conv(2, 3, SAME), [0, 1, 2], [])).kernel == (1, 1)


def test_rows_that_have_to_stay():
    bare = Window(kernel=(3, 3))
    uneven = Window(kernel=(3, 3), pads=Pads(top=1, bottom=2))
    for window, rows in ((bare, [0, 2]), (SAME, [1]), (uneven, [0])):
        network = graph_of(
            [("x", entry(2, 5, 6)), ("c", with_zeros(conv(2, 3, window), rows, []), "x")], ["c"]
        )
        assert trim_kernels(network) is network


@settings(max_examples=150, deadline=None)
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_trimmed_kernels_give_the_same_at_every_size(data, seed):
    kernel = data.draw(st.tuples(st.integers(1, 5), st.integers(1, 5)))
    pads = Pads(
        top=data.draw(st.integers(0, kernel[0] - 1)),
        bottom=data.draw(st.integers(0, kernel[0] - 1)),
        left=data.draw(st.integers(0, kernel[1] - 1)),
        right=data.draw(st.integers(0, kernel[1] - 1)),
    )
    stride = data.draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    rng = np.random.default_rng(seed)
    weights = rng.integers(-3, 4, (2, 2, *kernel)) * (rng.random((1, 1, *kernel)) < 0.3)
    op = Conv(
        weights=weights, bias=np.arange(2), window=Window(kernel=kernel, stride=stride, pads=pads)
    )
    height, width = (data.draw(st.integers(1, 7)) for _ in range(2))
    if min(op.window.output_size(height, width)) < 1:
        return
    network = graph_of([("x", entry(2, height, width)), ("c", op, "x")], ["c"])
    after = check_same(network, trim_kernels(network), seed)
    window = after.graph["c"].op.window
    for size in ((height, width), (9, 8)):
        if min(op.window.output_size(*size)) >= 1:
            assert window.output_size(*size) == op.window.output_size(*size)
