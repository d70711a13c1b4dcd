"""A plan, stage by stage."""

import json
from typing import Any

from rich.table import Table

from corgibuilder.plan import Plan

from .tables import empty_table


def plan_data(plan: Plan) -> dict[str, Any]:
    """A plan as plain data, with its totals."""
    totals = {
        "frames_per_second": plan.frames_per_second,
        "multipliers": plan.multipliers,
        "multipliers_bound": plan.multipliers_bound,
        "buffer_bits": plan.buffer_bits,
        "buffer_bound": plan.buffer_bound,
        "queue_bits": plan.queue_bits,
        "weight_rom_bits": plan.weight_rom_bits,
        "requantiser_rom_bits": plan.requantiser_rom_bits,
        "rom_bits": plan.rom_bits,
        "area": plan.area,
        "fmax_mhz": plan.slowest.fmax_mhz,
    }
    data: dict[str, Any] = json.loads(plan.to_json())
    return data | {"totals": totals}


def plan_table(plan: Plan) -> Table:
    """Words of every input, and folding and cost of every stage.

    After each slash stands what no design can go below. Areas are in the unit of the technology,
    clocks are estimates.
    """
    target = plan.target
    size = "" if target.image is None else f" at {target.image[0]}x{target.image[1]}"
    if target.headroom is not None:
        size += f" with {target.headroom} pixels a cycle"
    if target.latency is not None:
        kept = plan.latency_first <= target.latency * target.clock_hz
        size += f" {'within' if kept else 'NOT within'} {float(target.latency) * 1e3:g} ms"
    title = (
        f"{plan.network}{size}: {plan.frames_per_second:,.1f} of {float(target.fps):g} frames/s at"
        f" {target.clock_hz / 1e6:g} MHz, {plan.cycles_per_frame:,} cycles per frame, latency"
        f" {plan.latency_first:,} to {plan.latency_frame:,} cycles"
        f", estimated up to {plan.slowest.fmax_mhz:,.1f} MHz"
        f" ({plan.slowest.critical_path} in {plan.slowest.name})"
    )
    rules = "layer", "window source", "requantiser"
    numbers = "cycles", "in x out", "multipliers", "buffer bits", "queue bits", "ROM bits"
    table = empty_table(title, "stage", *rules, *numbers, "area", "MHz", left=4)
    for entry in plan.inputs:
        shape = f"{entry.channels}x{entry.height}x{entry.width}"
        held = f"input {shape}, {entry.lanes} lane{'s' if entry.lanes > 1 else ''}"
        table.add_row(entry.producer, held, "", "", f"{entry.words:,}")
    table.add_section()
    for stage in plan.stages:
        folding = stage.folding
        table.add_row(
            stage.name,
            stage.layer,
            folding.source.value + (f", {folding.pixels} px" if folding.pixels > 1 else ""),
            stage.requantiser,
            f"{stage.cycles_per_frame:,}",
            f"{folding.inputs} x {folding.outputs}",
            f"{stage.multipliers:,} / {stage.multipliers_bound:,.1f}",
            f"{stage.buffer_bits:,} / {stage.buffer_bound:,}",
            f"{stage.queue_bits:,}",
            f"{stage.rom_bits:,}",
            f"{stage.area:,}",
            f"{stage.fmax_mhz:,.1f}",
        )
    table.add_section()
    table.add_row(
        *("total", "", "", "", f"{plan.cycles_per_frame:,}", ""),
        f"{plan.multipliers:,} / {plan.multipliers_bound:,.1f}",
        f"{plan.buffer_bits:,} / {plan.buffer_bound:,}",
        f"{plan.queue_bits:,}",
        f"{plan.rom_bits:,}",
        f"{plan.area:,}",
        f"{plan.slowest.fmax_mhz:,.1f}",
    )
    return table
