"""What a requantiser costs, counted in bits, and weighed to one figure."""

from dataclasses import dataclass, fields

#: Two-input gates that Yosys makes of one bit of each, rounded; ROM bits are those of a memory.
GATES = {
    "rom": 0.25,
    "products": 6.0,
    "adders": 5.0,
    "choices": 0.5,
    "registers": 7.0,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Bits of ROMs, products, adders and comparators, constants chosen by logic, and registers.

    A product of ``a`` by ``b`` bits is ``a * b`` bits; by a constant ``a`` for each 1 in it.
    """

    rom: int = 0
    products: int = 0
    adders: int = 0
    choices: int = 0
    registers: int = 0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(**{
            f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)
        })

    def __mul__(self, lanes: int) -> "Cost":
        return Cost(**{f.name: getattr(self, f.name) * lanes for f in fields(self)})

    @property
    def gates(self) -> float:
        """All of it in two-input gates."""
        return sum((weight * getattr(self, name) for name, weight in GATES.items()), 0.0)
