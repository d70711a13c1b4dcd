"""How what takes long says how far it is."""

from collections.abc import Callable

Progress = Callable[[str, float], None]
"""Told what is being done, and which fraction of it is done."""


def silent(what: str, fraction: float) -> None:
    """Progress that is not shown."""
