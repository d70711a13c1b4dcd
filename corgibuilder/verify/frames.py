"""Frames that can be played into a unit."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from corgibuilder.build_directory import Stream, Unit
from corgibuilder.diagnostics import CompileError, Origin

Frames = Sequence[NDArray[np.int64]]
"""One int64 array ``(channels, height, width)`` for each frame."""


def check_frames(unit: Unit, frames: Sequence[Frames]) -> None:
    """:class:`CompileError` for frames whose number, shape or values ``unit`` cannot take.

    ``frames`` has those of each input, in the order of ``unit.inputs``.
    """
    assert len(frames) == len(unit.inputs), (len(frames), unit.inputs)
    for stream, maps in zip(unit.inputs, frames, strict=True):
        _check_input(unit, stream, maps)
    first, *others = zip(unit.inputs, frames, strict=True)
    for other in others:
        _check_together(unit, first, other)


def _check_input(unit: Unit, stream: Stream, frames: Frames) -> None:
    low, high, step = *stream.limits, stream.step
    at = Origin("input", unit.layer)
    if not frames:
        raise CompileError("CB506", "there are 0 frames", at=at, help="give at least 1 frame")
    for number, frame in enumerate(frames):
        name = _frame(unit, stream, number)
        _check_size(unit, stream, name, frame.shape, at)
        held = f"values {frame.min()}..{frame.max()}"
        between = frame[(frame - low) % step != 0]
        if len(between):
            held = f"a value {between[0]}"
        if frame.min() < low or frame.max() > high or len(between):
            raise CompileError(
                "CB508",
                f"{name} has {held}, the port takes {low}..{high}"
                + (f" in steps of {step}" if step > 1 else ""),
                at=at,
                help="give the integers that enter the network",
            )


def _check_size(unit: Unit, stream: Stream, frame: str, shape: tuple[int, ...], at: Origin) -> None:
    largest = stream.shape
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


def _check_together(unit: Unit, first: tuple[Stream, Frames], other: tuple[Stream, Frames]) -> None:
    """Refuse another number of frames, or of other sizes where the largest ones are the same."""
    at = Origin("input", unit.layer)
    (stream, frames), (other_stream, other_frames) = first, other
    if len(frames) != len(other_frames):
        raise CompileError(
            "CB517",
            f"port {stream.port} is given {len(frames)} frames, port {other_stream.port}"
            f" {len(other_frames)}",
            at=at,
            help="give the same number of frames to all inputs",
        )
    if stream.shape[1:] != other_stream.shape[1:]:
        return
    for number, (frame, beside) in enumerate(zip(frames, other_frames, strict=True)):
        if frame.shape[1:] != beside.shape[1:]:
            raise CompileError(
                "CB518",
                f"frame {number} is {_size(frame.shape[1:])} at port {stream.port} and"
                f" {_size(beside.shape[1:])} at port {other_stream.port}",
                at=at,
                help="give maps of one size to all inputs",
            )


def _frame(unit: Unit, stream: Stream, number: int) -> str:
    return f"frame {number}" + (f" of port {stream.port}" if len(unit.inputs) > 1 else "")


def _size(size: tuple[int, ...]) -> str:
    return f"{size[1]} wide and {size[0]} high"


def _times(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))
