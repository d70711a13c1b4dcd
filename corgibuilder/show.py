"""Results as tables for people and as JSON for programs."""

import enum
import json
from collections import Counter
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.table import Table

from corgibuilder.inspection import Inspection
from corgibuilder.plan import MemoryReport, MemoryTotals, Plan
from corgibuilder.synth import StageCost, SynthReport, Target
from corgibuilder.verify import SimulationReport

TOP = 5  # classes shown of a classifier
SHOWN = 10  # frames whose classes are shown


def to_json(value: Any) -> str:
    """JSON of plain data, dataclasses, arrays, paths and enumerations."""
    return json.dumps(value, default=_plain, indent=2)


def _plain(value: Any) -> Any:
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Fraction):
        return float(value)
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return asdict(value)


def _table(title: str, *columns: str, left: int = 1) -> Table:
    """Empty table; all but the first ``left`` columns are aligned to the right."""
    table = Table(title=title, title_justify="left")
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if number < left else "right")
    return table


def inspection_table(found: Inspection) -> Table:
    """Layers of a network with shapes, widths and costs."""
    title = f"{found.name}: {_ports(found.inputs)} -> {_ports(found.outputs)}"
    columns = "layer", "kind", "shape", "bits", "values", "MACs", "parameters"
    table = _table(title, *columns, left=2)
    for layer in found.layers:
        shape = f"{layer.channels}x{layer.height}x{layer.width}"
        values = f"{layer.lowest}..{layer.highest}"
        numbers = f"{layer.macs:,}", f"{layer.parameters:,}"
        table.add_row(layer.name, layer.kind, shape, str(layer.bits), values, *numbers)
    table.add_section()
    table.add_row("total", "", "", "", "", f"{found.macs:,}", f"{found.parameters:,}")
    return table


def _ports(ports: dict[str, tuple[int, ...]]) -> str:
    return ", ".join(f"{name} {'x'.join(map(str, shape))}" for name, shape in ports.items())


def outputs_tables(outputs: dict[str, NDArray[Any]]) -> list[Table]:
    """Shape and range of every output of a run, and the top classes of classifiers."""
    ranks = top_classes(outputs)
    return [
        _outputs_table(outputs),
        *(_classes_table(name, classes, outputs[name]) for name, classes in ranks.items()),
    ]


def _outputs_table(outputs: dict[str, NDArray[Any]]) -> Table:
    table = _table("outputs", "output", "frames", "shape", "smallest", "largest")
    for name, value in outputs.items():
        shape = "x".join(map(str, value.shape[1:])) or "1"
        extremes = f"{value.min():g}", f"{value.max():g}"
        table.add_row(name, str(len(value)), shape, *extremes)
    return table


def top_classes(outputs: dict[str, NDArray[Any]]) -> dict[str, NDArray[np.int64]]:
    """Largest classes first, ``(frames, at most 5)``, of every output with a score per class."""
    scores = {name: class_scores(value) for name, value in outputs.items()}
    return {
        name: np.argsort(-value, axis=1, kind="stable")[:, :TOP].astype(np.int64)
        for name, value in scores.items()
        if value is not None
    }


def class_scores(value: NDArray[Any]) -> NDArray[Any] | None:
    """Scores ``(frames, classes)`` if that is what an output is, maybe as maps of one pixel."""
    is_vector = value.ndim >= 2 and value.shape[1] > 1 and value[0, 0].size == 1
    return value.reshape(value.shape[:2]) if is_vector else None


def _classes_table(name: str, classes: NDArray[np.int64], scores: NDArray[Any]) -> Table:
    places = [f"{place + 1}." for place in range(classes.shape[1])]
    table = _table(f"top classes of {name}: class (score)", "frame", *places)
    for frame, row in enumerate(classes[:SHOWN]):
        table.add_row(str(frame), *(f"{k} ({scores[frame, k].item():g})" for k in row))
    return table


