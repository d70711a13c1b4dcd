"""Pools that have one window in a direction: it tiles the map, whatever its stride."""

import pytest

from corgibuilder.ir import Pads, Pool, PoolKind, Window
from corgibuilder.plan.folding import WindowSource
from corgibuilder.plan.kinds import kind_of
from corgibuilder.plan.layers import group_layers

from ...net.build import planned
from ...net.case import network_of
from ...net.compare import compare
from ...net.layers import MaxPool
from ...net.test_known import at_size, chain, cycles
from ...toys import chain as toy_chain

PADDED = Pads(bottom=1)


@pytest.mark.parametrize(
    ("window", "tiles"),
    [
        (Window(kernel=(7, 6)), True),
        (Window(kernel=(5, 4), stride=(3, 3)), True),
        (Window(kernel=(7, 2), stride=(1, 2)), True),
        (Window(kernel=(3, 6), stride=(3, 1)), True),
        (Window(kernel=(7, 2)), False),
        (Window(kernel=(6, 6)), False),
        (Window(kernel=(1, 1), stride=(7, 6)), False),
        (Window(kernel=(8, 6), stride=(2, 2), pads=PADDED), False),
    ],
)
def test_one_window_tiles_the_map(window, tiles):
    (layer,) = group_layers(toy_chain((2, 7, 6), Pool(kind=PoolKind.MAX, window=window)))
    sources = kind_of(layer).sources(layer, resizable=True)
    assert (sources == (WindowSource.IN_PLACE,)) == tiles


@pytest.mark.parametrize(
    ("kernel", "stride", "sizes"),
    [((7, 6), (1, 1), [(7, 6)]), ((7, 2), (1, 2), [(7, 6), (7, 3)]), ((2, 4), (2, 3), [(4, 5)])],
)
def test_values_and_cycles(kernel, stride, sizes):
    case = at_size(chain((3, 7, 6), cycles(300), MaxPool(kernel, stride)), *sizes, (7, 6))
    _, plan = planned(case, network_of(case))
    assert plan.stages[0].folding.source is WindowSource.IN_PLACE
    outcome = compare(case)
    assert (outcome.refused, outcome.findings) == (None, ())
    assert outcome.compared
