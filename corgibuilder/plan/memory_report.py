"""All memories of a pipeline in a technology: how they are held, and what that takes."""

from collections.abc import Sequence
from dataclasses import dataclass

from corgibuilder.technology import Technology

from .macros import Cut, cut
from .pipeline import Pipeline
from .plan import memories


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryTotals:
    """Sums over some memories, RAMs counted by ports; areas in um2.

    ``bits_in_macros`` are those of the memories, ``bits_wasted`` what their macros hold beyond.
    ``rom_area`` is ``None`` where the technology says nothing about ROMs.
    """

    rams_of_one_port: int
    rams_of_two_ports: int
    macros_of_one_port: int
    macros_of_two_ports: int
    bits_in_macros: int
    bits_wasted: int
    bits_in_registers: int
    bits_in_roms: int
    macro_area: float
    register_area: float
    rom_area: float | None

    @property
    def macros(self) -> int:
        return self.macros_of_one_port + self.macros_of_two_ports

    @property
    def area(self) -> float:
        """Of everything whose area is known."""
        return self.macro_area + self.register_area + (self.rom_area or 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class StageMemories:
    """The memories of one stage."""

    name: str
    cuts: tuple[Cut, ...]
    totals: MemoryTotals


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryReport:
    """The memories of every stage, and their sums."""

    technology: str
    stages: tuple[StageMemories, ...]
    totals: MemoryTotals


def memory_report(pipeline: Pipeline, technology: Technology) -> MemoryReport:
    """Cut every memory of the pipeline into the technology's macros, of which there are some."""
    stages = tuple(
        _stage(stage.layer.name, tuple(cut(m, technology) for m in memories(stage)), technology)
        for stage in pipeline.stages
    )
    every = [found for stage in stages for found in stage.cuts]
    return MemoryReport(technology=technology.name, stages=stages, totals=totals(every, technology))


def _stage(name: str, cuts: tuple[Cut, ...], technology: Technology) -> StageMemories:
    return StageMemories(name=name, cuts=cuts, totals=totals(cuts, technology))


def totals(cuts: Sequence[Cut], technology: Technology) -> MemoryTotals:
    """Sums over ``cuts``."""
    ports = {macro.name: macro.ports for macro in technology.macros}
    roms = [c for c in cuts if c.memory.constant]
    rams = [c for c in cuts if not c.memory.constant]
    in_macros = [c for c in rams if c.macros]
    in_registers = [c for c in rams if not c.macros]

    def macros_of(count: int) -> int:
        return sum(n for c in in_macros for name, n in c.macros.items() if ports[name] == count)

    return MemoryTotals(
        rams_of_one_port=sum(c.memory.ports == 1 for c in rams),
        rams_of_two_ports=sum(c.memory.ports == 2 for c in rams),
        macros_of_one_port=macros_of(1),
        macros_of_two_ports=macros_of(2),
        bits_in_macros=sum(c.memory.bits for c in in_macros),
        bits_wasted=sum(c.bits_wasted for c in in_macros),
        bits_in_registers=sum(c.bits_in_registers for c in in_registers),
        bits_in_roms=sum(c.memory.bits for c in roms),
        macro_area=sum(c.area or 0.0 for c in in_macros),
        register_area=sum(c.area or 0.0 for c in in_registers),
        rom_area=None if technology.rom_bit_area is None else sum(c.area or 0.0 for c in roms),
    )
