"""Activation functions as operators of the file."""

import numpy as np

from .curves import Curve, CurveKind
from .value import Step, Value
from .visit import Visit

_ATTRIBUTES: dict[CurveKind, tuple[tuple[str, float], ...]] = {
    CurveKind.CELU: (("alpha", 1.0),),
    CurveKind.ELU: (("alpha", 1.0),),
    CurveKind.HARD_SIGMOID: (("alpha", 0.2), ("beta", 0.5)),
    CurveKind.LEAKY_RELU: (("alpha", 0.01),),
    CurveKind.SELU: (("alpha", 1.67326319217681884765625), ("gamma", 1.05070102214813232421875)),
    CurveKind.THRESHOLDED_RELU: (("alpha", 1.0),),
}
_POSITIVE = (CurveKind.CELU, CurveKind.THRESHOLDED_RELU)  #: not monotone, or not defined, below


def activation(visit: Visit) -> Value:
    """An operator that is listed in :class:`CurveKind` under its own name."""
    return _of_kind(visit, CurveKind(visit.kind))


def gelu(visit: Visit) -> Value:
    """``Gelu``, exact or with the hyperbolic tangent."""
    form = visit.attribute("approximate", "none")
    if form not in ("none", "tanh"):
        raise visit.unsupported(f"with approximate {form}", "use none or tanh")
    return _of_kind(visit, CurveKind.GELU if form == "none" else CurveKind.GELU_TANH)


def p_relu(visit: Visit) -> Value:
    """``PRelu`` with a slope for the whole tensor or for each channel."""
    value = visit.value()
    slope = visit.fitted(value, visit.const(1).array)
    return value.then(Step(Curve(CurveKind.PRELU, (slope,)), visit.name))


def power(visit: Visit) -> Value:
    """``Pow`` with exponent 2 or 3."""
    exponent = float(visit.scalar(1))
    if exponent not in (2.0, 3.0):
        raise visit.unsupported(f"with exponent {exponent:g}", "use exponent 2 or 3")
    return _of_kind(visit, CurveKind.SQUARE if exponent == 2 else CurveKind.CUBE)


def _of_kind(visit: Visit, kind: CurveKind) -> Value:
    numbers = [visit.attribute(name, default) for name, default in _ATTRIBUTES.get(kind, ())]
    if not np.isfinite(numbers).all() or (kind in _POSITIVE and numbers[0] <= 0):
        raise visit.unsupported(f"with {numbers}", "use positive numbers")
    parameters = tuple(np.array(number, np.float32) for number in numbers)
    return visit.value().then(Step(Curve(kind, parameters), visit.name))
