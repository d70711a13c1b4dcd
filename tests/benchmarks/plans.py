"""What the planner spends, against what nobody can do without."""

from collections.abc import Iterator

from ..published import ALL, VWW
from .figure import Figure

OVERHEAD = 0.08  #: multipliers beyond the lower bound that are allowed


def multipliers() -> Iterator[Figure]:
    """Multipliers over the sum of ``max(1, MACs * fps / clock)`` of all layers."""
    for published in ALL:
        plan = published.plan()
        bound = sum(
            max(1.0, s.macs * published.fps / published.clock_hz) for s in plan.stages if s.macs
        )
        required = ("<=", 1 + OVERHEAD) if published is VWW else None
        yield Figure(
            name=f"multipliers of {published.name} over the lower bound",
            value=plan.multipliers / bound,
            unit=f"{plan.multipliers} / {bound:.1f}",
            required=required,
        )
