"""How fast the stages of a pipeline are, each by itself."""

from corgibuilder.plan.pipeline import Pipeline

from .chains import stage_machine
from .simulate import timing


def stage_intervals(pipeline: Pipeline) -> dict[str, int]:
    """Cycles per frame of each stage if its words come as fast as it takes them, by name."""
    return {
        stage.layer.name: timing(stage_machine(stage, resizable=pipeline.resizable)).interval
        for stage in pipeline.stages
    }


def least_interval(pipeline: Pipeline) -> int:
    """Cycles per frame of the slowest stage by itself, or of an input."""
    return max(pipeline.input_cycles, *stage_intervals(pipeline).values())
