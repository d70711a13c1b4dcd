"""``DepthToSpace``: channels become neighbouring pixels."""

import numpy as np

from corgibuilder.ir import DepthToSpace

from .maps import MAPS, map_read, merged_channels, placed
from .value import Value
from .visit import Visit


def depth_to_space(visit: Visit) -> Value:
    """``DepthToSpace`` of a map whose channels mean the same wherever they become one."""
    value = map_read(visit)
    block = visit.attribute("blocksize", 0)
    mode = visit.attribute("mode", "DCR")
    channels = value.map_shape.channels
    if value.is_sequence and len(value.dims) == 2:
        raise visit.unsupported("of a sequence", MAPS)
    if mode not in ("DCR", "CRD"):
        raise visit.unsupported(f"with mode {mode}", "use mode DCR or CRD")
    if block < 1 or channels % block**2:
        raise visit.refuse(
            "CB107", f"blocks of {block} do not fit {channels} channels", "export the file again"
        )
    op = DepthToSpace(block=block, block_last=mode == "CRD")
    numbers = np.arange(channels)
    sources = numbers.reshape(-1, block**2) if op.block_last else numbers.reshape(block**2, -1).T
    merged = merged_channels(value, sources)
    if merged is None:
        raise visit.refuse(
            "CB320",
            "the channels that become one have different scales, or different functions before it",
            "quantise its input with one scale for the whole tensor",
        )
    return placed(visit, merged, op)
