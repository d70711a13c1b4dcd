"""All forms of requantisers, by the name that a plan has for them."""

from corgibuilder.plan.folding import RequantiserKind

from .cascade import CascadeForm
from .scale import ScaleForm
from .shift import ShiftForm
from .table import TableForm
from .threshold import ThresholdForm

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
