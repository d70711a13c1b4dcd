"""Layers that put values elsewhere and compute nothing."""

from corgibuilder.ir import Concat, DepthToSpace, Pad, Upsample
from corgibuilder.model.layer import CppLayer, Site
from corgibuilder.model.literals import CppObject


def concat(op: Concat, site: Site) -> CppLayer:
    return CppLayer(file="moves", kernel=CppObject("Concat"))


def upsample(op: Upsample, site: Site) -> CppLayer:
    return CppLayer(file="moves", kernel=CppObject("Upsample", op.factors))


def depth_to_space(op: DepthToSpace, site: Site) -> CppLayer:
    kernel = CppObject("DepthToSpace", (op.block, op.block_last))
    return CppLayer(file="moves", kernel=kernel)


def pad(op: Pad, site: Site) -> CppLayer:
    sides = (op.pads.top, op.pads.left, op.pads.bottom, op.pads.right)
    return CppLayer(file="moves", kernel=CppObject("Pad", (*sides, op.value)))
