"""The token simulation: interval and latencies of a planned pipeline, cycle by cycle."""

from .alone import least_interval, stage_intervals
from .chains import Machine, machine, stage_machine
from .pipelines import pipeline_fills, pipeline_latencies, pipeline_timing
from .queues import JoinQueue, short_queues, shortest
from .simulate import (
    DeadlockError,
    Pace,
    PipelineTiming,
    fills_in_time,
    frame_ends,
    keeps_pace,
    latencies,
    never_stops,
    timing,
)

__all__ = [
    "DeadlockError",
    "JoinQueue",
    "Machine",
    "Pace",
    "PipelineTiming",
    "fills_in_time",
    "frame_ends",
    "keeps_pace",
    "latencies",
    "least_interval",
    "machine",
    "never_stops",
    "pipeline_fills",
    "pipeline_latencies",
    "pipeline_timing",
    "short_queues",
    "shortest",
    "stage_intervals",
    "stage_machine",
    "timing",
]
