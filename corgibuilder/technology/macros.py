"""Memories of fixed size that a process offers, and what a bit takes elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from corgibuilder.diagnostics import Origin

from .fields import area, check_keys, refuse, subtable, whole, word

MAX_MACROS = 64
MAX_WORDS = 1 << 20  #: of one macro
MAX_BITS = 1 << 12  #: of one macro's word


@dataclass(frozen=True, slots=True, kw_only=True)
class Macro:
    """A RAM of fixed size; ``ports`` is 1 for one access in a cycle, 2 for a read and a write."""

    name: str
    words: int
    bits: int
    ports: int
    area: float


def read_macros(at: Origin, tables: Any) -> tuple[Macro, ...]:
    if not isinstance(tables, list) or not 1 <= len(tables) <= MAX_MACROS:
        refuse(at, f"macro has to be 1 to {MAX_MACROS} tables [[macro]]")
    macros = tuple(
        _macro(Origin(at.file, f"macro {k}"), subtable(at, table, f"macro {k}"))
        for k, table in enumerate(tables, start=1)
    )
    names = [macro.name for macro in macros]
    for name in names:
        if names.count(name) > 1:
            refuse(at, f"two macros are called {name!r}")
    return macros


def _macro(at: Origin, table: Mapping[str, Any]) -> Macro:
    check_keys(at, table, {"name", "words", "bits", "ports", "area"})
    return Macro(
        name=word(at, table, "name", r"\w{1,100}", "a word of letters, digits and _"),
        words=whole(at, table, "words", 1, MAX_WORDS),
        bits=whole(at, table, "bits", 1, MAX_BITS),
        ports=whole(at, table, "ports", 1, 2),
        area=area(at, table, "area"),
    )
