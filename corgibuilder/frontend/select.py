"""Operators that choose channels: ``Split``, ``Slice``, ``Gather``, and channel shuffles."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from corgibuilder.ir import Ints, Select

from . import lookup, views
from .maps import moved_read, picked_channels
from .value import Const, Value
from .visit import Visit

CHANNELS = "choose channels, which are axis 1"


def split(visit: Visit) -> tuple[Value | None, ...]:
    """``Split``: for each output that is read a selection of its own."""
    channels = _channels(visit, visit.attribute("axis", 0))
    ends = np.cumsum(_sizes(visit, len(channels)))
    parts = np.split(channels, ends[:-1])
    alone = sum(visit.wanted) == 1
    names = (visit.name if alone else f"{visit.name}_{k}" for k in range(len(parts)))
    return tuple(
        _selected(visit, part, name) if wanted else None
        for part, name, wanted in zip(parts, names, visit.wanted, strict=True)
    )


def _sizes(visit: Visit, channels: int) -> Sequence[int]:
    """Channels of each part: an attribute, an input, or as equal as can be."""
    count = len(visit.wanted)
    if visit.has(1):
        sizes = visit.const(1).array.ravel().tolist()
    elif "split" in visit.attributes:
        sizes = list(visit.ints("split", ()))
    else:
        most = -(-channels // count)
        sizes = [min(most, channels - k * most) for k in range(count)]
    if len(sizes) != count or sum(sizes) != channels or min(sizes) < 1:
        raise visit.refuse(
            "CB107",
            f"{channels} channels do not give {count} parts of {sizes}",
            "export the file again",
        )
    return sizes


def slice_channels(visit: Visit) -> Value:
    """``Slice`` of channels, with any step; of other axes all has to stay."""
    rank = len(visit.value().dims) + 1
    starts, ends = (_numbers(visit, k, name) for k, name in ((1, "starts"), (2, "ends")))
    axes = _numbers(visit, 3, "axes") or list(range(len(starts)))
    steps = _numbers(visit, 4, "steps") or [1] * len(starts)
    given = [starts, ends, axes, steps]
    inside = all(-rank <= axis < rank for axis in axes)
    twice = len({axis % rank for axis in axes}) < len(axes)
    if len(set(map(len, given))) > 1 or not inside or twice or not all(steps):
        raise visit.refuse(
            "CB107", f"starts, ends, axes and steps are {given}", "export the file again"
        )
    sizes = (visit.frames, *visit.value().dims)
    kept = None
    for start, end, axis, step in zip(*given, strict=True):
        chosen = range(sizes[axis])[start:end:step]
        if axis % rank == 1:
            kept = chosen
        elif chosen != range(sizes[axis]):
            raise visit.unsupported(f"along axis {axis}", CHANNELS)
    if kept is None:
        return visit.value()
    if not kept:
        raise visit.unsupported("of no channels", "keep one channel at least")
    return _selected(visit, _channels(visit, 1)[np.array(kept)], visit.name)


def _numbers(visit: Visit, index: int, name: str) -> list[int]:
    """An input, or before opset 10 an attribute; empty if it is absent."""
    if visit.has(index):
        return [int(n) for n in visit.const(index).array.ravel()]
    return list(visit.ints(name, ()))


def gather(visit: Visit) -> Value:
    """``Gather`` of channels by constant indices; or from a constant, see :mod:`.lookup`."""
    if visit.has(0) and isinstance(visit.inputs[0], Const):
        return lookup.gather(visit)
    channels, indices = _channels(visit, visit.attribute("axis", 0)), visit.const(1).array
    if indices.ndim != 1:
        raise visit.unsupported(
            f"with indices of shape {indices.shape}", "give a vector of the channels to choose"
        )
    count = len(channels)
    if indices.dtype.kind not in "iu" or not ((indices >= -count) & (indices < count)).all():
        raise visit.refuse(
            "CB107", f"its indices are not those of {count} channels", "export the file again"
        )
    if not indices.size:
        raise visit.unsupported("of no channels", "keep one channel at least")
    return _selected(visit, channels[indices], visit.name)


def transpose(visit: Visit) -> Value:
    """``Transpose``: within the axes that channels were reshaped to it is a channel shuffle."""
    value = visit.value()
    order = visit.ints("perm", range(len(value.dims) + 1)[::-1])
    for count in range(2, len(value.dims) + 1):
        apart = value.dims[:count]
        inner, others = order[1 : count + 1], order[count + 1 :]
        shuffles = sorted(inner) == list(range(1, count + 1)) and order[0] == 0
        keeps = list(others) == list(range(count + 1, len(value.dims) + 1))
        if np.prod(apart) != value.map_shape.channels or not (shuffles and keeps):
            continue
        channels = np.arange(value.map_shape.channels).reshape(apart)
        channels = channels.transpose([axis - 1 for axis in inner])
        if value.layout is None and (np.diff(channels.ravel()) != 1).any():
            moved = _selected(visit, channels.ravel(), visit.name)
            return replace(moved, dims=(*channels.shape, *value.dims[count:]))
    return views.transpose(visit)


def _channels(visit: Visit, axis: int) -> Ints:
    """Numbers of the channels, along which ``axis`` has to be."""
    value = visit.value()
    if axis % (len(value.dims) + 1) != 1:
        raise visit.unsupported(f"along axis {axis}", CHANNELS)
    if value.dims[0] != value.map_shape.channels:
        raise visit.unsupported(f"of a tensor of shape {value.dims}", CHANNELS)
    return np.arange(value.map_shape.channels)


def _selected(visit: Visit, channels: Ints, name: str) -> Value:
    """Input 0 with these of its channels, by a node called ``name``."""
    value, builder = moved_read(visit), visit.builder
    given = name if name == visit.name else builder.fresh(name)
    node = builder.add(given, Select(channels=tuple(channels.tolist())), value.node)
    return replace(
        picked_channels(value, channels),
        node=node,
        map_shape=builder.type(node).shape,
        dims=(len(channels), *value.dims[1:]),
        shared=False,
    )
