"""Whether the stages of a plan, which may be edited, keep the target of that plan."""

from corgibuilder.diagnostics import CompileError, Origin

from .infeasible import asked_and_possible, asked_and_possible_latency
from .pipeline import Pipeline
from .plan import Plan
from .simulation import stage_intervals


def check_target(pipeline: Pipeline, plan: Plan) -> None:
    """Raise :class:`CompileError` (CB420) where the stages of ``plan`` are below its target.

    ``plan`` has the figures of ``pipeline``.
    """
    target, entry = plan.target, pipeline.network.input_shape
    cycles, budget = plan.cycles_per_frame, target.budget_for(entry)
    if cycles > budget:
        asked, remedy = asked_and_possible(target, entry, cycles)
        raise CompileError(
            "CB420",
            f"in the plan {asked}, and its stages take {cycles:,}",
            at=Origin(plan.network, "target"),
            help=f"{remedy}; or {_faster(pipeline, budget)}",
        )
    limit = target.latency_cycles
    if limit is not None and plan.latency_first > limit:
        asked, remedy = asked_and_possible_latency(target, plan.latency_first)
        raise CompileError(
            "CB420",
            f"in the plan {asked}, and its stages take {plan.latency_first:,}",
            at=Origin(plan.network, "target"),
            help=f"{remedy}; or plan anew",
        )


def _faster(pipeline: Pipeline, budget: int) -> str:
    """What to make larger: inputs or stages too slow by themselves, or what is between them."""
    entries = [node for node in pipeline.inputs if pipeline.words_of(node) > budget]
    if entries:  # whoever reads them is as slow
        return f"give more lanes to {', '.join(f'input {node!r}' for node in entries)}"
    slow = [
        f"{name!r}, which takes {cycles:,}"
        for name, cycles in stage_intervals(pipeline).items()
        if cycles > budget
    ]
    if slow:
        return f"give more inputs or outputs to {'; '.join(slow)}"
    return "give larger capacity and fifo values, as each stage by itself is fast enough"
