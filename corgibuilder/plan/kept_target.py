"""Whether the stages of a plan, which may be edited, keep the target of that plan."""

from dataclasses import replace

from corgibuilder.diagnostics import CompileError, Origin

from .edges import PlannedEdge, edges_of
from .infeasible import asked_and_possible, asked_and_possible_latency
from .pipeline import Pipeline
from .plan import Plan
from .simulation import (
    pipeline_timing,
    short_queues,
    stage_intervals,
    stage_machine,
    timing,
)


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
    """What to make larger: words; stages too slow by themselves; or what is between them."""
    edges = [edge for edge in edges_of(pipeline) if edge.words > budget]
    narrow = {edge.producer for edge in edges}
    cycles = {stage.layer.name: stage.folded.frame_cycles for stage in pipeline.stages}
    slow = [each for each in cycles.items() if each[1] > budget and each[0] not in narrow]
    parts = [*dict.fromkeys(f"more lanes to {_stream(pipeline, edge)}" for edge in edges)]
    parts += [f"more inputs or outputs to {_slow(each)}" for each in slow]
    if not parts:
        late = [each for each in stage_intervals(pipeline).items() if each[1] > budget]
        parts = [f"{_what_helps(pipeline, each[0], budget)} to {_slow(each)}" for each in late]
    if parts:
        return f"give {'; '.join(parts)}"
    found = short_queues(pipeline)
    if found is not None and pipeline_timing(found.longer).interval <= budget:
        return found.remedy
    return "plan anew"


def _what_helps(pipeline: Pipeline, name: str, budget: int) -> str:
    """What makes a stage faster that takes longer than follows from its folds."""
    stage = pipeline.stage(name)
    more = stage.folded.with_folding(capacity=2 * stage.folded.folding.capacity)
    ports = stage.folded.with_folding(single_port=False)
    for what, folded in (("single_port = false", ports), ("a larger capacity", more)):
        made = stage_machine(replace(stage, folded=folded), resizable=pipeline.resizable)
        if not any(folded.faults()) and timing(made).interval <= budget:
            return what
    return "another source, or more inputs or outputs,"


def _slow(stage: tuple[str, int]) -> str:
    return f"{stage[0]!r}, which takes {stage[1]:,}"


def _stream(pipeline: Pipeline, edge: PlannedEdge) -> str:
    """What has too few lanes; where a stage's outputs are as many, these have to grow as well."""
    if edge.producer in pipeline.inputs:
        return f"input {edge.producer!r}"
    together = pipeline.stage(edge.producer).folded.same_lanes
    and_outputs = f", and as many outputs to {edge.producer!r}" if together else ""
    return f"the edge from {edge.producer!r} to {edge.consumer!r}{and_outputs}"
