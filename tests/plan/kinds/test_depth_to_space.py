"""Channels as pixels: what is said of a frame's cycles against the simulation."""

import numpy as np
import pytest

from corgibuilder.ir import DepthToSpace, QInt
from corgibuilder.plan.folding import Folding, WindowSource
from corgibuilder.plan.kinds import folded
from corgibuilder.plan.layers import group_layers

from ...toys import chain
from ..components.running import Simulated

FRAMES = 8


@pytest.mark.parametrize("size", [(3, 1), (3, 5), (1, 2)])
@pytest.mark.parametrize("lanes", [1, 2])
@pytest.mark.parametrize("block", [2, 3, 4])
def test_cycles_of_a_frame(block, lanes, size):
    network = chain((2 * block**2, *size), DepthToSpace(block=block), x=QInt(0, 7))
    (layer,) = group_layers(network)
    folding = Folding(source=WindowSource.DIRECT, inputs=1, outputs=lanes, lanes=lanes)
    stage = folded(layer, folding)
    (repeater,) = stage.components()
    simulated = Simulated(repeater.parts(0))
    ticks = [simulated.tick(True, True)[1] for _ in range(FRAMES * stage.frame_cycles)]
    begins = np.flatnonzero(ticks)[:: repeater.words * layer.x.shape.pixels]
    assert np.diff(begins)[-1] == stage.frame_cycles
