"""Registers of a multiplier array, between its operands and the sum of their products."""

from collections.abc import Iterator
from dataclasses import dataclass

from corgibuilder.ir import QInt
from corgibuilder.plan.delays import DelayModel, Path
from corgibuilder.plan.resources import Resources
from corgibuilder.plan.signed_digits import most_digits


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrayPipeline:
    """Where a multiplier array has registers, beyond those that every one has.

    Parameters
    ----------
    inputs
        Products of a sum.
    weight_register
        Whether weights from a memory, and the operands with them, pass a register before they meet.
    adder_levels
        Adders behind one another at most between two registers of the tree that adds the products,
        with a register behind the products; 0 for products and tree in one cycle. A sum of one
        product has no tree, and no register more.
    """

    inputs: int
    weight_register: bool = False
    adder_levels: int = 0

    @property
    def levels(self) -> int:
        """Of the adder tree."""
        return (self.inputs - 1).bit_length()

    @property
    def registers(self) -> range:
        """Levels of the tree with a register in front of them; 0 is right behind the products."""
        return range(0, self.levels, self.adder_levels) if self.adder_levels else range(0)

    @property
    def latency(self) -> int:
        """Cycles from the last word of a sum to the sum.

        One each for operands, products and their sum, and the accumulator; one more for each
        register here.
        """
        return 3 + self.weight_register + len(self.registers)

    def resources(self, x: QInt, held: QInt, outputs: int, groups: int) -> Resources:
        """The registers, for values ``x`` and weights ``held``."""
        bits = 0
        if self.weight_register:
            bits += self.inputs * (outputs * held.width + groups * x.width)
        for level in self.registers:
            sums = -(-self.inputs >> level)
            bits += outputs * sums * (x.width + held.width + level)
        return Resources(registers=bits)

    def paths(
        self, delays: DelayModel, x: QInt, held: QInt, acc: QInt, rows: int
    ) -> Iterator[Path]:
        """Those of an array with sums ``acc``, and so many rows of weights; 1 for wired weights."""
        width = acc.width
        product = (
            delays.product(x.width, held.width)
            if rows > 1
            else delays.constant_product(most_digits(held), width)
        )
        begin, where = delays.register, "products"
        if rows > 1:
            begin, where = delays.memory(rows), "weights and products"
        if self.weight_register:
            yield Path("weights", begin)
            begin, where = delays.register, "products"
        if self.registers:
            yield Path(where, begin + product)
            tree = delays.tree(min(1 << min(self.adder_levels, self.levels), self.inputs), width)
            yield Path("sum of products", delays.register + tree)
        else:
            yield Path(f"{where} and their sum", begin + product + delays.tree(self.inputs, width))
        yield Path("accumulator", delays.register + delays.levels(1) + delays.adders(1, width))
