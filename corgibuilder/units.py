"""Quantities as people write them: ``59MHz``, ``29.97``, ``1280x720``, ``4px``, ``1/255``."""

import math
import re
from dataclasses import dataclass
from fractions import Fraction

from corgibuilder.diagnostics import CompileError, Origin
from corgibuilder.ir import InputType
from corgibuilder.limits import MAX_SIDE
from corgibuilder.plan.target import CLOCK_RANGE, FPS_RANGE, LATENCY_RANGE
from corgibuilder.system import CLASSES, System, SystemStyle

MULTIPLES = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9}
FRACTIONS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
#: A clock is rounded to whole hertz if that changes it by a millionth or less: 33.3333333MHz.
ROUNDING = 10**6
MAX_LENGTH = 40  #: of the text of a quantity, so that no exponent and no fraction gets large


@dataclass(frozen=True, slots=True)
class Limits:
    """Smallest and largest value of a command's option, for its help and its messages."""

    option: str
    code: str
    least: Fraction | int
    most: Fraction | int
    unit: str = ""

    def __str__(self) -> str:
        return f"{_written(self.least)}{self.unit} to {_written(self.most)}{self.unit}"

    def check(self, value: Fraction | int, text: str = "") -> None:
        """Raise :class:`CompileError` for a value outside; ``text`` is how the user wrote it."""
        if not self.least <= value <= self.most:
            raise CompileError(
                self.code,
                f"{text or value} is out of range",
                at=Origin(self.option),
                help=f"give {self}",
            )


def _written(number: Fraction | int) -> str:
    return f"{number:,}" if isinstance(number, int) else f"{float(number):g}"


FPS = Limits("--fps", "CB619", *FPS_RANGE)
CLOCK_HZ = Limits("--clock", "CB620", *CLOCK_RANGE, " Hz")
IMAGE_SIDE = Limits("--image", "CB621", 1, MAX_SIDE)
HEADROOM = Limits("--headroom", "CB622", 1, MAX_SIDE)
LATENCY = Limits("--latency", "CB623", *LATENCY_RANGE, " s")
FRAMES = Limits("--frames", "CB624", 1, 10**6)
SEED = Limits("--seed", "CB625", 0, 2**30)


def parse_clock(text: str) -> int:
    """Hertz of ``59MHz``, ``59e6`` or ``0.1 GHz``."""
    found = _match(r"([0-9]+\.?[0-9]*|\.[0-9]+)(e[0-9]{1,2})?\s*(?:([kMG]?)Hz)?", text)
    if not found:
        raise CompileError(
            "CB611",
            f"{text!r:.60} is not a clock frequency",
            at=Origin("--clock"),
            help="write it like 59MHz",
        )
    exact = Fraction(found[1] + (found[2] or "")) * MULTIPLES[found[3] or ""]
    CLOCK_HZ.check(exact, text)
    clock_hz = round(exact)
    if abs(clock_hz - exact) * ROUNDING > exact:
        raise CompileError(
            "CB611",
            f"{text!r:.60} is not a whole number of hertz",
            at=Origin("--clock"),
            help=f"give {math.floor(exact):,} Hz or {math.ceil(exact):,} Hz",
        )
    return clock_hz


def parse_fps(text: str) -> Fraction:
    """Frames a second of ``30``, ``29.97`` or ``30000/1001``, exactly."""
    fps = None
    if _match(r"[0-9.]+(e-?[0-9]{1,2})?|[0-9]+/[0-9]+", text):
        try:
            fps = Fraction(text)
        except (ValueError, ZeroDivisionError):
            fps = None
    if not fps:
        raise CompileError(
            "CB613",
            f"{text!r:.60} is not a frame rate",
            at=Origin("--fps"),
            help="write it like 30 or 29.97",
        )
    FPS.check(fps, text)
    return fps


def parse_image(text: str) -> tuple[int, int]:
    """Width and height of ``1280x720``."""
    found = _match(r"([1-9][0-9]*)x([1-9][0-9]*)", text)
    if not found:
        raise CompileError(
            "CB612",
            f"{text!r:.60} is not an image size",
            at=Origin("--image"),
            help="write width and height like 1280x720",
        )
    width, height = int(found[1]), int(found[2])
    IMAGE_SIDE.check(max(width, height), text)
    return width, height


def parse_pixels(text: str) -> int:
    """Pixels of ``4px`` or ``4``."""
    found = _match(r"([1-9][0-9]*)\s*(?:px)?", text)
    if not found:
        raise CompileError(
            "CB617",
            f"{text!r:.60} is not a number of pixels",
            at=Origin("--headroom"),
            help="write it like 4px",
        )
    HEADROOM.check(int(found[1]), text)
    return int(found[1])


def parse_latency(text: str) -> Fraction:
    """Seconds of ``7.2ms``, ``900us``, ``40ns``, ``0.01s`` or ``1e-9s``, exactly."""
    found = _match(r"([0-9]+(?:\.[0-9]+)?(?:e-?[0-9]{1,2})?)\s*(ns|us|ms|s)", text)
    seconds = Fraction(found[1]) / FRACTIONS[found[2]] if found else None
    if not seconds:
        raise CompileError(
            "CB618",
            f"{text!r:.60} is not a latency",
            at=Origin("--latency"),
            help="write it like 7.2ms",
        )
    LATENCY.check(seconds, text)
    return seconds


def parse_input_type(name: str | None, scale: str | None) -> InputType | None:
    """Integers that enter, from the name of their type and the scale, ``0.0078125`` or ``1/255``.

    None where no type is given. ``left=uint8`` is the type of the input ``left`` only.
    """
    if name is None:
        if scale is not None:
            raise CompileError(
                "CB631",
                "a scale is given, and no type of integers",
                at=Origin("--input-scale"),
                help="give both, such as --input-type uint8 --input-scale 1/255",
            )
        return None
    number = Fraction(1)
    if scale is not None:
        found = _match(r"([0-9]+\.?[0-9]*|\.[0-9]+)(e-?[0-9]{1,2})?|[0-9]+/0*[1-9][0-9]*", scale)
        if not found:
            raise CompileError(
                "CB630",
                f"{scale!r:.60} is not a scale",
                at=Origin("--input-scale"),
                help="write it like 0.0078125 or 1/255",
            )
        number = Fraction(found[0])
    entry, named, kind = name.rpartition("=")
    return InputType(kind, number, entry if named else None)


def parse_system(style: SystemStyle | None, classes: int | None) -> System | None:
    """The system of a style, with so many classes; ``None`` where none is asked for."""
    if style:
        return System(style=style, classes=CLASSES if classes is None else classes)
    if classes is not None:
        raise CompileError(
            "CB634",
            "a number of classes is given, and no system",
            at=Origin("--classes"),
            help="leave it out, or give both:"
            f" --system {SystemStyle.NEUROCORGI.value} --classes {classes}",
        )
    return None


def _match(pattern: str, text: str) -> re.Match[str] | None:
    """``text`` without spaces around it, if all of it fits and it is not too long."""
    text = text.strip()
    return re.fullmatch(pattern, text, re.ASCII) if len(text) <= MAX_LENGTH else None
