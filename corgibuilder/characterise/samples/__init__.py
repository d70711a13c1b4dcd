"""What is synthesised to characterise a technology: components of every kind in several sizes."""

from .engines import engines
from .joins import joins
from .requantisers import requantisers
from .sample import Sample
from .streams import streams
from .window_sources import window_sources

__all__ = ["Sample", "all_samples"]


def all_samples() -> tuple[Sample, ...]:
    """Every sample, kind by kind; always the same ones."""
    groups = (engines(), window_sources(), requantisers(), streams(), joins())
    return tuple(sample for group in groups for sample in group)
