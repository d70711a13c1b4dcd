"""What simulation and synthesis measured."""

from rich.table import Table

from corgibuilder.plan import MemoryReport
from corgibuilder.synth import Placement, StageCost, SynthReport
from corgibuilder.technology import Flow
from corgibuilder.verify import Coverage, SimulationReport

from .memories import area_title
from .tables import empty_table


def simulation_table(report: SimulationReport) -> Table:
    """What a simulation measured, against the plan."""
    timing = report.timing
    table = empty_table(f"{report.layer} in {report.simulator.value}", "", "measured", "planned")
    calm = f"{report.calm_frames} of them without stalls"
    table.add_row("frames", f"{report.frames}, {calm}" if report.stalls else str(report.frames), "")
    table.add_row("outputs compared", f"{report.outputs_compared:,}", "")
    table.add_row("mismatches", f"{report.mismatches:,}", "")
    if report.inner_compared:
        table.add_row("values of stages compared", f"{report.inner_compared:,}", "")
        table.add_row("mismatches in stages", f"{report.inner_mismatches:,}", "")
    if report.coverage:
        _add_coverage(table, report.coverage)
    pairs = {
        "cycles per frame": (timing.cycles_per_frame, timing.planned_cycles_per_frame),
        "latency to the first output word": (timing.latency_first, timing.planned_latency_first),
        "latency to the last output word": (timing.latency_frame, timing.planned_latency_frame),
    }
    for name, figures in pairs.items():
        table.add_row(name, *("-" if figure is None else f"{figure:,}" for figure in figures))
    if not timing.steady:
        table.add_row("", "not yet in steady state", "")
    table.add_row("compiled in", f"{report.compile_seconds:.1f} s", "")
    seconds = f"{report.simulation_seconds:.1f} s"
    table.add_row("simulated", f"{report.simulated_cycles:,} cycles in {seconds}", "")
    table.add_row("speed", f"{report.cycles_per_second:,.0f} cycles/s", "")
    return table


def _add_coverage(table: Table, coverage: Coverage) -> None:
    """Of what could be wrong, how much would have shown."""
    for name, (shown, of_all) in (
        ("weight bits that would show if flipped", coverage.weight_bits),
        ("constants that would show if off by one", coverage.constants),
    ):
        if of_all:
            # rounded down: 100.0 % are all
            table.add_row(name, f"{1000 * shown // of_all / 10} % of {of_all:,}", "")


def synth_table(report: SynthReport, memories: MemoryReport | None = None) -> Table:
    """Cells of every stage, with ``memories`` also the area of all its memories."""
    generic = report.flow is Flow.GENERIC
    columns = ["transistors"] if generic else ["LUTs", "carries", "DSPs", "block RAMs"]
    areas = _areas(report.total, memories)
    table = empty_table(
        f"{report.technology}, by {' and '.join(map(str, report.tools))}",
        *("stage", "cells", "flip-flops", *columns, "memory bits", *areas, "seconds"),
    )
    for stage in (*report.stages, report.total):
        if stage.layer == "total":
            table.add_section()
        mapped = stage.luts, stage.carries, stage.dsps, stage.block_rams
        counts = (stage.transistors,) if generic else mapped
        numbers = stage.cells, stage.flip_flops, *counts, stage.memory_bits
        table.add_row(
            stage.layer,
            *(f"{number:,}" for number in numbers),
            *(f"{area:,.0f}" for area in _areas(stage, memories).values()),
            f"{stage.seconds:.1f}",
        )
    return table


def placement_table(placement: Placement) -> Table:
    """The clock of a placed network next to the plan's, and what it uses of the device."""
    table = empty_table(f"placed on {placement.device}, seed {placement.seed}", "", "")
    table.add_row("clock after routing", f"{placement.fmax_hz / 1e6:,.2f} MHz")
    table.add_row("planned clock", f"{placement.clock_hz / 1e6:,.2f} MHz")
    table.add_row("slack", f"{placement.slack_ns:,.2f} ns")
    table.add_row("critical path from", placement.path_from)
    table.add_row("to", placement.path_to)
    table.add_row("products in", "DSPs" if placement.hard_multipliers else "LUTs")
    for resource in placement.resources:
        table.add_row(resource.name, f"{resource.used:,} of {resource.available:,}")
    table.add_row("synthesised and placed in", f"{placement.seconds:.1f} s")
    return table


def _areas(stage: StageCost, memories: MemoryReport | None) -> dict[str, float]:
    """Areas of a stage that are known, by title."""
    areas = {} if stage.area is None else {"cell area um2": stage.area}
    if memories:
        totals = {entry.name: entry.totals for entry in memories.stages}
        found = totals[stage.layer] if stage.module else memories.totals
        areas[area_title(memories)] = found.area
    if len(areas) == 2:
        areas["sum um2"] = sum(areas.values())
    return areas
