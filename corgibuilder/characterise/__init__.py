"""Costs of a technology, fitted to what components take after synthesis.

The function is :func:`.characterise.characterise`; it is not here, as it loads the hardware.
"""

from .report import Characterisation, KindError

__all__ = ["Characterisation", "KindError"]
