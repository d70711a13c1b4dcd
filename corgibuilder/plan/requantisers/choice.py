"""All requantisers that are equal to an activation, and the cheapest of them.

A :class:`~corgibuilder.ir.Threshold` says *what* is computed. How hardware computes it is chosen
here, among forms that are equal for every accumulator that can occur; equality is decided exactly,
step by step, never by sampling.
"""

from collections.abc import Iterable, Iterator

from corgibuilder.ir import Clamp, Ints, QInt, Table, TensorType, Threshold
from corgibuilder.plan.folding import RequantiserKind

from .cascade import CascadeForm
from .find_cascade import cascade_forms
from .scale import ScaleForm, scale_form
from .shift import Rounding, ShiftForm, shift_form
from .steps import coded, trimmed
from .table import TableForm
from .threshold import ThresholdForm

LARGEST_TABLE = 1 << 12  #: accumulators of which a table is considered

Form = ShiftForm | ScaleForm | CascadeForm | ThresholdForm | TableForm


FORMS: dict[RequantiserKind, type[Form]] = {
    RequantiserKind.SHIFT: ShiftForm,
    RequantiserKind.SCALE: ScaleForm,
    RequantiserKind.CASCADE: CascadeForm,
    RequantiserKind.THRESHOLD: ThresholdForm,
    RequantiserKind.TABLE: TableForm,
}


def kind_of_form(form: Form | None) -> RequantiserKind:
    """The kind of requantiser that a form is."""
    return next((kind for kind, each in FORMS.items() if type(form) is each), RequantiserKind.NONE)


def find_form(op: Threshold | Clamp | None, x: TensorType, bias: Ints, *, lanes: int = 1) -> Form:
    """Cheapest form of ``op`` applied to ``acc + bias`` for accumulators of type ``x - bias``.

    Parameters
    ----------
    op
        Step function, clamp, or ``None`` for no change.
    x
        Type of the input of ``op``, bias included.
    bias
        int64 ``(channels,)``: added to the accumulator before ``op``, here folded into the form.
    lanes
        Channels worked on at the same time.
    """
    return cheapest_form(forms(op, x, bias), x, bias, lanes)


def cheapest_form(found: Iterable[Form], x: TensorType, bias: Ints, lanes: int) -> Form:
    """The form that takes the fewest gates; parameters as for :func:`find_form`."""
    acc = QInt(int((x.lo - bias).min()), int((x.hi - bias).max()))
    channels = x.shape.channels
    return min(found, key=lambda form: form.cost(acc, channels, lanes).gates)


def forms(op: Threshold | Clamp | None, x: TensorType, bias: Ints) -> Iterator[Form]:
    """Every form of ``op`` that was found; parameters as for :func:`find_form`."""
    if not isinstance(op, Threshold):
        out = x.range.plain if op is None else op.range
        yield ShiftForm(offset=bias, roundings=(Rounding(shift=0, out=out),))
        return
    steps, base = trimmed(op, x)
    yield ThresholdForm(steps=steps, base=base).biased(bias)
    if steps.shape[1] > 1:  # nothing is cheaper than one comparison
        yield from _arithmetic(steps, base, x.lo, x.hi, bias)
        if x.range.hi - x.range.lo < LARGEST_TABLE:
            yield TableForm.of(Threshold(steps=steps, base=base), x, bias, QInt(base, base + 1))


def code_forms(
    op: Threshold | Clamp | Table | None, x: TensorType, bias: Ints, out: QInt
) -> Iterator[Form]:
    """Every form that gives codes of ``out`` for the values of ``op``."""
    if isinstance(op, Table):
        yield TableForm.of(op, x, bias, out)
    else:
        yield from forms(coded(op, out), x, bias)


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
