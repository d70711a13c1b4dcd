"""``cascade``: several of the other forms, one after the other."""

from corgibuilder.plan.requantisers import CascadeForm, ClipForm, ScaleForm, ShiftForm

from .clip import build_clip
from .path import DataPath
from .scale import build_scale
from .shift import build_shift


def build_cascade(path: DataPath, form: CascadeForm):
    """Each part behind the registers of the one before."""
    for k, part in enumerate(form.parts):
        path.prefix = f"part_{k}_"
        match part:
            case ShiftForm():
                build_shift(path, part)
            case ScaleForm():
                build_scale(path, part)
            case ClipForm():
                build_clip(path, part)
