"""The token simulation: interval and latencies of a planned pipeline, cycle by cycle."""

from .chains import machine, stage_machine
from .simulate import (
    DeadlockError,
    Fill,
    PipelineTiming,
    keeps,
    latencies,
    pipeline_fills,
    pipeline_latencies,
    pipeline_timing,
    timing,
)

__all__ = [
    "DeadlockError",
    "Fill",
    "PipelineTiming",
    "keeps",
    "latencies",
    "machine",
    "pipeline_fills",
    "pipeline_latencies",
    "pipeline_timing",
    "stage_machine",
    "timing",
]
