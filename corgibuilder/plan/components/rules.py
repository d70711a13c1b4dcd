"""The rules of the cycle simulation, and one component as the simulation knows it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum


class Rule(IntEnum):
    """How a component moves words; :mod:`corgibuilder.plan.simulation.machine_code` has each one.

    Those up to ``QUEUE`` only store words, those from ``CIRCULAR`` on hold a map.
    """

    BUFFER = 0
    QUEUE = 1
    GEARBOX = 2
    COLLECT = 3
    REPEAT = 4
    RIGID = 5
    SERIALISER = 6
    TILES = 7
    WINDOW_SHIFT_REGISTER = 8
    CONCAT = 9
    ROW_REPEATER = 10
    BORDER = 11
    CIRCULAR = 12
    SHUFFLED = 13
    ROW_BANKS = 14


@dataclass(frozen=True)
class Part:
    """One component: its rule, parameters, and what of its state is not 0 at the beginning."""

    rule: Rule
    parameters: Mapping[str, int] = field(default_factory=dict)
    begins: Mapping[str, int] = field(default_factory=dict)


def part(rule: Rule, **parameters: int) -> Part:
    return Part(rule, parameters)
