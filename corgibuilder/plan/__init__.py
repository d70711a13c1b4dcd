"""From a network and a target to decisions about hardware."""

from .plan import Plan, StagePlan, describe, make_plan, pipeline_of
from .target import Target

__all__ = ["Plan", "StagePlan", "Target", "describe", "make_plan", "pipeline_of"]
