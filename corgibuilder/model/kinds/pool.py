"""Largest values and sums of windows."""

from corgibuilder.ir import Pool, PoolKind
from corgibuilder.model.layer import CppLayer, Site
from corgibuilder.model.literals import CppObject
from corgibuilder.model.types import sum_type
from corgibuilder.model.window import cpp_window

from .activation import activation

_CLASSES = {PoolKind.MAX: "PoolMax", PoolKind.SUM: "PoolSum"}


def pool(op: Pool, site: Site) -> CppLayer:
    sums = sum_type(site.made)
    return CppLayer(
        file="pool",
        kernel=CppObject(f"{_CLASSES[op.kind]}<{sums}>", (cpp_window(op.window),)),
        act=activation(site.activation, site.made, sums),
    )
