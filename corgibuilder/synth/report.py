"""What synthesis found."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corgibuilder.folders import cut_off

from .targets import CELL_NAMES, SynthTarget, count


@dataclass(frozen=True, slots=True, kw_only=True)
class StageCost:
    """Cells of one stage after synthesis. A block RAM or macro is one cell, whatever its size.

    ``memory_bits`` are those of all memories and ROMs as they were written, wherever they went.
    ``transistors`` are those of the gates and flip-flops of the generic target, 0 for others;
    ``area`` is that of cells from a Liberty file in its own unit, where there is one. Neither
    counts memories.
    """

    layer: str
    module: str
    cells: int
    luts: int
    flip_flops: int
    dsps: int
    block_rams: int
    memory_bits: int
    transistors: int
    area: float | None
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SynthReport:
    """Cells of every stage, each synthesised by itself, and the netlist where one was asked for."""

    target: SynthTarget
    tool: str
    stages: tuple[StageCost, ...]
    netlist: Path | None

    @property
    def total(self) -> StageCost:
        """Sum over the stages."""
        areas = [stage.area for stage in self.stages]
        return StageCost(
            layer="total",
            module="",
            cells=sum(stage.cells for stage in self.stages),
            luts=sum(stage.luts for stage in self.stages),
            flip_flops=sum(stage.flip_flops for stage in self.stages),
            dsps=sum(stage.dsps for stage in self.stages),
            block_rams=sum(stage.block_rams for stage in self.stages),
            memory_bits=sum(stage.memory_bits for stage in self.stages),
            transistors=sum(stage.transistors for stage in self.stages),
            area=None if None in areas else sum(area for area in areas if area),
            seconds=sum(stage.seconds for stage in self.stages),
        )


def read_cost(
    directory: Path, layer: str, module: str, target: SynthTarget, seconds: float
) -> StageCost:
    """Cost of a stage from the JSON files that its script left in ``directory``."""

    def read(kind: str) -> Any:
        try:
            return json.loads((directory / f"{module}.{kind}.json").read_text())
        except ValueError:
            raise cut_off() from None

    memories = read("memories")["design"]["num_memory_bits"]
    design = read("cells")["design"]
    mapped = (directory / f"{module}.area.json").is_file()
    cells = design.get("num_cells_by_type", {})
    names = CELL_NAMES[target]
    return StageCost(
        layer=layer,
        module=module,
        cells=design["num_cells"],
        luts=count(cells, names.luts),
        flip_flops=count(cells, names.flip_flops),
        dsps=count(cells, names.dsps),
        block_rams=count(cells, names.block_rams),
        memory_bits=memories + _macro_bits(read("macros")),
        transistors=int(design.get("estimated_num_transistors", "0").rstrip("+")),
        area=read("area")["design"]["area"] if mapped else None,
        seconds=seconds,
    )


def _macro_bits(netlist: Any) -> int:
    """Bits of the memories that are instances of a module, in JSON as Yosys writes it."""
    cells = [cell for module in netlist["modules"].values() for cell in module["cells"].values()]
    sizes = [cell["parameters"] for cell in cells]
    return sum(int(size["DEPTH"], 2) * int(size["WIDTH"], 2) for size in sizes)
