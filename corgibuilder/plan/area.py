"""Area of what is planned, in a technology."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from corgibuilder.technology import GENERIC, Costs, read_technology

from .resources import NAMES, Resources

if TYPE_CHECKING:
    from .components import ComponentConfig, Memory


@dataclass(frozen=True, slots=True)
class AreaModel:
    """Areas, in the unit of ``costs``."""

    costs: Costs

    def of(self, components: Iterable[ComponentConfig], *, resizable: bool) -> float:
        """Of components, with their memories."""
        return sum(
            self.logic(each.resources(resizable)) + sum(map(self.memory, each.memories()))
            for each in components
        )

    def logic(self, resources: Resources) -> float:
        """Of logic and registers."""
        bits: dict[str, float] = {name: getattr(resources, name) for name in NAMES}
        cost: dict[str, float] = {name: getattr(self.costs, name) for name in NAMES}
        return sum(cost[name] * bits[name] for name in NAMES)

    def rom(self, bits: int) -> float:
        return self.costs.rom_bits * bits

    def memory(self, memory: Memory) -> float:
        """Of one memory: of flip-flops where these take less."""
        if memory.constant:
            return self.rom(memory.bits)
        ports = self.costs.ram_ports if memory.ports == 2 else 1.0
        array = self.costs.ram_bits * memory.bits + self.costs.ram_columns * memory.width
        return min(ports * array, self.costs.registers * memory.bits)


@cache
def generic_areas() -> AreaModel:
    """Areas in two-input NAND gates."""
    costs = read_technology(GENERIC).costs
    assert costs is not None
    return AreaModel(costs)
