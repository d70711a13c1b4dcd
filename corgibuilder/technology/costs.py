"""What a bit of everything takes in a technology."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from corgibuilder.diagnostics import Origin

from .fields import check_keys, cost, word


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Area of one bit of each, in ``unit``.

    Parameters
    ----------
    unit
        What areas are counted in, for people.
    products, adders, choices, masks, constants, registers
        Logic and registers, as :class:`~corgibuilder.plan.resources.Resources` counts them.
    rom_bits
        Memories that are never written.
    ram_bits, ram_columns, ram_ports
        Memories: a bit of the array; a bit of the word, for what reads and writes it; and what
        that is multiplied by where a read and a write can come in the same cycle.
    """

    unit: str
    products: float
    adders: float
    choices: float
    masks: float
    constants: float
    registers: float
    rom_bits: float
    ram_bits: float
    ram_columns: float
    ram_ports: float


NUMBERS = [field.name for field in fields(Costs) if field.name != "unit"]


def read_costs(at: Origin, table: Mapping[str, Any]) -> Costs:
    check_keys(at, table, {"unit", *NUMBERS})
    return Costs(
        unit=word(at, table, "unit", r"[\w .]{1,20}", "a unit of up to 20 letters and digits"),
        **{name: cost(at, table, name) for name in NUMBERS},
    )
