"""Frames that can be played into a unit."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from corgibuilder.build_directory import Unit
from corgibuilder.diagnostics import CompileError, Origin

Frames = Sequence[NDArray[np.int64]]
"""One int64 array ``(channels, height, width)`` for each frame."""


def check_frames(unit: Unit, frames: Frames) -> None:
    """:class:`CompileError` for frames whose shape or values ``unit`` cannot take."""
    stream = unit.input
    low = -(1 << stream.bits - 1) if stream.signed else 0
    high = low + (1 << stream.bits) - 1
    at = Origin("input", unit.layer)
    if not frames:
        raise CompileError("CB506", "there are 0 frames", at=at, help="give at least 1 frame")
    for number, frame in enumerate(frames):
        same_size = frame.shape == stream.shape
        if not same_size and not (unit.resizable and frame.shape[:1] == stream.shape[:1]):
            raise CompileError(
                "CB507",
                f"frame {number} is {_times(frame.shape)},"
                f" the hardware takes {_times(stream.shape)}",
                at=at,
                help="give frames of that shape: channels, height, width",
            )
        if frame.min() < low or frame.max() > high:
            raise CompileError(
                "CB508",
                f"frame {number} has values {frame.min()}..{frame.max()},"
                f" the port takes {low}..{high}",
                at=at,
                help="give the integers that enter the network",
            )


def _times(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))
