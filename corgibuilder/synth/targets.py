"""What synthesis can be for, and how its cells are called there."""

import enum
import re
from dataclasses import dataclass


class SynthTarget(enum.Enum):
    GENERIC = "generic"
    XILINX = "xilinx"
    ECP5 = "ecp5"
    ICE40 = "ice40"


@dataclass(frozen=True, slots=True, kw_only=True)
class CellNames:
    """Patterns of cell types, matched from the start of the name; ``None`` where there are none."""

    luts: str | None
    flip_flops: str
    dsps: str | None
    block_rams: str | None


CELL_NAMES = {
    SynthTarget.GENERIC: CellNames(luts=None, flip_flops=r"\$_\w*DFF", dsps=None, block_rams=None),
    SynthTarget.XILINX: CellNames(
        luts=r"LUT\d", flip_flops=r"FD[RSCP]E", dsps="DSP48", block_rams="RAMB(18|36)"
    ),
    SynthTarget.ECP5: CellNames(
        luts="LUT4|CCU2C",
        flip_flops="TRELLIS_FF",
        dsps="MULT18X18D|ALU54B",
        block_rams="DP16KD|PDPW16KD",
    ),
    SynthTarget.ICE40: CellNames(
        luts="SB_LUT4", flip_flops="SB_DFF", dsps="SB_MAC16", block_rams="SB_RAM40_4K"
    ),
}


def count(cells: dict[str, int], pattern: str | None) -> int:
    """Number of cells whose type starts with ``pattern``."""
    if pattern is None:
        return 0
    return sum(number for kind, number in cells.items() if re.match(pattern, kind))