def plan_data(plan: Plan) -> dict[str, Any]:
    """A plan as plain data, with its totals."""
    totals = {
        "frames_per_second": plan.frames_per_second,
        "multipliers": plan.multipliers,
        "multipliers_bound": plan.multipliers_bound,
        "buffer_bits": plan.buffer_bits,
        "buffer_bound": plan.buffer_bound,
        "queue_bits": plan.queue_bits,
        "rom_bits": plan.rom_bits,
    }
    data: dict[str, Any] = json.loads(plan.to_json())
    return data | {"totals": totals}


def plan_table(plan: Plan) -> Table:
    """Folding and cost of every stage; after each slash what no design can go below."""
    target = plan.target
    size = "" if target.image is None else f" at {target.image[0]}x{target.image[1]}"
    if target.headroom is not None:
        size += f" with {target.headroom} pixels a cycle"
    if target.latency is not None:
        size += f" within {float(target.latency) * 1e3:g} ms"
    title = (
        f"{plan.network}{size}: {plan.frames_per_second:,.1f} of {float(target.fps):g} frames/s at"
        f" {target.clock_hz / 1e6:g} MHz, {plan.cycles_per_frame:,} cycles per frame, latency"
        f" {plan.latency_first:,} to {plan.latency_frame:,} cycles"
    )
    rules = "layer", "feed", "requantiser"
    numbers = "cycles", "in x out", "multipliers", "buffer bits", "queue bits", "ROM bits"
    table = _table(title, "stage", *rules, *numbers, left=4)
    for stage in plan.stages:
        folding = stage.folding
        table.add_row(
            stage.name,
            stage.layer,
            folding.feed.value + (f", {folding.pixels} px" if folding.pixels > 1 else ""),
            stage.requantiser,
            f"{stage.cycles_per_frame:,}",
            f"{folding.inputs} x {folding.outputs}",
            f"{stage.multipliers:,} / {stage.multipliers_bound:,.1f}",
            f"{stage.buffer_bits:,} / {stage.buffer_bound:,}",
            f"{stage.queue_bits:,}",
            f"{stage.rom_bits:,}",
        )
    table.add_section()
    table.add_row(
        *("total", "", "", "", f"{plan.cycles_per_frame:,}", ""),
        f"{plan.multipliers:,} / {plan.multipliers_bound:,.1f}",
        f"{plan.buffer_bits:,} / {plan.buffer_bound:,}",
        f"{plan.queue_bits:,}",
        f"{plan.rom_bits:,}",
    )
    return table


def memories_data(report: MemoryReport) -> dict[str, Any]:
    """Every memory of every stage and how it is held, with sums, as plain data."""
    stages = [
        {
            "name": stage.name,
            "memories": [
                {
                    "name": cut.memory.name,
                    "purpose": cut.memory.purpose.value,
                    "depth": cut.memory.depth,
                    "width": cut.memory.width,
                    "ports": cut.memory.ports,
                    "bits": cut.memory.bits,
                    "macros": dict(cut.macros),
                    "bits_in_registers": cut.bits_in_registers,
                    "bits_wasted": cut.bits_wasted,
                    "area": cut.area,
                }
                for cut in stage.cuts
            ],
            "totals": _totals(stage.totals),
        }
        for stage in report.stages
    ]
    totals = _totals(report.totals)
    return {"technology": report.technology, "stages": stages, "totals": totals}


def _totals(totals: MemoryTotals) -> dict[str, Any]:
    return asdict(totals) | {"macros": totals.macros, "area": totals.area}


