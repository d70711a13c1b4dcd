"""From a network and a target to decisions about hardware."""

from .kept_target import check_target
from .memory_report import MemoryReport, MemoryTotals, memory_report
from .pins import NOTHING_PINNED, Pins, read_pins
from .plan import Plan, StagePlan, describe, make_plan, pipeline_of
from .target import Target

__all__ = [
    "NOTHING_PINNED",
    "MemoryReport",
    "MemoryTotals",
    "Pins",
    "Plan",
    "StagePlan",
    "Target",
    "check_target",
    "describe",
    "make_plan",
    "memory_report",
    "pipeline_of",
    "read_pins",
]
