"""Results as tables for people and as JSON for programs."""

import enum
import json
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.table import Table

from corgibuilder.inspection import Inspection
from corgibuilder.synth import SynthReport
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
    return {
        name: np.argsort(-value, axis=1, kind="stable")[:, :TOP].astype(np.int64)
        for name, value in outputs.items()
        if value.ndim == 2 and value.shape[1] > 1
    }


def _classes_table(name: str, classes: NDArray[np.int64], scores: NDArray[Any]) -> Table:
    places = [f"{place + 1}." for place in range(classes.shape[1])]
    table = _table(f"top classes of {name}: class (score)", "frame", *places)
    for frame, row in enumerate(classes[:SHOWN]):
        table.add_row(str(frame), *(f"{k} ({scores[frame, k]:g})" for k in row))
    return table


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


def synth_table(report: SynthReport) -> Table:
    """Cells of every stage."""
    columns = "cells", "LUTs", "flip-flops", "DSPs", "block RAMs", "memory bits", "seconds"
    table = _table(f"{report.target.value}, by {report.tool}", "stage", *columns)
    for stage in (*report.stages, report.total):
        if stage.layer == "total":
            table.add_section()
        counts = stage.cells, stage.luts, stage.flip_flops, stage.dsps, stage.block_rams
        numbers = [f"{count:,}" for count in (*counts, stage.memory_bits)]
        table.add_row(stage.layer, *numbers, f"{stage.seconds:.1f}")
    return table
