"""Requantisers: one file for each form of :mod:`corgibuilder.plan.requantisers`."""

from .path import DataPath, grouped

__all__ = ["DataPath", "grouped"]
