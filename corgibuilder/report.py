"""A plan as pictures: one page of HTML that needs nothing else."""

from corgibuilder.plan import Plan
from corgibuilder.templates import render

FARTHEST = 2  #: times a frame's cycles; a budget beyond that is told, not drawn


def plan_page(plan: Plan) -> str:
    """Headline figures, bars for what every stage needs, and all figures as a table.

    It is well-formed XML too. Names are escaped, and the same plan gives the same text.
    """
    target, stages = plan.target, plan.stages
    budget_drawn = target.budget <= FARTHEST * plan.cycles_per_frame
    return render(
        "report/page.html.j2",
        plan=plan,
        clock_mhz=target.clock_hz / 1e6,
        asked_ms=None if target.latency is None else target.latency * 1000,
        first_ms=f"{1e3 * plan.latency_first / target.clock_hz:,.3f}",
        frame_ms=f"{1e3 * plan.latency_frame / target.clock_hz:,.3f}",
        slowest=max(stage.cycles_per_frame for stage in stages),
        budget_drawn=budget_drawn,
        # what bars of full length stand for
        full_cycles=max(plan.cycles_per_frame, target.budget if budget_drawn else 0),
        full_multipliers=max(max(s.multipliers, s.multipliers_bound) for s in stages),
        full_ram=max(max(s.buffer_bits + s.queue_bits, s.buffer_bound) for s in stages),
        full_rom=max(stage.rom_bits for stage in stages),
    )
