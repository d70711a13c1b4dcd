"""Compares a recording with the golden values."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from words import Recording, unpack


def compare(
    port: dict[str, Any], recording: Recording, expected: NDArray[np.int64]
) -> dict[str, Any]:
    """Verdict on one recorded stream.

    ``port`` has the layout of the words and ``shapes``, (channels, height, width) of every frame.
    ``expected`` has the golden values of all frames in the order of travel: row, column, channel.
    """
    shapes = [tuple(shape) for shape in port["shapes"]]
    layout = {key: port[key] for key in ("lanes", "bits", "signed", "step", "offset")}
    got = unpack(recording.digits[: port["words"]], channels=shapes[0][0], **layout)
    compared = len(got.values)
    wrong = np.flatnonzero((got.values != expected[:compared]) | ~got.known)
    first = None
    if len(wrong):
        value = int(got.values[wrong[0]]) if got.known[wrong[0]] else None
        first = position(shapes, int(wrong[0])) | {
            "expected": int(expected[wrong[0]]),
            "got": value,
        }
    return {
        "port": port["port"],
        "layer": port["layer"],
        "compared": compared,
        "mismatches": len(wrong),
        "first_mismatch": first,
        "words": len(recording.cycles),
        "words_expected": port["words"],
        "violations": recording.violations.tolist()[:1],
        "frame_cycles": frame_cycles(port, recording),
    }


def position(shapes: list[tuple[int, ...]], index: int) -> dict[str, int]:
    """Frame, row, column and channel of the value that travels as number ``index``."""
    for frame, (channels, height, width) in enumerate(shapes):
        if index < channels * height * width:
            y, x, channel = np.unravel_index(index, (height, width, channels))
            return {"frame": frame, "y": int(y), "x": int(x), "channel": int(channel)}
        index -= channels * height * width
    raise IndexError(index)


def frame_cycles(port: dict[str, Any], recording: Recording) -> list[list[int]]:
    """Cycle of the first and of the last word of every frame that arrived whole."""
    unit = max(port["shapes"][0][0], port["lanes"])  # a pixel, or all pixels of a word
    words_per_unit = -(-unit // port["lanes"])
    ends = np.cumsum([int(np.prod(shape)) // unit * words_per_unit for shape in port["shapes"]])
    whole = ends[ends <= len(recording.cycles)]
    starts = np.concatenate([[0], whole])[: len(whole)]
    return np.stack([recording.cycles[starts], recording.cycles[whole - 1]], axis=1).tolist()
