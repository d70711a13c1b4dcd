"""What whole pipelines do; one that stops for ever is refused."""

from collections.abc import Iterator
from contextlib import contextmanager

from corgibuilder.plan.pipeline import Pipeline

from .chains import machine
from .deadlock import stopped
from .simulate import DeadlockError, PipelineTiming, fills, latencies, timing


def pipeline_timing(pipeline: Pipeline) -> PipelineTiming:
    """What a pipeline does. Raises :class:`CompileError` (CB416) if it stops for ever."""
    with _refusing(pipeline):
        return timing(machine(pipeline))


def pipeline_latencies(pipeline: Pipeline, *, interval: int) -> dict[str, tuple[int, int]]:
    """Latencies as in :class:`PipelineTiming`; a word comes in in every ``interval`` cycles."""
    with _refusing(pipeline):
        return latencies(machine(pipeline), interval=interval)


def pipeline_fills(
    pipeline: Pipeline, frame_interval: int, *, even: bool = False
) -> tuple[dict[str, tuple[int, int]], dict[tuple[str, int], int]]:
    """As :func:`~corgibuilder.plan.simulation.simulate.fills`, of a pipeline."""
    with _refusing(pipeline):
        return fills(machine(pipeline), frame_interval, even=even)


@contextmanager
def _refusing(pipeline: Pipeline) -> Iterator[None]:
    try:
        yield
    except DeadlockError:
        raise stopped(pipeline) from None
