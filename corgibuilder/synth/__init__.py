"""Starts what is in ``flows/``, and nextpnr, on a build directory and reads what they found."""

from .placement import Placement, Resource
from .report import StageCost, SynthReport, Tool
from .synth import synth

__all__ = ["Placement", "Resource", "StageCost", "SynthReport", "Tool", "synth"]
