"""Makes a case whole again after a part of it was changed: weights as many as there are channels.

What the numbers are does not matter to a smaller network, only that it still fails.
"""

from dataclasses import replace

import numpy as np

from .case import Case, Layer
from .layers import (
    ArgMax,
    AveragePool,
    BatchNorm,
    Conv,
    Dense,
    GlobalAverage,
    GlobalMax,
    MaxPool,
    MultiThreshold,
    Operator,
)

Map = tuple[int, int, int]


def fitted(case: Case) -> Case:
    """The case with every operator as wide as the value that it reads, and none that no one reads.

    Raises ``ValueError`` where nothing is left of a map.
    """
    case = replace(case, layers=needed(case))
    shapes: dict[str, Map] = {"input": case.shape}
    layers = []
    for layer in case.layers:
        op = _fit(layer.op, shapes[layer.after])
        shapes[layer.name] = _shape(op, shapes[layer.after])
        if min(shapes[layer.name]) < 1:
            raise ValueError(f"nothing is left of {layer.name}")
        layers.append(replace(layer, op=op))
    if not layers:
        raise ValueError("no layers are left")
    sizes = tuple((min(h, case.shape[1]), min(w, case.shape[2])) for h, w in case.sizes)
    return replace(case, layers=tuple(layers), sizes=sizes)


def needed(case: Case) -> tuple[Layer, ...]:
    """The layers that an output depends on."""
    wanted, kept = set(case.outputs), []
    for layer in reversed(case.layers):
        if layer.name in wanted:
            wanted.add(layer.after)
            kept.append(layer)
    return tuple(reversed(kept))


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
    return op


def _fit_conv(op: Conv, x: Map) -> Conv:
    rows, columns = _padded(op, x)
    weights = np.asarray(op.weights)[:, :, :rows, :columns]
    inputs = weights.shape[1]
    group = x[0] // inputs if op.group > 1 and x[0] % inputs == 0 else 1
    if group == 1:
        weights = _wrapped(weights, x[0], axis=1)
    if group != op.group:
        outputs = max(1, len(weights) // op.group) * group if op.group > 1 else len(weights)
        weights = _wrapped(weights, outputs)
    bias = None if op.bias is None else _wrapped(op.bias, len(weights))
    scale = None if op.scale is None else _wrapped(op.scale, len(weights))
    return Conv(weights, bias, scale, op.stride, _pads(op.pads, weights.shape[2:]), group)


def _padded(op: Conv | MaxPool | AveragePool, x: Map) -> tuple[int, int]:
    top, left, bottom, right = op.pads
    return x[1] + top + bottom, x[2] + left + right


def _pads(pads, kernel):
    """Padding of less than the kernel."""
    most = (*kernel, *kernel)
    return tuple(min(pad, size - 1) for pad, size in zip(pads, most, strict=True))


def _shape(op: Operator, x: Map) -> Map:
    match op:
        case Conv() | MaxPool() | AveragePool():
            channels = op.shape[0] if isinstance(op, Conv) else x[0]
            height, width = (
                (size - kernel) // stride + 1
                for size, kernel, stride in zip(_padded(op, x), op.kernel, op.stride, strict=True)
            )
            return channels, height, width
        case Dense():
            return np.shape(op.weights)[1], 1, 1
        case GlobalAverage() | GlobalMax():
            return x[0], 1, 1
        case ArgMax():
            return 1, *x[1:]
    return x
