"""What a process offers to hold memories in, read from a TOML file."""

import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from corgibuilder import resources
from corgibuilder.diagnostics import CompileError, Origin

MAX_BYTES = 1 << 20  #: of a technology file
MAX_MACROS = 64
MAX_WORDS = 1 << 20  #: of one macro
MAX_BITS = 1 << 12  #: of one macro's word
MAX_AREA = 1e9  #: of one macro or bit in um2: more than any chip


@dataclass(frozen=True, slots=True, kw_only=True)
class Macro:
    """A RAM of fixed size; ``ports`` is 1 for one access in a cycle, 2 for a read and a write."""

    name: str
    words: int
    bits: int
    ports: int
    area: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Technology:
    """The macros of a process, and what a bit takes elsewhere. Areas are in um2.

    ``rom_bit_area`` is ``None`` where the process has no ROMs of its own.
    """

    name: str
    register_bit_area: float
    rom_bit_area: float | None
    macros: tuple[Macro, ...]


def shipped() -> tuple[str, ...]:
    """Names of the technologies that come along."""
    return tuple(sorted(path.stem for path in _folder().glob("*.toml")))


def read_technology(name: str) -> Technology:
    """The technology of that name, or of the file of that name.

    Raises :class:`CompileError` if there is neither, or if the file is no technology.
    """
    known = name in shipped()
    path = _folder() / f"{name}.toml" if known else Path(name)
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError):
        raise CompileError(
            "CB406",
            "there is no such technology",
            at=Origin(name),
            help=f"take {' or '.join(shipped())}, or the name of a technology file",
        ) from None
    return parse(content, path)


def _folder() -> Path:
    return resources.flows() / "technology"


def parse(content: bytes, path: Path) -> Technology:
    """Technology in the bytes of a file; :class:`CompileError` if there is none."""
    at = Origin(str(path))
    if len(content) > MAX_BYTES:
        _refuse(at, f"it has more than {MAX_BYTES:,} bytes")
    try:
        data = tomllib.loads(content.decode())
    except (ValueError, RecursionError) as fault:
        _refuse(at, f"{type(fault).__name__} at {str(fault)[:200]}")
    _check_keys(at, data, {"register_bit_area", "macro"}, {"rom_bit_area"})
    tables = data["macro"]
    if not isinstance(tables, list) or not 1 <= len(tables) <= MAX_MACROS:
        _refuse(at, f"macro has to be 1 to {MAX_MACROS} tables [[macro]]")
    macros = tuple(_macro(at, table, k) for k, table in enumerate(tables, start=1))
    names = [macro.name for macro in macros]
    for name in names:
        if names.count(name) > 1:
            _refuse(at, f"two macros are called {name!r}")
    return Technology(
        name=path.stem,
        register_bit_area=_area(at, data, "register_bit_area"),
        rom_bit_area=_area(at, data, "rom_bit_area") if "rom_bit_area" in data else None,
        macros=macros,
    )


def _macro(at: Origin, table: Any, number: int) -> Macro:
    at = Origin(at.file, f"macro {number}")
    if not isinstance(table, dict):
        _refuse(at, f"{table!r:.50} is not a table")
    _check_keys(at, table, {"name", "words", "bits", "ports", "area"}, set())
    name = table["name"]
    if not isinstance(name, str) or not re.fullmatch(r"\w{1,100}", name, flags=re.ASCII):
        _refuse(at, f"name is {name!r:.50}, not a word of letters, digits and _")
    return Macro(
        name=name,
        words=_whole(at, table, "words", MAX_WORDS),
        bits=_whole(at, table, "bits", MAX_BITS),
        ports=_whole(at, table, "ports", 2),
        area=_area(at, table, "area"),
    )


def _check_keys(at: Origin, table: Mapping[str, Any], needed: set[str], optional: set[str]) -> None:
    for key in sorted(needed - table.keys()):
        _refuse(at, f"{key} is missing")
    for key in sorted(table.keys() - needed - optional):
        _refuse(at, f"{key!r:.50} is not known")


def _whole(at: Origin, table: Mapping[str, Any], key: str, most: int) -> int:
    value = table[key]
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        _refuse(at, f"{key} is {value!r:.50}, not a whole number from 1 to {most}")
    return value


def _area(at: Origin, table: Mapping[str, Any], key: str) -> float:
    value = table[key]
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not 0 < value <= MAX_AREA or math.isnan(value):
        _refuse(at, f"{key} is {value!r:.50}, not an area in um2 above 0 and up to {MAX_AREA:g}")
    return float(value)


def _refuse(at: Origin, problem: str) -> NoReturn:
    raise CompileError(
        "CB407",
        f"this is not a technology: {problem}",
        at=at,
        help="write it like flows/technology/ihp_sg13g2.toml",
    )
