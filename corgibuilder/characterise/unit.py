"""What areas are counted in."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from corgibuilder.synth import StageCost
from corgibuilder.technology import Flow, Technology


@dataclass(frozen=True, slots=True)
class AreaUnit:
    """A unit, and how many of it synthesised cells are."""

    name: str
    of: Callable[[StageCost], float]


#: A NAND of two inputs has four transistors.
GATES = AreaUnit("NAND2", lambda cost: cost.transistors / 4)
CELL_AREA = AreaUnit("um2", lambda cost: cost.area or 0.0)
#: A flip-flop lies beside a look-up table, and counts as much, as nobody knows which share a place.
LUTS = AreaUnit("LUTs and FFs", lambda cost: cost.luts + cost.flip_flops)
#: The same where a carry cell takes the place of two look-up tables.
LUTS_AND_CARRIES = AreaUnit(LUTS.name, lambda cost: cost.luts + 2 * cost.carries + cost.flip_flops)


def unit_of(technology: Technology, liberty: Path | None) -> AreaUnit:
    """That of the flow; with a file of standard cells, that of their areas."""
    if liberty:
        return CELL_AREA
    return {Flow.GENERIC: GATES, Flow.ECP5: LUTS_AND_CARRIES}.get(technology.flow, LUTS)
