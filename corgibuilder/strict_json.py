"""JSON text as dataclasses: all fields and no others, each of its type and within its limits."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from types import UnionType
from typing import Annotated, Any, NoReturn, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")

SHOWN = 60  # characters of a wrong value
LARGEST = 1 << 64  # integer that may stand where a fraction belongs


@dataclass(frozen=True, slots=True)
class Within:
    """Limits of a number, both included, for ``Annotated``."""

    least: int
    most: int

    def __contains__(self, value: Any) -> bool:
        return bool(self.least <= value <= self.most)

    def __str__(self) -> str:
        return f"a number from {self.least} to {self.most}"


@dataclass(frozen=True, slots=True)
class Written:
    """What a whole text matches, and that in words, for ``Annotated``."""

    pattern: str
    words: str

    def __contains__(self, value: Any) -> bool:
        return re.fullmatch(self.pattern, value) is not None

    def __str__(self) -> str:
        return self.words


class UnsuitableError(ValueError):
    """The text is not what it should be; says where, and what is there."""


def parse(text: str) -> Any:
    """What a JSON text says; :class:`UnsuitableError` for other text, or a name given twice."""

    def refuse(constant: str) -> NoReturn:
        raise UnsuitableError(f"{constant} is not a number")

    try:
        return json.loads(text, parse_constant=refuse, object_pairs_hook=_group)
    except RecursionError:
        raise UnsuitableError("it is nested too deeply") from None
    except ValueError as fault:
        raise UnsuitableError(str(fault)) from None


def _group(items: list[tuple[str, Any]]) -> dict[str, Any]:
    group: dict[str, Any] = {}
    for name, value in items:
        if name in group:
            raise UnsuitableError(f"a group has {shown(name)} twice")
        group[name] = value
    return group


def read(kind: type[T], value: Any, at: str = "") -> T:
    """``value``, from :func:`parse`, as ``kind``; :class:`UnsuitableError` where it is not one.

    ``kind`` is bool, int, float, str, or made of these: a dataclass, ``tuple``, ``Mapping`` with
    texts as keys, ``X | None``, or ``Annotated`` with limits. ``at`` is the place in the text.
    """
    result: T = _read(kind, value, at)
    return result


def _read(kind: Any, value: Any, at: str) -> Any:
    if is_dataclass(kind):
        return _dataclass(kind, value, at)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _limited(arguments[0], arguments[1:], value, at)
    if origin in (Union, UnionType):  # the former with Annotated
        (present,) = (argument for argument in arguments if argument is not type(None))
        return None if value is None else _read(present, value, at)
    if origin is tuple:
        return _tuple(arguments, value, at)
    if origin is Mapping:
        _expect(type(value) is dict, "a group", value, at)
        items = ((name, _read(arguments[1], item, f"{at}.{name}")) for name, item in value.items())
        return {_read(arguments[0], name, at): item for name, item in items}
    if kind is float:
        number = type(value) is float or (type(value) is int and abs(value) <= LARGEST)
        _expect(number and math.isfinite(value), "a number", value, at)
        return value
    _expect(type(value) is kind, NAMES[kind], value, at)
    return value


NAMES = {bool: "true or false", int: "an integer", str: "a text"}


def _dataclass(kind: Any, value: Any, at: str) -> Any:
    _expect(type(value) is dict, "a group", value, at)
    hints = get_type_hints(kind, include_extras=True)
    names = [field.name for field in fields(kind)]
    for name in names:
        if name not in value:
            raise UnsuitableError(f"{at or 'it'} has no {name!r}")
    for name in value:
        if name not in names:
            raise UnsuitableError(f"{at or 'it'} has {shown(name)}, which nothing is called here")
    return kind(**{
        name: _read(hints[name], value[name], f"{at}.{name}".strip(".")) for name in names
    })


def _tuple(arguments: tuple[Any, ...], value: Any, at: str) -> tuple[Any, ...]:
    _expect(type(value) is list, "a list", value, at)
    if arguments[-1] is ...:
        arguments = (arguments[0],) * len(value)
    _expect(len(value) == len(arguments), f"a list of {len(arguments)}", value, at)
    pairs = zip(arguments, value, strict=True)
    return tuple(_read(kind, item, f"{at}[{k}]") for k, (kind, item) in enumerate(pairs))


def _limited(kind: Any, limits: tuple[Any, ...], value: Any, at: str) -> Any:
    result = _read(kind, value, at)
    for limit in limits:
        _expect(result in limit, str(limit), value, at)
    return result


def _expect(true: bool, what: str, value: Any, at: str) -> None:
    if not true:
        raise UnsuitableError(f"{at or 'it'} is {shown(value)}, and should be {what}")


def shown(value: Any) -> str:
    """A value of a JSON or TOML text, or the beginning of it, for a message."""
    if isinstance(value, list | dict):
        return f"a {'list' if isinstance(value, list) else 'group'} of {len(value)}"
    text = json.dumps(value, default=str)  # TOML has dates
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
