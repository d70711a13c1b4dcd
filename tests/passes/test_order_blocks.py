"""Channels of a depth-to-space in the order of hardware: the same outputs."""

import numpy as np
import pytest

from corgibuilder import golden
from corgibuilder.ir import Clamp, Conv, DepthToSpace, Input, QInt, Select, Shape, Table, verify
from corgibuilder.passes import prepared
from corgibuilder.passes.order_blocks import order_blocks

from ..toys import POINT, conv, network, steps

CRD = DepthToSpace(block=2, block_last=True)
LAYERS = {
    "input": [],
    "conv": [conv(12, 12, POINT)],
    "threshold": [conv(12, 12, POINT), steps(12, 7)],
    "table": [
        conv(12, 12, POINT),
        steps(12, 3),
        Clamp(range=QInt(0, 2)),
        Table(values=np.arange(48).reshape(12, 4) % 7, lo=0),
    ],
    "groups": [conv(12, 12, POINT, groups=12)],
}


def ordered(name, taps=()):
    layers = [("x", Input(shape=Shape(12, 3, 2), range=QInt(0, 3)), "")]
    for number, op in enumerate(LAYERS[name]):
        layers.append((f"n{number}", op, layers[-1][0]))
    layers.append(("d", CRD, layers[-1][0]))
    return network(layers, ["d", *taps])


@pytest.mark.parametrize("tapped", [False, True])
@pytest.mark.parametrize("name", LAYERS)
def test_outputs_stay(name, tapped):
    taps = ["n0"] if tapped and LAYERS[name] else []
    net = ordered(name, taps)
    after = order_blocks(net)
    verify(after)
    assert order_blocks(after) is after
    assert not any(n.op.block_last for n in after.graph if isinstance(n.op, DepthToSpace))
    moved = [n for n in after.graph if n.name not in net.graph]
    alone = name in ("input", "groups") or bool(taps)
    assert [type(node.op) for node in moved] == [Select] * alone
    frames = np.random.default_rng(1).integers(0, 4, (3, 12, 3, 2))
    want, got = golden.run(net.graph, frames), golden.run(after.graph, frames)
    for node in ("d", *taps):
        np.testing.assert_array_equal(got[node], want[node])


def test_it_is_part_of_the_pipeline():
    net = prepared(ordered("threshold"))
    assert [type(n.op) for n in net.graph if isinstance(n.op, Conv)] == [Conv]
    assert not any(n.op.block_last for n in net.graph if isinstance(n.op, DepthToSpace))
