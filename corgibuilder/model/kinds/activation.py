"""Threshold, Clamp and Table: behind the layer that absorbs them, or by themselves."""

from functools import singledispatch

from corgibuilder.ir import Clamp, Op, QInt, Table, TensorType, Threshold
from corgibuilder.model.layer import CppLayer, Site
from corgibuilder.model.literals import CppObject, pack
from corgibuilder.model.types import MAP_TYPES, SUM_TYPES, smallest, sum_type
from corgibuilder.plan.requantisers import trimmed

FEW_STEPS = 32  #: up to here a value is compared with each
MAX_ENTRIES = 2**12  #: of a table for one channel
MAX_TABLE = 2**22  #: entries of all channels


@singledispatch
def activation(op: Op | None, x: TensorType, sums: str) -> CppObject:
    """What makes the values of ``op`` from those of type ``x``, which C++ holds as ``sums``."""
    raise NotImplementedError(type(op).__name__)


@activation.register
def _(op: None, x: TensorType, sums: str) -> CppObject:
    return CppObject("Keep")


@activation.register
def _(op: Clamp, x: TensorType, sums: str) -> CppObject:
    return CppObject("Clip", (op.range.lo, op.range.hi))


@activation.register
def _(op: Threshold, x: TensorType, sums: str) -> CppObject:
    steps, base = trimmed(op, x)
    channels, count = steps.shape
    values = pack(steps)
    reached = QInt(base, base + count)
    if count <= FEW_STEPS and smallest(reached, SUM_TYPES) == "i16":
        return CppObject(f"Steps<{sums}, {count}>", (base, channels, values))
    entries = x.range.hi - x.range.lo + 1
    if entries <= MAX_ENTRIES and entries * channels <= MAX_TABLE:
        table = f"StepTable<{smallest(reached, MAP_TYPES)}>"
        return CppObject(table, (base, channels, count, values, x.range.lo, entries))
    return CppObject("Search", (base, count, values))


@activation.register
def _(op: Table, x: TensorType, sums: str) -> CppObject:
    first = x.range.lo - op.lo
    values = op.values[:, first : first + x.range.hi - x.range.lo + 1]
    channels, entries = values.shape
    held = smallest(QInt(int(values.min()), int(values.max())), MAP_TYPES)
    # all channels may have one row
    stride = entries if channels > 1 else 0
    return CppObject(f"Table<{held}>", (pack(values), x.range.lo, stride))


def alone(op: Threshold | Clamp | Table, site: Site) -> CppLayer:
    """An activation that no layer absorbs."""
    sums = sum_type(site.x)
    act = activation(op, site.x, sums)
    return CppLayer(file="each", kernel=CppObject(f"Each<{sums}>"), act=act)
