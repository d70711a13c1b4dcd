"""Why a pipeline stops: which of the queues at its joins are too short, and what they need."""

from corgibuilder.diagnostics import CompileError, Origin
from corgibuilder.plan.pipeline import Pipeline

from .queues import short_queues

PROBLEM = "with these buffers the pipeline would stop and never go on"


def stopped(pipeline: Pipeline) -> CompileError:
    """What to say (CB416) of a pipeline that stops for ever."""
    found = short_queues(pipeline)
    if found is None:
        return CompileError(
            "CB416",
            PROBLEM,
            at=Origin(pipeline.network.name),
            help="give larger capacity values in the plan or the pins, or plan anew",
        )
    return CompileError(
        "CB416",
        f"{PROBLEM}: {found.needs}",
        at=found.short[0].stage(pipeline).layer.node.origin,
        help=found.remedy,
    )
