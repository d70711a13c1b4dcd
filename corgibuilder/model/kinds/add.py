"""Sums of maps."""

from corgibuilder.ir import Add
from corgibuilder.model.layer import CppLayer, Site
from corgibuilder.model.literals import CppObject
from corgibuilder.model.types import sum_type

from .activation import activation


def add(op: Add, site: Site) -> CppLayer:
    """The narrowest type that holds every sum: products and partial sums wrap, and come back."""
    sums = sum_type(site.made)
    factors = ", ".join(str(factor) for factor in op.factors)
    return CppLayer(
        file="add",
        kernel=CppObject(f"Add<{sums}, {factors}>"),
        act=activation(site.activation, site.made, sums),
    )