def memories_table(report: MemoryReport) -> Table:
    """RAMs of every stage in macros and registers; ROMs in bits, with an area if it is known."""
    title = f"memories in {report.technology}"
    sizes = "RAM words x bits", "ports"
    bits = "bits in macros", "wasted", "in registers", "in ROMs"
    table = _table(title, "stage", "macros", *sizes, *bits, _area_title(report), left=2)
    for stage in report.stages:
        if not stage.cuts:
            continue
        rams = [cut for cut in stage.cuts if not cut.memory.constant]
        kinds: Counter[str] = Counter()
        for cut in rams:
            kinds.update(cut.macros)
        table.add_row(
            stage.name,
            "\n".join(f"{number} x {name}" for name, number in kinds.items()),
            "\n".join(f"{cut.memory.depth:,} x {cut.memory.width:,}" for cut in rams),
            "\n".join(str(cut.memory.ports) for cut in rams),
            *_memory_numbers(stage.totals),
        )
    totals = report.totals
    table.add_section()
    counts = f"{totals.macros:,}: {totals.macros_of_one_port:,} of 1 port"
    counts += f", {totals.macros_of_two_ports:,} of 2 ports"
    rams_of = f"{totals.rams_of_one_port:,} + {totals.rams_of_two_ports:,} RAMs"
    table.add_row("total", counts, rams_of, "1 + 2", *_memory_numbers(totals))
    return table


def _area_title(report: MemoryReport) -> str:
    """What the area of memories contains."""
    return "RAM area um2" if report.totals.rom_area is None else "memory area um2"


def _memory_numbers(totals: MemoryTotals) -> list[str]:
    bits = totals.bits_in_macros, totals.bits_wasted, totals.bits_in_registers, totals.bits_in_roms
    return [*(f"{number:,}" for number in bits), f"{totals.area:,.0f}"]


def simulation_table(report: SimulationReport) -> Table:
    """What a simulation measured, against the plan."""
    title = f"{report.layer} in {report.simulator.value}"
    table = _table(f"{title}, with stalls" if report.stalls else title, "", "measured", "planned")
    table.add_row("frames", str(report.frames), "")
    table.add_row("outputs compared", f"{report.outputs_compared:,}", "")
    table.add_row("mismatches", f"{report.mismatches:,}", "")
    pairs = {
        "cycles per frame": (report.cycles_per_frame, report.planned_cycles_per_frame),
        "latency to the first output word": (report.latency_first, report.planned_latency_first),
        "latency to the last output word": (report.latency_frame, report.planned_latency_frame),
    }
    for name, (measured, planned) in pairs.items():
        table.add_row(name, "-" if measured is None else f"{measured:,}", f"{planned:,}")
    table.add_row("compiled in", f"{report.compile_seconds:.1f} s", "")
    seconds = f"{report.simulation_seconds:.1f} s"
    table.add_row("simulated", f"{report.simulated_cycles:,} cycles in {seconds}", "")
    table.add_row("speed", f"{report.cycles_per_second:,.0f} cycles/s", "")
    return table


def synth_table(report: SynthReport, memories: MemoryReport | None = None) -> Table:
    """Cells of every stage, with ``memories`` also the area of all its memories."""
    generic = report.target is Target.GENERIC
    columns = ["transistors"] if generic else ["LUTs", "DSPs", "block RAMs"]
    areas = _areas(report.total, memories)
    table = _table(
        f"{report.target.value}, by {report.tool}",
        *("stage", "cells", "flip-flops", *columns, "memory bits", *areas, "seconds"),
    )
    for stage in (*report.stages, report.total):
        if stage.layer == "total":
            table.add_section()
        counts = [stage.transistors] if generic else [stage.luts, stage.dsps, stage.block_rams]
        numbers = [stage.cells, stage.flip_flops, *counts, stage.memory_bits]
        table.add_row(
            stage.layer,
            *(f"{number:,}" for number in numbers),
            *(f"{area:,.0f}" for area in _areas(stage, memories).values()),
            f"{stage.seconds:.1f}",
        )
    return table


def _areas(stage: StageCost, memories: MemoryReport | None) -> dict[str, float]:
    """Areas of a stage that are known, by title."""
    areas = {} if stage.area is None else {"cell area um2": stage.area}
    if memories:
        totals = {entry.name: entry.totals for entry in memories.stages}
        found = totals[stage.layer] if stage.module else memories.totals
        areas[_area_title(memories)] = found.area
    if len(areas) == 2:
        areas["sum um2"] = sum(areas.values())
    return areas
