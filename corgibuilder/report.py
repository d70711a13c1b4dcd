"""A plan as pictures: one page of HTML that needs nothing else."""

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from corgibuilder import resources
from corgibuilder.names import html
from corgibuilder.plan import Plan

FARTHEST = 2  #: times a frame's cycles; a budget beyond that is told, not drawn


def plan_page(plan: Plan) -> str:
    """Headline figures, bars for what every stage needs, and all figures as a table.

    It is well-formed XML too. Names are escaped, and the same plan gives the same text.
    """
    environment = Environment(
        loader=FileSystemLoader(resources.templates()),
        undefined=StrictUndefined,
        autoescape=True,
        finalize=html,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"number": _number, "general": _general, "percent": _percent}
    target, stages = plan.target, plan.stages
    budget_drawn = target.budget <= FARTHEST * plan.cycles_per_frame
    return environment.get_template("report/page.html.j2").render(
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


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"


def _general(value: float) -> str:
    return f"{float(value):,.9g}"


def _percent(value: float, full: float) -> str:
    return f"{100 * value / full if full else 0:.2f}%"
