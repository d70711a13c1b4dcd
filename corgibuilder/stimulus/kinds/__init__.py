"""What each kind of layer adds up, and how each kind of activation changes with its input.

A kind is said here and in its own file: nobody else in the package asks what kind a layer is.
"""

from collections.abc import Callable, Mapping
from types import NoneType

from corgibuilder.ir import (
    Add,
    Argmax,
    Clamp,
    Conv,
    Ints,
    Move,
    Op,
    Pad,
    Pool,
    Table,
    Threshold,
    Upsample,
    of_kind,
)
from corgibuilder.plan.layers import Layer

from .add import add_sums
from .clamp import Clipped
from .conv import conv_sums
from .moved import argmax_sums, moved_sums, padded_sums, upsampled_sums
from .point import Unchanged, point_sums
from .pool import pool_sums
from .step_function import StepFunction
from .sums import Sums
from .table import LookedUp
from .threshold import Stepped

__all__ = ["StepFunction", "Sums", "step_function", "sums_of"]

#: By engine, or by family. ``None`` for one without weights and constants.
SUMS: Mapping[type, Callable[[Layer], Sums | None]] = {
    NoneType: point_sums,
    Conv: conv_sums,
    Pool: pool_sums,
    Add: add_sums,
    Table: point_sums,
    Argmax: argmax_sums,
    Move: moved_sums,
    Upsample: upsampled_sums,
    Pad: padded_sums,
}

STEP_FUNCTIONS: Mapping[type, Callable[..., StepFunction]] = {
    Threshold: Stepped,
    Clamp: Clipped,
    Table: LookedUp,
}


def sums_of(stage: Layer) -> Sums | None:
    """What a stage adds up; ``None`` for one without weights and constants."""
    sums = of_kind(SUMS, stage.op)
    assert sums is not None, stage.name
    return sums(stage)


def step_function(stage: Layer, lo: Ints, hi: Ints) -> StepFunction:
    """The function from sums to outputs, of which those from ``lo`` to ``hi`` can occur."""
    layers: tuple[Op | None, ...] = (stage.op, stage.activation)
    found = [op for op in layers if type(op) in STEP_FUNCTIONS]
    assert len(found) <= 1, stage.name
    return STEP_FUNCTIONS[type(found[0])](found[0], lo, hi) if found else Unchanged(lo, hi)
