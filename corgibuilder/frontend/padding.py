"""``Pad``: rows and columns around a map."""

from dataclasses import replace

import numpy as np

from corgibuilder.ir import Pad, Pads
from corgibuilder.limits import MAX_SIDE

from .maps import MAPS, placed
from .value import Value
from .visit import Visit


def pad(visit: Visit) -> Value:
    """``Pad`` with a constant: attributes up to opset 10, inputs from then on."""
    mode = visit.attribute("mode", "constant")
    if mode != "constant":
        raise visit.unsupported(f"with mode {mode}", "pad with a constant")
    pads = _pads(visit)
    if not pads:
        return visit.value()
    value = visit.builder.integers(visit.value(), visit.name)
    if not value.is_map:
        raise visit.unsupported(f"of a tensor of shape {value.dims}", MAPS)
    value = replace(value, exact_sum=None)  # what is around it is no sum
    return placed(visit, value, Pad(pads=pads, value=_integer(visit, value)))


def _pads(visit: Visit) -> Pads:
    """Rows and columns on each side. Raises ``CompileError`` (CB107, CB202)."""
    rank = len(visit.value().dims) + 1
    axes = [a % rank for a in _axes(visit, rank)]
    amounts = visit.const(1).array if visit.has(1) else np.array(visit.ints("pads", ()))
    if amounts.shape != (2 * len(axes),):
        raise visit.refuse(
            "CB107", f"pads of shape {amounts.shape} for axes {axes}", "export the file again"
        )
    given = np.zeros((2, rank), np.int64)
    given[:, axes] = amounts.reshape(2, -1)
    if given.min() < 0 or given.max() > MAX_SIDE:
        raise visit.unsupported(
            f"by {amounts.tolist()}", f"pad by 0 to {MAX_SIDE:,}: it can cut nothing off"
        )
    if given[:, :2].any():
        raise visit.unsupported("of channels", "pad rows and columns")
    (top, left), (bottom, right) = ((0, 0, *side[2:])[-2:] for side in given.tolist())
    return Pads(top=top, left=left, bottom=bottom, right=right)


def _axes(visit: Visit, rank: int) -> list[int]:
    if not visit.has(3):
        return list(range(rank))
    axes = [int(a) for a in visit.const(3).array.ravel()]
    if len({a % rank for a in axes}) != len(axes) or not all(-rank <= a < rank for a in axes):
        raise visit.refuse("CB107", f"axes {axes} of {rank} dimensions", "export the file again")
    return axes


def _integer(visit: Visit, value: Value) -> int:
    """The integer that stands for the constant in every channel."""
    real = visit.scalar(2) if visit.has(2) else np.array(visit.attribute("value", 0.0), np.float32)
    grid, channels = value.grid, value.map_shape.channels
    near = np.rint(float(real) / grid.scale)
    inside = np.abs(near[0]) < 2**52 and (near == near[0]).all()
    if grid.table is not None:
        inside = inside and grid.lowest <= near[0] < grid.lowest + len(grid.table)
    if inside:
        number = int(near[0])
        if (grid.real(np.full((1, channels, 1, 1), number)) == real.astype(np.float32)).all():
            return number
    raise visit.refuse(
        "CB321",
        f"it pads with {float(real):g}, for which its input has no integer",
        "pad with 0, or with a multiple of the scale of its input",
    )
