"""What the model knows of each kind of layer, one file for a kind or a few alike."""

from collections.abc import Callable
from typing import Any

from corgibuilder.ir import (
    Add,
    Argmax,
    Clamp,
    Concat,
    Conv,
    DepthToSpace,
    Op,
    Pad,
    Pool,
    Table,
    Threshold,
    Upsample,
)
from corgibuilder.model.layer import CppLayer, Site

from .activation import alone
from .add import add
from .argmax import argmax
from .convolution import convolution
from .moves import concat, depth_to_space, pad, upsample
from .pool import pool

KINDS: dict[type, Callable[[Any, Site], CppLayer]] = {
    Add: add,
    Argmax: argmax,
    Clamp: alone,
    Concat: concat,
    Conv: convolution,
    DepthToSpace: depth_to_space,
    Pad: pad,
    Pool: pool,
    Table: alone,
    Threshold: alone,
    Upsample: upsample,
}


def describe(op: Op, site: Site) -> CppLayer:
    """How C++ computes ``op`` where it stands."""
    return KINDS[type(op)](op, site)
