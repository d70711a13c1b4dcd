"""Cuts memories into the macros of a technology.

Nothing is counted for the logic that joins macros.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from corgibuilder.technology import Macro, Technology

from .components import Memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """How a memory is held: in macros, in registers, or in a ROM.

    ``macros`` are names and numbers. ``area`` is in um2, or ``None`` for a ROM in a technology that
    says nothing about ROMs.
    """

    memory: Memory
    macros: Mapping[str, int]
    bits_in_registers: int
    bits_wasted: int
    area: float | None


def cut(memory: Memory, technology: Technology) -> Cut:
    """The smallest way to hold a memory; registers where no macros are smaller.

    The technology is one that has macros.
    """
    if memory.constant:
        bit = technology.rom_bit_area
        area = None if bit is None else bit * memory.bits
        return Cut(memory=memory, macros={}, bits_in_registers=0, bits_wasted=0, area=area)
    assert technology.register_bit_area is not None
    tiling = tile(technology.macros, memory.depth, memory.width, memory.ports)
    registers = technology.register_bit_area * memory.bits
    if tiling is None or registers <= tiling.area:
        return Cut(
            memory=memory,
            macros={},
            bits_in_registers=memory.bits,
            bits_wasted=0,
            area=registers,
        )
    numbers = Counter(tiling.macros)
    return Cut(
        memory=memory,
        macros={macro.name: number for macro, number in numbers.items()},
        bits_in_registers=0,
        bits_wasted=sum(m.words * m.bits for m in tiling.macros) - memory.bits,
        area=tiling.area,
    )


@dataclass(frozen=True, slots=True)
class Tiling:
    """Macros that lie side by side, and the sum of their areas."""

    macros: tuple[Macro, ...]
    area: float

    @property
    def cost(self) -> tuple[float, int]:
        """Of equal areas the fewest macros."""
        return self.area, len(self.macros)


@cache
def tile(macros: tuple[Macro, ...], depth: int, width: int, ports: int) -> Tiling | None:
    """The smallest tiling of ``depth`` words of ``width`` bits with macros of enough ports.

    Of all that are cut in one direction first, and each strip in the other: columns of any bits,
    each a pile of macros with at least as many, or rows of any words, each a line of such macros.
    ``None`` where no macro has the ports.
    """
    fit = [macro for macro in macros if macro.ports >= ports]
    if not fit:
        return None
    columns = _strips(fit, lambda m: m.bits, lambda m: m.words, depth)
    rows = _strips(fit, lambda m: m.words, lambda m: m.bits, width)
    return min(_cover(width, columns), _cover(depth, rows), key=lambda tiling: tiling.cost)


Side = Callable[[Macro], int]


def _strips(
    macros: Iterable[Macro], across: Side, along: Side, length: int
) -> list[tuple[int, Tiling]]:
    """For each size across, the smallest strip so wide that is ``length`` long."""
    return [
        (
            size,
            _cover(length, [(along(m), Tiling((m,), m.area)) for m in macros if across(m) >= size]),
        )
        for size in sorted({across(m) for m in macros})
    ]


def _cover(length: int, parts: Iterable[tuple[int, Tiling]]) -> Tiling:
    """The smallest collection of parts whose lengths add up to ``length`` or more.

    Every part may be taken again and again. ``costs[n]`` is the least for ``n`` units.
    """
    parts = _worth_a_look(parts)
    unit = math.gcd(*(size for size, _ in parts))
    sizes = [size // unit for size, _ in parts]
    costs, last = [(0.0, 0)], [0]
    for n in range(1, -(-length // unit) + 1):
        choices = [
            (costs[max(n - size, 0)][0] + part.cost[0], costs[max(n - size, 0)][1] + part.cost[1])
            for size, (_, part) in zip(sizes, parts, strict=True)
        ]
        costs.append(min(choices))
        last.append(choices.index(costs[-1]))
    taken: list[Macro] = []
    n = len(costs) - 1
    while n > 0:
        taken += parts[last[n]][1].macros
        n -= sizes[last[n]]
    return Tiling(tuple(taken), sum(macro.area for macro in taken))


def _worth_a_look(parts: Iterable[tuple[int, Tiling]]) -> list[tuple[int, Tiling]]:
    """The parts for which no other one is at least as long and costs no more."""
    kept: list[tuple[int, Tiling]] = []
    for size, part in sorted(parts, key=lambda pair: (-pair[0], pair[1].cost)):
        if not kept or part.cost < kept[-1][1].cost:
            kept.append((size, part))
    return kept
