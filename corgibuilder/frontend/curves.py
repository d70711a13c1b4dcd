"""Activation functions of floats that are no arithmetic, and how far the executor may be off them.

Where onnxruntime's float32 operations are known one by one they are repeated here, bit for bit.
The others it approximates, each machine in its own way: they are computed in float64 and rounded,
and the executor's result is known up to a margin.
"""

import enum
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .elementwise import Array

ULP = 2.0**-23  #: relative distance of neighbouring float32


class CurveKind(enum.Enum):
    """Operators of ONNX; ``GELU_TANH`` is ``Gelu`` with the attribute ``approximate``."""

    ABS = "Abs"
    CELU = "Celu"
    ELU = "Elu"
    ERF = "Erf"
    EXP = "Exp"
    GELU = "Gelu"
    GELU_TANH = "Gelu tanh"
    HARD_SIGMOID = "HardSigmoid"
    HARD_SWISH = "HardSwish"
    LEAKY_RELU = "LeakyRelu"
    LOG = "Log"
    MISH = "Mish"
    PRELU = "PRelu"
    SELU = "Selu"
    SIGMOID = "Sigmoid"
    SIGN = "Sign"
    SOFTPLUS = "Softplus"
    SOFTSIGN = "Softsign"
    SQRT = "Sqrt"
    SQUARE = "Pow 2"
    CUBE = "Pow 3"
    TANH = "Tanh"
    THRESHOLDED_RELU = "ThresholdedRelu"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """What is known of a kind.

    Parameters
    ----------
    function
        Of ``x`` and the parameters; float32 to float32 if it is exact, else in float64.
    turns
        Where it changes between rising and falling.
    ulps, floor
        How far the executor may be from the exact value: relative, in ULP, plus absolute.
    identity
        Of positive ``x``.
    bends
        At 0 into a slope that has the sign of its parameters.
    """

    function: Callable[..., Array]
    turns: tuple[float, ...] = ()
    ulps: float = 0.0
    floor: float = 0.0
    identity: bool = False
    bends: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One activation function with its ``parameters``, float32 ``(channels, 1, 1)`` or ``()``."""

    kind: CurveKind
    parameters: tuple[Array, ...] = ()

    @property
    def turns(self) -> tuple[float, ...]:
        """Where it changes between rising and falling; none if it rises or falls everywhere."""
        form = _FORMS[self.kind]
        if form.bends and any((parameter < 0).any() for parameter in self.parameters):
            return (0.0,)
        return form.turns

    @property
    def direction(self) -> Array | None:
        if self.turns:
            return None
        if self.kind is CurveKind.HARD_SIGMOID:
            return np.asarray(np.sign(self.parameters[0]))
        return np.ones(())

    @property
    def approximated(self) -> bool:
        """Whether the executor's own value may be another float."""
        return _FORMS[self.kind].ulps > 0

    def __call__(self, x: Array) -> Array:
        form = _FORMS[self.kind]
        if not form.ulps:
            return np.asarray(form.function(x, *self.parameters))
        wide = (part.astype(np.float64) for part in (x, *self.parameters))
        with np.errstate(all="ignore"):
            return np.asarray(form.function(*wide)).astype(np.float32)

    def margin(self, y: Array) -> Array:
        """How far the executor may be from values ``y`` of this function."""
        form = _FORMS[self.kind]
        margin = form.ulps * ULP * np.abs(y.astype(np.float64)) + form.floor
        return np.where((y > 0) & form.identity, 0.0, margin)


def _erf(x: Array) -> Array:
    return np.asarray(np.vectorize(math.erf, otypes=[np.float64])(x))


def _sigmoid(x: Array) -> Array:
    return np.asarray(0.5 * np.tanh(0.5 * x) + 0.5)


def _softplus(x: Array) -> Array:
    return np.asarray(np.logaddexp(0, x))


def _elu(x: Array, alpha: Array) -> Array:
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def _celu(x: Array, alpha: Array) -> Array:
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0) / alpha))


def _gelu_tanh(x: Array) -> Array:
    inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
    return np.asarray(0.5 * x * (1 + np.tanh(inner)))


def _hard_sigmoid(x: Array, alpha: Array, beta: Array) -> Array:
    return np.asarray(np.clip(alpha * x + beta, np.float32(0), np.float32(1)))


def _hard_swish(x: Array) -> Array:
    sixth, half = np.array(1 / 6, np.float32), np.array(0.5, np.float32)
    return np.asarray(x * _hard_sigmoid(x, sixth, half))


def _leaky(x: Array, slope: Array) -> Array:
    return np.where(x >= 0, x, slope * x)


#: Margins are two to four times what onnxruntime 1.32 shows on x86-64 for 1.4 million floats.
_FORMS: dict[CurveKind, _Form] = {
    CurveKind.ABS: _Form(function=np.abs, turns=(0.0,)),
    CurveKind.CELU: _Form(function=_celu, ulps=2, floor=2.0**-22, identity=True),
    CurveKind.ELU: _Form(function=_elu, ulps=2, floor=2.0**-22, identity=True, bends=True),
    CurveKind.ERF: _Form(function=_erf, ulps=2, floor=2.0**-24),
    CurveKind.EXP: _Form(function=np.exp, ulps=2),
    CurveKind.GELU: _Form(
        function=lambda x: 0.5 * x * (1 + _erf(x / math.sqrt(2))),
        turns=(-0.7517916,),
        ulps=4,
        floor=2.0**-21,
    ),
    CurveKind.GELU_TANH: _Form(function=_gelu_tanh, turns=(-0.7524614,), ulps=4, floor=2.0**-19),
    CurveKind.HARD_SIGMOID: _Form(function=_hard_sigmoid),
    CurveKind.HARD_SWISH: _Form(function=_hard_swish, turns=(-3.0, -1.5)),
    CurveKind.LEAKY_RELU: _Form(function=_leaky, bends=True),
    CurveKind.LOG: _Form(function=np.log, ulps=4, floor=2.0**-23),
    CurveKind.MISH: _Form(
        function=lambda x: x * np.tanh(_softplus(x)), turns=(-1.1924313,), ulps=16, floor=2.0**-22
    ),
    CurveKind.PRELU: _Form(function=_leaky, bends=True),
    CurveKind.SELU: _Form(
        function=lambda x, alpha, gamma: gamma * _elu(x, alpha),
        ulps=2,
        floor=2.0**-21,
        bends=True,
    ),
    CurveKind.SIGMOID: _Form(function=_sigmoid, ulps=2, floor=2.0**-21),
    CurveKind.SIGN: _Form(function=np.sign),
    CurveKind.SOFTPLUS: _Form(function=_softplus, ulps=8, floor=2.0**-23),
    CurveKind.SOFTSIGN: _Form(function=lambda x: x / (1 + np.abs(x)), ulps=4),
    CurveKind.SQRT: _Form(function=np.sqrt),
    CurveKind.SQUARE: _Form(function=lambda x: x * x, turns=(0.0,), ulps=2),
    CurveKind.CUBE: _Form(function=lambda x: x * x * x, ulps=2),
    CurveKind.TANH: _Form(function=np.tanh, ulps=8),
    CurveKind.THRESHOLDED_RELU: _Form(function=lambda x, alpha: np.where(x > alpha, x, 0 * x)),
}
