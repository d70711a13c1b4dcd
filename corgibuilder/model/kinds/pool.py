"""Largest values and sums of windows."""

from corgibuilder.ir import Pool, PoolKind

from ..layer import CppLayer, Site
from ..literals import CppObject
from ..types import sum_type
from ..window import cpp_window
from .activation import activation

_CLASSES = {PoolKind.MAX: "PoolMax", PoolKind.SUM: "PoolSum"}


def pool(op: Pool, site: Site) -> CppLayer:
    sums = sum_type(site.made)
    return CppLayer(
        file="pool",
        kernel=CppObject(f"{_CLASSES[op.kind]}<{sums}>", (cpp_window(op.window),)),
        act=activation(site.activation, site.made, sums),
    )
