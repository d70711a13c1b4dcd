"""A component outside any stage."""

import numpy as np

from corgibuilder.hw.alone import Alone
from corgibuilder.hw.components import component_of
from corgibuilder.ir import Pads, QInt, Shape
from corgibuilder.plan.components import BorderConfig

from ..streams import run_stream


def test_maps_have_one_size():
    shape, byte = Shape(1, 3, 4), QInt(0, 255)
    pads = Pads(top=1, left=2, bottom=0, right=1)
    config = BorderConfig(x=byte, out=byte, shape=shape, lanes=1, pads=pads, value=9)
    alone = Alone(component_of(config), shape)
    assert set(alone.signature.members) == {"i", "o"}
    frame = np.arange(12).reshape(3, 4)
    expected = np.pad(frame, ((1, 0), (2, 1)), constant_values=9).ravel()
    words = [[value] for value in [*frame.ravel().tolist()] * 2]
    received = run_stream(alone, words, count=2 * len(expected))
    assert [word[0] for word in received] == expected.tolist() * 2
