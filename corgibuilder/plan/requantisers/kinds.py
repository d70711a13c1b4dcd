"""What the planner knows of each kind of activation: all requantisers that are equal to it.

An :class:`~corgibuilder.ir.Activation` says *what* is computed. How hardware computes it is one of
the forms that are equal for every accumulator that can occur; equality is decided exactly, step by
step, never by sampling.
"""

from collections.abc import Callable, Iterator, Mapping
from types import NoneType
from typing import Any

from corgibuilder.ir import Activation, Clamp, Ints, QInt, Table, TensorType, Threshold

from .find_cascade import cascade_forms
from .form import Form
from .scale import ScaleForm, scale_form
from .shift import Rounding, ShiftForm, shift_form
from .steps import coded, trimmed
from .table import TableForm
from .threshold import ThresholdForm

LARGEST_TABLE = 1 << 12  #: accumulators of which a table is considered


def forms(op: Activation | None, x: TensorType, bias: Ints, out: QInt) -> Iterator[Form]:
    """Every form of ``op`` applied to ``acc + bias`` for accumulators of type ``x - bias``.

    Parameters
    ----------
    op
        The activation, or ``None`` for no change.
    x
        Type of the input of ``op``, bias included.
    bias
        int64 ``(channels,)``: added to the accumulator before ``op``, here folded into the form.
    out
        Range of the values of ``op``, whose codes the form gives.
    """
    return KINDS[type(op)](op, x, bias, out)


def _of_steps(op: Threshold, x: TensorType, bias: Ints, out: QInt) -> Iterator[Form]:
    steps, base = trimmed(coded(op, out), x)
    yield ThresholdForm(steps=steps, base=base).biased(bias)
    if steps.shape[1] > 1:  # nothing is cheaper than one comparison
        yield from _arithmetic(steps, base, x.lo, x.hi, bias)
        if x.range.hi - x.range.lo < LARGEST_TABLE:
            yield TableForm.of(Threshold(steps=steps, base=base), x, bias, QInt(base, base + 1))


def _arithmetic(steps: Ints, base: int, lo: Ints, hi: Ints, bias: Ints) -> Iterator[Form]:
    shift = shift_form(steps, base, lo, hi)
    if shift is not None:
        yield shift.biased(bias)
        return
    scale = scale_form(steps, base, lo, hi)
    if scale is not None and scale.fits(lo, hi, bias):
        yield scale.biased(bias)
    for cascade in cascade_forms(steps, base, lo, hi):
        first = cascade.parts[0]
        if not isinstance(first, ScaleForm) or first.fits(lo, hi, bias):
            yield cascade.biased(bias)


def _of_clamp(op: Clamp, x: TensorType, bias: Ints, out: QInt) -> Iterator[Form]:
    return _clipped(op.range, bias, out)


def _of_nothing(op: None, x: TensorType, bias: Ints, out: QInt) -> Iterator[Form]:
    return _clipped(x.range.plain, bias, out)


def _clipped(held: QInt, bias: Ints, out: QInt) -> Iterator[Form]:
    """Sums and their bias, which are their own codes, in a range."""
    assert out.step == 1, out
    yield ShiftForm(offset=bias, roundings=(Rounding(shift=0, out=held),))


def _of_table(op: Table, x: TensorType, bias: Ints, out: QInt) -> Iterator[Form]:
    yield TableForm.of(op, x, bias, out)


KINDS: Mapping[type, Callable[[Any, TensorType, Ints, QInt], Iterator[Form]]] = {
    Threshold: _of_steps,
    Clamp: _of_clamp,
    Table: _of_table,
    NoneType: _of_nothing,
}
