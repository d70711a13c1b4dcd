"""Makes a case whole again after a part of it was changed: weights as many as there are channels.

What the numbers are does not matter to a smaller network, only that it still fails.
"""

from dataclasses import replace

import numpy as np

from .case import Case, Layer
from .layers import (
    Add,
    ArgMax,
    AveragePool,
    BatchNorm,
    Concat,
    Conv,
    Dense,
    GlobalAverage,
    GlobalMax,
    MaxPool,
    MultiThreshold,
    Operator,
)
from .moves import Map, Moving


def fitted(case: Case) -> Case:
    """The case with every operator as wide as the values that it reads, and none that no one reads.

    Raises ``ValueError`` where nothing is left of a map, or branches meet that cannot.
    """
    case = replace(case, layers=case.needed)
    if not case.layers:
        raise ValueError("no layers are left")
    shapes: dict[str, Map] = {name: entry.shape for name, entry in case.entries.items()}
    layers: list[Layer] = []
    for layer in case.layers:
        read = [shapes[name] for name in layer.after]
        if isinstance(layer.op, Add) and len({shape[0] for shape in read}) > 1:
            return fitted(_narrowed(case, layers, layer, shapes))
        op = _fit(layer.op, read[0])
        shapes[layer.name] = _shape(op, *read)
        if min(shapes[layer.name]) < 1:
            raise ValueError(f"nothing is left of {layer.name}")
        layers.append(replace(layer, op=op))
    sizes = tuple((min(h, case.shape[1]), min(w, case.shape[2])) for h, w in case.sizes)
    return replace(case, layers=tuple(layers), sizes=sizes)


def _narrowed(case: Case, before: list[Layer], join: Layer, shapes: dict[str, Map]) -> Case:
    """With one of the branches that meet in a sum as wide as the narrowest of them.

    It has fewer outputs of the last layer that mixes channels: weights grow nowhere. Raises
    ``ValueError`` if there is no such layer.
    """
    fewest = min(shapes[name][0] for name in join.after)
    by_name = {layer.name: layer for layer in before}
    name = next(name for name in join.after if shapes[name][0] > fewest)
    while name in by_name and not _mixes(by_name[name].op):
        op = by_name[name].op
        if len(by_name[name].after) > 1 or (isinstance(op, Moving) and not op.keeps_channels):
            raise ValueError(f"{name} has as many channels as what it reads")
        name = by_name[name].after[0]
    if name not in by_name:
        raise ValueError("the input has as many channels as it has")
    op = by_name[name].op
    assert isinstance(op, Conv)
    less = replace(
        op,
        weights=_wrapped(op.weights, fewest),
        bias=None if op.bias is None else _wrapped(op.bias, fewest),
        scale=None if op.scale is None else _wrapped(op.scale, fewest),
    )
    layers = (replace(k, op=less) if k.name == name else k for k in case.layers)
    return replace(case, layers=tuple(layers))


def _mixes(op: Operator) -> bool:
    return isinstance(op, Conv) and op.group == 1


def _wrapped(array, count: int, axis: int = 0):
    """So many of the array's rows, from the start again where there are not as many."""
    array = np.asarray(array)
    return array.take(np.arange(count) % array.shape[axis], axis=axis)


def _fit(op: Operator, x: Map) -> Operator:
    channels = x[0]
    match op:
        case Conv():
            return _fit_conv(op, x)
        case Dense():
            return replace(op, weights=_wrapped(op.weights, int(np.prod(x))))
        case BatchNorm(gamma, beta, mean, variance):
            return BatchNorm(*(_wrapped(a, channels) for a in (gamma, beta, mean, variance)))
        case MultiThreshold() if len(op.steps) > 1:
            return replace(op, steps=_wrapped(op.steps, channels))
        case MaxPool() | AveragePool():
            rows, columns = _padded(op, x)
            kernel = (min(op.kernel[0], rows), min(op.kernel[1], columns))
            return replace(op, kernel=kernel, pads=_pads(op.pads, kernel))
        case Moving():
            return op.fitted(x)
    return op


def _fit_conv(op: Conv, x: Map) -> Conv:
    rows, columns = _padded(op, x)
    most = [(n - 1) // apart + 1 for n, apart in zip((rows, columns), op.dilations, strict=True)]
    weights = np.asarray(op.weights)[:, :, : most[0], : most[1]]
    inputs = weights.shape[1]
    group = x[0] // inputs if op.group > 1 and x[0] % inputs == 0 else 1
    if group == 1:
        weights = _wrapped(weights, x[0], axis=1)
    if group != op.group:
        outputs = max(1, len(weights) // op.group) * group if op.group > 1 else len(weights)
        weights = _wrapped(weights, outputs)
    bias = None if op.bias is None else _wrapped(op.bias, len(weights))
    scale = None if op.scale is None else _wrapped(op.scale, len(weights))
    made = replace(op, weights=weights, bias=bias, scale=scale, group=group)
    return replace(made, pads=_pads(op.pads, made.kernel))


def _padded(op: Conv | MaxPool | AveragePool, x: Map) -> tuple[int, int]:
    top, left, bottom, right = op.pads
    return x[1] + top + bottom, x[2] + left + right


def _pads(pads, kernel):
    """Padding of less than the kernel."""
    most = (*kernel, *kernel)
    return tuple(min(pad, size - 1) for pad, size in zip(pads, most, strict=True))


def _shape(op: Operator, x: Map, *others: Map) -> Map:
    if any(other[1:] != x[1:] for other in others):
        raise ValueError("maps of different sizes meet")
    channels, height, width = x
    match op:
        case Conv() | MaxPool() | AveragePool():
            channels = op.shape[0] if isinstance(op, Conv) else channels
            height, width = (
                (size - kernel) // stride + 1
                for size, kernel, stride in zip(_padded(op, x), op.kernel, op.stride, strict=True)
            )
            return channels, height, width
        case Dense():
            return np.shape(op.weights)[1], 1, 1
        case GlobalAverage() | GlobalMax():
            return channels, 1, 1
        case ArgMax():
            return 1, height, width
        case Concat():
            return sum(each[0] for each in (x, *others)), height, width
        case Moving():
            return op.shape(x)
    return x
