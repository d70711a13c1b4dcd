"""Requantisers: what brings accumulators to activations. One file for each form.

Every form has its ``latency`` in cycles at one word a cycle, the range ``out`` of its results,
``memories(acc, channels, lanes)`` and ``resources(acc, channels, lanes)``, ``acc`` being the range
of the values that enter.
"""

from .cascade import CascadeForm
from .choice import cheapest_form
from .clip import ClipForm
from .constants import FEW_ENTRIES, Rom
from .form import Form, kind_of_form
from .kinds import forms
from .scale import ScaleForm
from .shift import MAX_SECOND_SHIFT, Rounding, ShiftForm
from .steps import coded, trimmed
from .table import TableForm
from .threshold import ThresholdForm

__all__ = [
    "FEW_ENTRIES",
    "MAX_SECOND_SHIFT",
    "CascadeForm",
    "ClipForm",
    "Form",
    "Rom",
    "Rounding",
    "ScaleForm",
    "ShiftForm",
    "TableForm",
    "ThresholdForm",
    "cheapest_form",
    "coded",
    "forms",
    "kind_of_form",
    "trimmed",
]
