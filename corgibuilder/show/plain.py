"""JSON for programs."""

import enum
import json
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np


def to_json(value: Any) -> str:
    """JSON of plain data, dataclasses, arrays, paths and enumerations."""
    return json.dumps(value, default=_plain, indent=2)


def _plain(value: Any) -> Any:
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Fraction):
        return float(value)
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return asdict(value)
