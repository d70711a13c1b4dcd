"""What stages have in common whose channels are channels of their inputs."""

from itertools import pairwise

import numpy as np

from corgibuilder.ir import Routing
from corgibuilder.plan.components import RouterConfig
from corgibuilder.plan.layers import Layer


def router(layer: Layer) -> RouterConfig:
    """What makes a word, of all pixels that leave at once, of one such word from each input."""
    op, pixels = layer.op, layer.input_pixels
    assert isinstance(op, Routing)
    lanes = tuple(x.shape.channels for x in layer.inputs)
    ends = np.cumsum([0, *lanes])
    numbers = [np.arange(a, b).reshape(pixels, -1) for a, b in pairwise(ends)]
    sources = op.sources(*(number.shape[1] for number in numbers))
    return RouterConfig(
        inputs=tuple(x.range for x in layer.inputs),
        out=layer.acc.range,
        lanes=lanes,
        sources=tuple(np.concatenate(numbers, axis=1)[:, sources].ravel().tolist()),
    )
