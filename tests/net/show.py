"""A case as the text of a test that can be pasted into a file."""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from fractions import Fraction
from typing import Any

import numpy as np

from .case import Case

HEADER = """\
from fractions import Fraction

from corgibuilder.plan import Target
from corgibuilder.plan.folding import Folding, WindowSource
from tests.net.case import Case, Edit, Entry, Layer
from tests.net.compare import compare
from tests.net.layers import *


"""


def as_test(case: Case, name: str, findings: str) -> str:
    """A test called ``name`` which wants the ``findings`` of the case, a field, to be none."""
    literal = _literal(case).replace("\n", "\n    ")
    return (
        f"{HEADER}def {name}():\n    case = {literal}\n    assert compare(case).{findings} == ()\n"
    )


def _literal(value: Any, depth: int = 0) -> str:
    match value:
        case np.ndarray():
            return repr(value.tolist())
        case np.generic():
            return repr(value.item())
        case Fraction():
            return f"Fraction({value.numerator}, {value.denominator})"
        case Enum():
            return str(value)
        case Mapping():
            items = (f"{key!r}: {_literal(item, depth + 1)}" for key, item in value.items())
            return f"{{{', '.join(items)}}}"
        case tuple() if value and is_dataclass(value[0]):
            inner = ", ".join(_literal(item, depth + 1) for item in value)
            return f"({inner},)"
    if is_dataclass(value):
        return _object(value, depth)
    return repr(value)


def _object(value: Any, depth: int) -> str:
    """A call with the fields that are not as they are by default."""
    given = []
    for field in fields(value):
        item = getattr(value, field.name)
        default = field.default_factory() if callable(field.default_factory) else field.default
        if default is MISSING or _literal(item) != _literal(default):
            given.append(f"{field.name}={_literal(item, depth + 1)}")
    if depth:
        return f"{type(value).__name__}({', '.join(given)})"
    inner = ",\n    ".join(given)
    return f"{type(value).__name__}(\n    {inner},\n)"
