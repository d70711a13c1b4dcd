"""What synthesis found."""

import json
from dataclasses import dataclass
from pathlib import Path

from .targets import CELL_NAMES, Target, count


@dataclass(frozen=True, slots=True, kw_only=True)
class StageCost:
    """Cells of one stage after synthesis. A block RAM is one cell, whatever its size.

    ``memory_bits`` are those of all memories and ROMs as they were written, wherever they went.
    """

    layer: str
    module: str
    cells: int
    luts: int
    flip_flops: int
    dsps: int
    block_rams: int
    memory_bits: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SynthReport:
    """Cells of every stage, each synthesised by itself, and the netlist where one was asked for."""

    target: Target
    tool: str
    stages: tuple[StageCost, ...]
    netlist: Path | None

    @property
    def total(self) -> StageCost:
        """Sum over the stages."""
        return StageCost(
            layer="total",
            module="",
            cells=sum(stage.cells for stage in self.stages),
            luts=sum(stage.luts for stage in self.stages),
            flip_flops=sum(stage.flip_flops for stage in self.stages),
            dsps=sum(stage.dsps for stage in self.stages),
            block_rams=sum(stage.block_rams for stage in self.stages),
            memory_bits=sum(stage.memory_bits for stage in self.stages),
            seconds=sum(stage.seconds for stage in self.stages),
        )


def read_cost(
    directory: Path, layer: str, module: str, target: Target, seconds: float
) -> StageCost:
    """Cost of a stage from the two ``stat -json`` files that its script left in ``directory``."""
    memories = json.loads((directory / f"{module}.memories.json").read_text())["design"]
    design = json.loads((directory / f"{module}.cells.json").read_text())["design"]
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
        memory_bits=memories["num_memory_bits"],
        seconds=seconds,
    )
