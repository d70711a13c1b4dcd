"""The memories of a design in a technology."""

from collections import Counter
from dataclasses import asdict
from typing import Any

from rich.table import Table

from corgibuilder.plan import MemoryReport, MemoryTotals

from .tables import empty_table


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
    table = empty_table(title, "stage", "macros", *sizes, *bits, area_title(report), left=2)
    for stage in report.stages:
        if not stage.cuts:
            continue
        rams = [cut for cut in stage.cuts if not cut.memory.constant]
        kinds: Counter[str] = Counter()
        for cut in rams:
            kinds.update(cut.macros)
        table.add_row(
            stage.name,
            [f"{number} x {name}" for name, number in kinds.items()],
            [f"{cut.memory.depth:,} x {cut.memory.width:,}" for cut in rams],
            [str(cut.memory.ports) for cut in rams],
            *_memory_numbers(stage.totals),
        )
    totals = report.totals
    table.add_section()
    counts = f"{totals.macros:,}: {totals.macros_of_one_port:,} of 1 port"
    counts += f", {totals.macros_of_two_ports:,} of 2 ports"
    rams_of = f"{totals.rams_of_one_port:,} + {totals.rams_of_two_ports:,} RAMs"
    table.add_row("total", counts, rams_of, "1 + 2", *_memory_numbers(totals))
    return table


def area_title(report: MemoryReport) -> str:
    """What the area of memories contains."""
    return "RAM area um2" if report.totals.rom_area is None else "memory area um2"


def _memory_numbers(totals: MemoryTotals) -> list[str]:
    bits = totals.bits_in_macros, totals.bits_wasted, totals.bits_in_registers, totals.bits_in_roms
    return [*(f"{number:,}" for number in bits), f"{totals.area:,.0f}"]
