"""Reads what the testbench recorded: one line of binary digits for each word."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

CYCLE_DIGITS = 20  # what %d prints of a 64-bit number


@dataclass(frozen=True)
class Recording:
    """The words that arrived on one port.

    ``cycles`` is int64 ``(words,)``. ``digits`` is uint8 ``(words, width)``: the characters ``0``,
    ``1``, ``x`` or ``z``, most significant first. ``violations`` holds the cycles in which the
    stream rule was broken.
    """

    cycles: NDArray[np.int64]
    digits: NDArray[np.uint8]
    violations: NDArray[np.int64]


@dataclass(frozen=True)
class Values:
    """The values in recorded words, in the order they travelled, without unused lanes.

    ``known`` is false where the simulator had unknown bits; the value is then 0.
    """

    values: NDArray[np.int64]
    known: NDArray[np.bool_]


def read_recording(path: Path, width: int) -> Recording:
    """Read the log of a monitor for words of ``width`` bits."""
    lines = np.fromfile(path, np.uint8).reshape(-1, 1 + CYCLE_DIGITS + 1 + width + 1)
    cycles = lines[:, 1 : 1 + CYCLE_DIGITS].copy().view(f"S{CYCLE_DIGITS}")[:, 0].astype(np.int64)
    taken = lines[:, 0] == ord("=")
    return Recording(cycles[taken], lines[taken, 2 + CYCLE_DIGITS : -1], cycles[~taken])


def unpack(
    digits: NDArray[np.uint8],
    *,
    lanes: int,
    bits: int,
    signed: bool,
    step: int,
    offset: int,
    channels: int,
) -> Values:
    """Values of whole pixels: ``ceil(channels / lanes)`` words each, lane 0 in the low bits.

    If ``lanes`` is more than ``channels``, a word carries several pixels. Words after the last
    whole pixel are left out. A lane holds a code: ``value = code * step + offset``.
    """
    unit = max(channels, lanes)
    words_per_unit = -(-unit // lanes)
    units = len(digits) // words_per_unit
    digits = digits[: units * words_per_unit].reshape(-1, lanes, bits)[:, ::-1]
    digits = digits.reshape(units, words_per_unit * lanes, bits)[:, :unit].reshape(-1, bits)
    known = (digits <= ord("1")).all(axis=1)
    weights = 1 << np.arange(bits - 1, -1, -1, dtype=np.int64)
    if signed:
        weights[0] = -weights[0]
    values = ((digits == ord("1")) @ weights * step + offset) * known
    return Values(values, known)
