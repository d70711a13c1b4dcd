"""A table of the file: ``Cast`` to integers, and ``Gather`` from a constant."""

from dataclasses import dataclass, replace

import numpy as np

from .elementwise import Array
from .quantisers import RoundingQuantiser
from .value import Step, Value
from .visit import Visit


@dataclass(frozen=True, slots=True, eq=False)
class Lookup:
    """``table[x]`` for whole ``x``; a negative one counts from the end. NaN outside of it."""

    table: Array

    @property
    def parameters(self) -> tuple[Array, ...]:
        return ()

    @property
    def direction(self) -> None:
        return None

    def __call__(self, x: Array) -> Array:
        count = len(self.table)
        known = (x >= -count) & (x < count)
        return np.where(known, self.table[np.where(known, x, 0).astype(np.int64)], np.nan)


def gather(visit: Visit) -> Value:
    """``Gather`` of numbers from a constant vector, by indices that are computed at run time."""
    table = visit.const(0).array
    value = visit.value(1, integer_type=True)
    if not value.integer_type:
        raise visit.refuse("CB107", "its indices are not integers", "export the file again")
    if table.ndim != 1 or visit.attribute("axis", 0) not in (0, -1) or not table.size:
        raise visit.unsupported(
            f"from a constant of shape {table.shape}", "look up numbers in a vector"
        )
    floats = table.astype(np.float32)
    if (table.dtype.kind == "f" and table.dtype != np.float32) or (floats != table).any():
        raise visit.unsupported("of numbers that are not float32", "store the table as float32")
    if not value.quantised:  # the indices are integers of a node; so will be what is looked up
        value = value.then(Step(RoundingQuantiser("DOWN"), visit.name))
    value = replace(value, integer_type=table.dtype.kind != "f")
    return value.then(Step(Lookup(floats), visit.name))
