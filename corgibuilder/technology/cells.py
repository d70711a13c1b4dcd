"""Which flow synthesises for a technology, and how the cells in its netlists are called."""

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from corgibuilder.diagnostics import Origin

from .fields import check_keys, refuse

MAX_PATTERNS = 16
KINDS = ("luts", "carries", "flip_flops", "dsps", "block_rams")


class Flow(enum.Enum):
    """A script ``flows/synth_<flow>.ys.j2``."""

    GENERIC = "generic"
    XILINX = "xilinx"
    ECP5 = "ecp5"
    ICE40 = "ice40"


#: Families of the flows that have several, by the names that Yosys gives them.
FAMILIES: Mapping[Flow, tuple[str, ...]] = {Flow.XILINX: ("xc7", "xcup")}


@dataclass(frozen=True, slots=True, kw_only=True)
class CellNames:
    """Patterns of cell types, as of file names: ``*`` is any text, ``?`` any character.

    A carry cell is the one of a carry chain, whatever else it contains.
    """

    luts: tuple[str, ...] = ()
    carries: tuple[str, ...] = ()
    flip_flops: tuple[str, ...] = ()
    dsps: tuple[str, ...] = ()
    block_rams: tuple[str, ...] = ()


def count(cells: Mapping[str, int], patterns: tuple[str, ...]) -> int:
    """Number of cells whose type matches one of the patterns."""
    return sum(
        number
        for kind, number in cells.items()
        if any(fnmatchcase(kind, pattern) for pattern in patterns)
    )


def read_cells(at: Origin, table: Mapping[str, Any]) -> CellNames:
    check_keys(at, table, {"flip_flops"}, KINDS)
    return CellNames(**{kind: _patterns(at, kind, value) for kind, value in table.items()})


def _patterns(at: Origin, kind: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_PATTERNS:
        refuse(at, f"{kind} is {value!r:.50}, not a list of 1 to {MAX_PATTERNS} patterns")
    for pattern in value:
        if not isinstance(pattern, str) or not re.fullmatch(r"[\w$*?]{1,100}", pattern, re.ASCII):
            refuse(at, f"{kind} has {pattern!r:.50}, not letters, digits, _, $, * and ?")
    return tuple(value)
