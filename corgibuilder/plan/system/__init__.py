"""What is decided of the chip around a network."""

from .system_plan import SystemPlan, plan_system

__all__ = ["SystemPlan", "plan_system"]
