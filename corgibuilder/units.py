"""Quantities as people write them: ``59MHz``, ``29.97``, ``1280x720``, ``4px``, ``7ms``."""

import re
from fractions import Fraction

from corgibuilder.diagnostics import CompileError, Origin

MULTIPLES = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9}


def parse_clock(text: str) -> int:
    """Hertz of ``59MHz``, ``59e6`` or ``0.1 GHz``."""
    found = re.fullmatch(r"\s*([0-9.]+(?:e[0-9]+)?)\s*(?:([kMG]?)Hz)?\s*", text)
    try:
        clock_hz = round(float(found[1]) * MULTIPLES[found[2] or ""]) if found else 0
    except ValueError:
        clock_hz = 0
    if clock_hz < 1:
        raise CompileError(
            "CB611",
            f"{text!r} is not a clock frequency",
            at=Origin("--clock"),
            help="write it like 59MHz",
        )
    return clock_hz


def parse_fps(text: str) -> Fraction:
    """Frames a second of ``30``, ``29.97`` or ``30000/1001``, exactly."""
    try:
        fps = Fraction(text)
    except (ValueError, ZeroDivisionError):
        fps = Fraction(0)
    if fps <= 0:
        raise CompileError(
            "CB613",
            f"{text!r} is not a frame rate",
            at=Origin("--fps"),
            help="write it like 30 or 29.97",
        )
    return fps


def parse_image(text: str) -> tuple[int, int]:
    """Width and height of ``1280x720``."""
    found = re.fullmatch(r"([1-9][0-9]*)x([1-9][0-9]*)", text)
    if not found:
        raise CompileError(
            "CB612",
            f"{text!r} is not an image size",
            at=Origin("--image"),
            help="write width and height like 1280x720",
        )
    return int(found[1]), int(found[2])


def parse_pixels(text: str) -> int:
    """Pixels of ``4px`` or ``4``."""
    found = re.fullmatch(r"\s*([1-9][0-9]*)\s*(?:px)?\s*", text)
    if not found:
        raise CompileError(
            "CB617",
            f"{text!r} is not a number of pixels",
            at=Origin("--headroom"),
            help="write it like 4px",
        )
    return int(found[1])


def parse_latency(text: str) -> Fraction:
    """Seconds of ``7.2ms``, ``900us`` or ``0.01s``, exactly."""
    found = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*(us|ms|s)\s*", text)
    seconds = Fraction(found[1]) / {"us": 10**6, "ms": 10**3, "s": 1}[found[2]] if found else 0
    if not seconds:
        raise CompileError(
            "CB618",
            f"{text!r} is not a latency",
            at=Origin("--latency"),
            help="write it like 7.2ms",
        )
    return Fraction(seconds)
