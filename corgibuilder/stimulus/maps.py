"""What enters a stage or a network: maps, and frames of one map for each input."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Map = NDArray[np.int64]  #: ``(channels, height, width)``
Maps = list[Map]  #: of one node, one for each frame
Frame = tuple[Map, ...]  #: what enters at once: one map for each input


def by_input(frames: Sequence[Frame]) -> tuple[Maps, ...]:
    """The maps of each input."""
    return tuple(list(maps) for maps in zip(*frames, strict=True))
