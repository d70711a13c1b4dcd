"""What synthesis found."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corgibuilder.folders import cut_off
from corgibuilder.technology import CellNames, Flow, count

from .placement import Placement


@dataclass(frozen=True, slots=True, kw_only=True)
class StageCost:
    """Cells of one stage after synthesis. A block RAM or macro is one cell, whatever its size.

    ``memory_bits`` are those of all memories and ROMs as they were written, wherever they went.
    ``transistors`` are those of the gates and flip-flops of the generic flow, 0 for others;
    ``area`` is that of cells from a Liberty file in its own unit, where there is one. Neither
    counts memories.
    """

    layer: str
    module: str
    cells: int
    luts: int
    carries: int
    flip_flops: int
    dsps: int
    block_rams: int
    memory_bits: int
    transistors: int
    area: float | None
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A program that was run."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SynthReport:
    """Cells of every stage, each synthesised by itself.

    ``netlist`` and ``placement`` are those of the whole network, where they were asked for.
    """

    technology: str
    flow: Flow
    tools: tuple[Tool, ...]
    stages: tuple[StageCost, ...]
    netlist: Path | None
    placement: Placement | None

    @property
    def total(self) -> StageCost:
        """Sum over the stages."""
        areas = [stage.area for stage in self.stages]
        return StageCost(
            layer="total",
            module="",
            cells=sum(stage.cells for stage in self.stages),
            luts=sum(stage.luts for stage in self.stages),
            carries=sum(stage.carries for stage in self.stages),
            flip_flops=sum(stage.flip_flops for stage in self.stages),
            dsps=sum(stage.dsps for stage in self.stages),
            block_rams=sum(stage.block_rams for stage in self.stages),
            memory_bits=sum(stage.memory_bits for stage in self.stages),
            transistors=sum(stage.transistors for stage in self.stages),
            area=None if None in areas else sum(area for area in areas if area),
            seconds=sum(stage.seconds for stage in self.stages),
        )


def read_json(file: Path) -> Any:
    """What Yosys wrote into a file; of one that was cut off, that the disk is full."""
    try:
        return json.loads(file.read_text())
    except ValueError:
        raise cut_off() from None


def read_cost(
    directory: Path, layer: str, module: str, names: CellNames, seconds: float
) -> StageCost:
    """Cost of a stage from the JSON files that its script left in ``directory``."""

    def read(kind: str) -> Any:
        return read_json(directory / f"{module}.{kind}.json")

    memories = read("memories")["design"]["num_memory_bits"]
    design = read("cells")["design"]
    mapped = (directory / f"{module}.area.json").is_file()
    return StageCost(
        layer=layer,
        module=module,
        cells=design["num_cells"],
        **counts(design, names),
        memory_bits=memories + _macro_bits(read("macros")),
        transistors=int(design.get("estimated_num_transistors", "0").rstrip("+")),
        area=read("area")["design"]["area"] if mapped else None,
        seconds=seconds,
    )


def counts(design: Mapping[str, Any], names: CellNames) -> dict[str, int]:
    """Number of cells of each kind in what ``stat -json`` says of a design."""
    cells = design.get("num_cells_by_type", {})
    return {
        "luts": count(cells, names.luts),
        "carries": count(cells, names.carries),
        "flip_flops": count(cells, names.flip_flops),
        "dsps": count(cells, names.dsps),
        "block_rams": count(cells, names.block_rams),
    }


def yosys_version(directory: Path, module: str) -> str:
    """The version that wrote the JSON files of a stage."""
    creator = read_json(directory / f"{module}.memories.json")["creator"]
    found = re.match(r"Yosys (\S+)", creator)
    return found[1] if found else str(creator)


def _macro_bits(netlist: Any) -> int:
    """Bits of the memories that are instances of a module, in JSON as Yosys writes it."""
    cells = [cell for module in netlist["modules"].values() for cell in module["cells"].values()]
    sizes = [cell["parameters"] for cell in cells]
    return sum(int(size["DEPTH"], 2) * int(size["WIDTH"], 2) for size in sizes)
