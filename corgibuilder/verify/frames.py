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
    low, high, step = *stream.limits, stream.step
    at = Origin("input", unit.layer)
    if not frames:
        raise CompileError("CB506", "there are 0 frames", at=at, help="give at least 1 frame")
    for number, frame in enumerate(frames):
        _check_size(unit, f"frame {number}", frame.shape, at)
        held = f"values {frame.min()}..{frame.max()}"
        between = frame[(frame - low) % step != 0]
        if len(between):
            held = f"a value {between[0]}"
        if frame.min() < low or frame.max() > high or len(between):
            raise CompileError(
                "CB508",
                f"frame {number} has {held}, the port takes {low}..{high}"
                + (f" in steps of {step}" if step > 1 else ""),
                at=at,
                help="give the integers that enter the network",
            )


def _check_size(unit: Unit, frame: str, shape: tuple[int, ...], at: Origin) -> None:
    largest = unit.input.shape
    if not unit.resizable or len(shape) != 3 or shape[0] != largest[0]:
        if shape != largest:
            raise CompileError(
                "CB507",
                f"{frame} is {_times(shape)}, the hardware takes {_times(largest)}",
                at=at,
                help="give frames of that shape: channels, height, width",
            )
        return
    size, most, least = shape[1:], largest[1:], unit.smallest[::-1]
    if any(a > b for a, b in zip(size, most, strict=True)):
        raise CompileError(
            "CB511",
            f"{frame} is {_size(size)}, the hardware was built for up to {_size(most)}",
            at=at,
            help="build for a larger --image, or give smaller frames",
        )
    if any(a < b for a, b in zip(size, least, strict=True)):
        raise CompileError(
            "CB512",
            f"{frame} is {_size(size)}, of which some layer has nothing left: it takes at least"
            f" {_size(least)}",
            at=at,
            help="give larger frames",
        )


def _size(size: tuple[int, ...]) -> str:
    return f"{size[1]} wide and {size[0]} high"


def _times(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))
