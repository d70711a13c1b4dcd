"""``Quant``, ``BipolarQuant``, ``Trunc`` and ``MultiThreshold``, on constants and at run time."""

from collections.abc import Callable

import numpy as np

from .elementwise import Affine, Array, Dequantise, FloatOperation
from .quantisers import (
    ROUNDINGS,
    CountingQuantiser,
    Quantiser,
    SignQuantiser,
    TruncQuantiser,
    UniformQuantiser,
    integer_range,
)
from .threshold_extraction import MAX_LEVELS
from .value import Const, Step, Tensor, Value
from .visit import Visit

Fit = Callable[[Array], Array]
Operations = tuple[Quantiser | FloatOperation, ...]


def _apply(visit: Visit, operations: Callable[[Fit], Operations], scale_input: int) -> Tensor:
    """The operations after the tensor's chain; on a constant, its values and its scale."""
    source = visit.inputs[0]
    if isinstance(source, Value):
        value = source

        def fit(parameter: Array) -> Array:
            return visit.fitted(value, parameter)

        return value.then(*(Step(operation, visit.name) for operation in operations(fit)))
    array = visit.const(0).array
    scale = visit.const(scale_input).array
    try:
        made = operations(lambda parameter: parameter)
        for parameter in (scale, *(p for operation in made for p in operation.parameters)):
            if np.broadcast_shapes(array.shape, parameter.shape) != array.shape:
                raise ValueError
        x = array
        for operation in made:
            x = operation(x)
    except ValueError:
        raise visit.refuse(
            "CB107",
            f"its scale or zero point does not fit a tensor of shape {array.shape}",
            "export the file again",
        ) from None
    return Const(x, np.broadcast_to(scale, array.shape))


def _positive(visit: Visit, index: int) -> Array:
    scale = visit.const(index).array
    if not (scale > 0).all():
        raise visit.refuse("CB106", "its scale is not positive", "check the scale of this node")
    return scale


def _rounding(visit: Visit, default: str) -> str:
    mode = str(visit.attribute("rounding_mode", default)).upper()
    if mode not in ROUNDINGS:
        raise visit.unsupported(f"with rounding mode {mode}", f"use one of {', '.join(ROUNDINGS)}")
    return mode


def _range(visit: Visit, index: int) -> tuple[Array, Array]:
    bits = visit.scalar(index)
    if not 1 <= bits <= 64:
        raise visit.refuse("CB107", f"a width of {bits} bits", "check the bit width of this node")
    with np.errstate(over="ignore"):
        lowest, highest = integer_range(
            bits,
            signed=bool(visit.attribute("signed", 1)),
            narrow=bool(visit.attribute("narrow", 0)),
        )
    if lowest > highest:
        raise visit.refuse(
            "CB107",
            f"its executor makes the range {lowest}..{highest} of {bits} bits of type {bits.dtype}",
            "store the bit width as a float",
        )
    return lowest, highest


def quant(visit: Visit) -> Tensor:
    """``Quant`` (and ``IntQuant``): signed, narrow, any scale and zero point."""
    if not {"signed", "narrow"} <= visit.attributes.keys():
        raise visit.refuse(
            "CB107", "attribute 'signed' or 'narrow' is missing", "export the file again"
        )
    scale, zero_point = _positive(visit, 1), visit.const(2).array
    one_bit = visit.scalar(3) == 1 and bool(visit.attribute("signed", 1))
    rounding = _rounding(visit, "ROUND")
    lowest, highest = _range(visit, 3)

    def operations(fit: Fit) -> Operations:
        s, z = fit(scale), fit(zero_point)
        if one_bit:
            return SignQuantiser(s, z), _PLUS_MINUS_ONE, Dequantise(z, s)
        return UniformQuantiser(s, z, lowest, highest, rounding), Dequantise(z, s)

    return _apply(visit, operations, 1)


_NOTHING = np.zeros((), np.float32)
_PLUS_MINUS_ONE = Dequantise(np.array(0.5, np.float32), np.array(2, np.float32))


def bipolar_quant(visit: Visit) -> Tensor:
    """``BipolarQuant``: ``scale`` from zero on, ``-scale`` below."""
    scale = _positive(visit, 1)

    def operations(fit: Fit) -> Operations:
        one = np.ones((), np.float32)
        return SignQuantiser(one, _NOTHING), _PLUS_MINUS_ONE, Dequantise(_NOTHING, fit(scale))

    return _apply(visit, operations, 1)


def trunc(visit: Visit) -> Tensor:
    """``Trunc``: five inputs in its first version, six in its second, which clamps."""
    scale, zero_point = _positive(visit, 1), visit.const(2).array
    rounding = _rounding(visit, "FLOOR")
    lowest: Array | None = None
    highest: Array | None = None
    if visit.has(5):
        out_scale = _positive(visit, 4)
        divisor = np.asarray(2 ** np.round(np.log2(out_scale / scale)))
        lowest, highest = _range(visit, 5)
    else:
        out_scale = scale
        divisor = np.asarray(2.0 ** (visit.scalar(3) - visit.scalar(4)))
    out_zero = zero_point / divisor if visit.has(5) else zero_point

    def operations(fit: Fit) -> Operations:
        index = TruncQuantiser(fit(scale), fit(zero_point), fit(divisor), lowest, highest, rounding)
        return index, Dequantise(fit(np.asarray(out_zero)), fit(out_scale))

    return _apply(visit, operations, 4 if visit.has(5) else 1)


_LAYOUTS = {1: "NC", 2: "NWC", 3: "NCHW"}


def multi_threshold(visit: Visit) -> Value:
    """``MultiThreshold``: ``out_scale * #{thresholds <= x} + out_bias``."""
    value = visit.value()
    thresholds = visit.const(1).array
    if thresholds.ndim != 2 or not thresholds.size:
        raise visit.refuse("CB107", "its thresholds are not a matrix", "export the file again")
    if thresholds.shape[1] > MAX_LEVELS:
        raise visit.refuse(
            "CB303",
            f"it has {thresholds.shape[1]} thresholds in a channel",
            f"quantise to fewer bits: at most {MAX_LEVELS} levels",
        )
    layout = visit.attribute("data_layout", "") or _LAYOUTS.get(len(value.dims), "NC")
    axis = layout.index("C") - 1 if "C" in layout[1:] else 0
    channels = len(thresholds)
    if channels > 1:
        if axis >= len(value.dims) or channels != value.dims[axis]:
            raise visit.refuse(
                "CB107",
                f"thresholds for {channels} channels on a tensor of shape {value.dims}",
                "export the file again",
            )
        shape = tuple(channels if i == axis else 1 for i in range(len(value.dims)))
        row = visit.fitted(value, np.arange(channels).reshape(1, *shape)).ravel()
        thresholds = thresholds[row]
    ordered = np.sort(thresholds, axis=1).T[:, :, None, None]
    scale = np.array(visit.attribute("out_scale", 1.0), np.float32)
    bias = np.array(visit.attribute("out_bias", 0.0), np.float32)
    operations: Operations = (CountingQuantiser(np.ascontiguousarray(ordered)), Affine(scale, bias))
    return value.then(*(Step(operation, visit.name) for operation in operations))
