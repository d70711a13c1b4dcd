"""The numbers of a ``SAT_Quant`` network, and its batch normalisation fused as for the chip.

Each layer computes ``alpha2 / r2 * index``, where the next one reads ``alpha1 / r1 * index``, with
weights ``integer / ws``. The chip has integers only, rounded from float64 (half to even), with
``f = gamma / sqrt(variance + epsilon)`` and ``s = sign(f)``:

    weight   = s * round(w * ws)
    bias     = round((beta - mean * f) / f * (r1 / alpha1) * ws * s)
    scaling  = round((alpha1 / r1) * (r2 / alpha2) * f / ws * s * 2**16)
    clipping = round(alpha2 * r1 / (f * alpha1) * ws * s)

A channel whose variance is at most 1e-12 is dead: all zero. So is one with ``gamma`` 0, for which
there is no such fusion. A bias ``b`` of the convolution counts as ``mean - b``.
"""

from dataclasses import dataclass

import numpy as np

from corgibuilder.ir import Ints

from .elementwise import Array, BatchNorm
from .fixed_point import FixedPoint
from .grid import Doubles, Grid

FRACTION = 16
DEAD_VARIANCE = 1e-12
MAX_BIAS = 2**52


@dataclass(frozen=True, slots=True, eq=False)
class SatGrid(Grid):
    """``q * alpha / (top * weight_top)`` for all channels, in the parts that the fusion rounds.

    ``alpha`` stands for index ``top``; ``weight_top`` is the integer of weight 1 in sums, and 1 in
    activations.
    """

    alpha: float = 1.0
    top: int = 255
    weight_top: int = 1


def pixels(channels: int, top: int) -> SatGrid:
    """The input of the network: ``top`` stands for 1."""
    return SatGrid(np.full(channels, 1 / top), alpha=1.0, top=top)


def sums(channels: int, inputs: SatGrid, weight_top: int) -> SatGrid:
    """Accumulators over ``inputs`` with weights ``integer / weight_top``."""
    scale = np.full(channels, inputs.alpha / inputs.top / weight_top)
    return SatGrid(scale, alpha=inputs.alpha, top=inputs.top, weight_top=weight_top)


def activations(channels: int, alpha: float, top: int) -> SatGrid:
    """Outputs of ``SAT_Quant``: the float32 values ``index / top * alpha`` of its executor."""
    levels = np.arange(top + 1, dtype=np.float32) / np.float32(top) * np.float32(alpha)
    table = np.broadcast_to(levels[:, None], (top + 1, channels))
    return SatGrid(np.full(channels, alpha / top), table, alpha=alpha, top=top)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fused:
    """What a layer becomes: ``sign`` (0 where dead) for the weights, ``bias``, ``requantiser``."""

    sign: Ints
    bias: Ints
    requantiser: FixedPoint


def fuse(grid: SatGrid, norm: BatchNorm, bias: Array, *, alpha: float, bits: int) -> Fused | None:
    """Accumulators on ``grid`` through ``norm`` to ``bits`` bits; None if a bias is too large.

    ``bias`` is the convolution's own.
    """
    channels = len(grid.scale)
    gamma, beta, mean, variance = (
        _each(parameter, channels)
        for parameter in (norm.gamma, norm.beta, norm.mean, norm.variance)
    )
    factor = gamma / np.sqrt(variance + norm.epsilon)
    dead = (variance <= DEAD_VARIANCE) | (factor == 0)
    f = np.where(dead, 1.0, factor)
    s = np.sign(f)
    step1, step2 = grid.alpha / grid.top, (2**bits - 1) / alpha
    mean = mean - _each(bias, channels)
    with np.errstate(all="ignore"):
        offset = (beta - mean * f) / f * (grid.top / grid.alpha) * grid.weight_top * s
        scaling = step1 * step2 * f / grid.weight_top * s * 2**FRACTION
        clipping = alpha * grid.top / (f * grid.alpha) * grid.weight_top * s
    if not (dead | (np.abs(offset) < MAX_BIAS)).all():
        return None
    return Fused(
        sign=np.where(dead, 0, s).astype(np.int64),
        bias=_rounded(offset, dead),
        requantiser=FixedPoint(
            scaling=_rounded(scaling, dead),
            clipping=_rounded(clipping, dead),
            fraction=FRACTION,
            bits=bits,
        ),
    )


def _each(parameter: Array, channels: int) -> Doubles:
    return np.broadcast_to(parameter.ravel(), channels).astype(np.float64)


def _rounded(values: Doubles, dead: Array) -> Ints:
    """Whole numbers, half to even; what exceeds 2**62 is as good as 2**62."""
    return np.where(dead, 0, np.rint(values).clip(-(2.0**62), 2.0**62)).astype(np.int64)
