"""Starts the Yosys flows in ``flows/`` on a build directory and reads what they found."""

from .report import StageCost, SynthReport
from .synth import synth
from .targets import SynthTarget

__all__ = ["StageCost", "SynthReport", "SynthTarget", "synth"]
