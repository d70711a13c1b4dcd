"""Single fields of a technology file: each is what it should be, or refused with its name."""

import re
from collections.abc import Collection, Mapping
from typing import Any, NoReturn

from corgibuilder.diagnostics import CompileError, Origin

LEAST = 1e-9  #: of any number, so that no quotient is infinite
MAX_AREA = 1e9  #: of one macro or bit, in um2 or what costs are in: more than any chip
MAX_DELAY = 1e6  #: in ns: more than any gate


def refuse(at: Origin, problem: str) -> NoReturn:
    """Raise the :class:`CompileError` of a file that is no technology."""
    raise CompileError(
        "CB407",
        f"this is not a technology: {problem}",
        at=at,
        help="write it like one of those in flows/technology/",
    )


def check_keys(
    at: Origin, table: Mapping[str, Any], needed: set[str], optional: Collection[str] = ()
) -> None:
    for key in sorted(needed - table.keys()):
        refuse(at, f"{key} is missing")
    for key in sorted(table.keys() - needed - {*optional}):
        refuse(at, f"{key!r:.50} is not known")


def whole(at: Origin, table: Mapping[str, Any], key: str, least: int, most: int) -> int:
    value = table[key]
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        refuse(at, f"{key} is {value!r:.50}, not a whole number from {least} to {most}")
    return value


def area(at: Origin, table: Mapping[str, Any], key: str) -> float:
    return _number(at, table, key, MAX_AREA, "an area in um2")


def cost(at: Origin, table: Mapping[str, Any], key: str) -> float:
    return _number(at, table, key, MAX_AREA, "a cost")


def delay(at: Origin, table: Mapping[str, Any], key: str) -> float:
    return _number(at, table, key, MAX_DELAY, "a delay in ns")


def _number(at: Origin, table: Mapping[str, Any], key: str, most: float, what: str) -> float:
    value = table[key]
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not LEAST <= value <= most:
        refuse(at, f"{key} is {value!r:.50}, not {what} from {LEAST:g} to {most:g}")
    return float(value)


def word(at: Origin, table: Mapping[str, Any], key: str, pattern: str, words: str) -> str:
    """A text that matches ``pattern`` as a whole, which is ``words``."""
    value = table[key]
    if not isinstance(value, str) or not re.fullmatch(pattern, value, flags=re.ASCII):
        refuse(at, f"{key} is {value!r:.50}, not {words}")
    return value


def choice(at: Origin, table: Mapping[str, Any], key: str, offered: Collection[str]) -> str:
    value = table[key]
    if not isinstance(value, str) or value not in offered:
        refuse(at, f"{key} is {value!r:.50}, not {' or '.join(offered)}")
    return value


def subtable(at: Origin, value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        refuse(at, f"{name} is {value!r:.50}, not a table")
    return value
