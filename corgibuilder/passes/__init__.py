"""Network to network, without a change to any output: what hardware need not compute goes."""

from .live_channels import live_channels
from .pipeline import PIPELINE, AppliedPass, applied_passes, prepared, prepared_outputs

__all__ = [
    "PIPELINE",
    "AppliedPass",
    "applied_passes",
    "live_channels",
    "prepared",
    "prepared_outputs",
]
