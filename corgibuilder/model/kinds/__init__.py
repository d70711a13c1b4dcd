"""What the model knows of each kind of layer, one file for a kind or a few alike."""

from collections.abc import Callable
from typing import Any

from corgibuilder.ir import (
    Add,
    Argmax,
    Clamp,
    Conv,
    DepthToSpace,
    Op,
    Pad,
    Pool,
    Routing,
    Table,
    Threshold,
    Upsample,
    of_kind,
)
from corgibuilder.model.layer import CppLayer, Site

from .activation import alone
from .add import add
from .argmax import argmax
from .convolution import convolution
from .moves import depth_to_space, pad, route, upsample
from .pool import pool

#: by kind, or by family
KINDS: dict[type, Callable[[Any, Site], CppLayer]] = {
    Add: add,
    Argmax: argmax,
    Clamp: alone,
    Conv: convolution,
    DepthToSpace: depth_to_space,
    Pad: pad,
    Pool: pool,
    Routing: route,
    Table: alone,
    Threshold: alone,
    Upsample: upsample,
}


def describe(op: Op, site: Site) -> CppLayer:
    """How C++ computes ``op`` where it stands."""
    layer_of = of_kind(KINDS, op)
    assert layer_of is not None, op
    return layer_of(op, site)
