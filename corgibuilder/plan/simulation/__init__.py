"""The token simulation: interval and latencies of a planned pipeline, cycle by cycle."""

from .alone import least_interval, stage_intervals
from .chains import machine, stage_machine
from .pipelines import pipeline_fills, pipeline_latencies, pipeline_timing
from .queues import JoinQueue, short_queues, shortest
from .simulate import DeadlockError, Fill, Pace, PipelineTiming, keeps, latencies, timing

__all__ = [
    "DeadlockError",
    "Fill",
    "JoinQueue",
    "Pace",
    "PipelineTiming",
    "keeps",
    "latencies",
    "least_interval",
    "machine",
    "pipeline_fills",
    "pipeline_latencies",
    "pipeline_timing",
    "short_queues",
    "shortest",
    "stage_intervals",
    "stage_machine",
    "timing",
]
