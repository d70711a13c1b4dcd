"""Layers that put values elsewhere and compute nothing."""

import numpy as np

from corgibuilder.ir import DepthToSpace, Pad, Routing, Upsample
from corgibuilder.model.layer import CppLayer, Site
from corgibuilder.model.literals import CppObject, pack


def route(op: Routing, site: Site) -> CppLayer:
    """Runs of channels that are copied together: the input, its first channel, their number."""
    channels = [x.shape.channels for x in site.inputs]
    ends, sources = np.cumsum(channels), op.sources(*channels)
    number = np.searchsorted(ends, sources, side="right")
    breaks = np.flatnonzero((np.diff(sources) != 1) | (np.diff(number) != 0)) + 1
    begins = np.concatenate([[0], breaks])
    first = (sources - np.concatenate([[0], ends])[number])[begins]
    runs = np.stack([number[begins], first, np.diff(begins, append=len(sources))], axis=1)
    return CppLayer(file="moves", kernel=CppObject("Route", (pack(runs),)))


def upsample(op: Upsample, site: Site) -> CppLayer:
    return CppLayer(file="moves", kernel=CppObject("Upsample", op.factors))


def depth_to_space(op: DepthToSpace, site: Site) -> CppLayer:
    kernel = CppObject("DepthToSpace", (op.block, op.block_last))
    return CppLayer(file="moves", kernel=kernel)


def pad(op: Pad, site: Site) -> CppLayer:
    sides = (op.pads.top, op.pads.left, op.pads.bottom, op.pads.right)
    return CppLayer(file="moves", kernel=CppObject("Pad", (*sides, op.value)))
