"""What enters a network whose file does not say it: integers of a type, times a scale."""

import re
from dataclasses import dataclass
from fractions import Fraction

from corgibuilder.diagnostics import CompileError, Origin

from .types import QInt

PATTERN = r"(u?)int([1-9]|1[0-6])"  #: of the name of a type
SCALE_RANGE = (Fraction(1, 10**9), 10**9)


@dataclass(frozen=True, slots=True)
class InputType:
    """Integers of ``name``, such as ``uint8``; each stands for itself times ``scale``.

    They enter at the ``input`` of that name; ``None`` for every input whose type the file leaves
    open. Raises ``CompileError`` (CB114) for anything that is not such a type.
    """

    name: str
    scale: Fraction = Fraction(1)
    input: str | None = None

    def __post_init__(self) -> None:
        if not re.fullmatch(PATTERN, self.name):
            raise CompileError(
                "CB114",
                f"{self.name!r:.60} is not a type of integers",
                at=Origin("--input-type"),
                help="write uint8, int8, or another one of up to 16 bits",
            )
        least, most = SCALE_RANGE
        if not least <= self.scale <= most:
            raise CompileError(
                "CB114",
                f"a scale of {float(self.scale):g} is out of range",
                at=Origin("--input-scale"),
                help=f"give {float(least):g} to {float(most):g}",
            )

    def __str__(self) -> str:
        integers = self.name if self.scale == 1 else f"{self.name} times {float(self.scale):g}"
        return integers if self.input is None else f"{self.input}={integers}"

    @property
    def range(self) -> QInt:
        unsigned, bits = self.name.startswith("u"), int(self.name.partition("int")[2])
        return QInt(0, 2**bits - 1) if unsigned else QInt(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
