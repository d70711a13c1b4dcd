"""The multiplier array proper: products, their sum, and sums over several steps."""

from collections.abc import Sequence
from dataclasses import dataclass

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data

from corgibuilder.ir import QInt

from .streams import shape_of

MARKS = data.StructLayout({"first": 1, "last": 1})  #: of a step, among those of a sum


def balanced_sum(terms: list):
    """Sum of ``terms`` as a balanced tree; 0 for none."""
    while len(terms) > 1:
        terms = _in_pairs(terms)
    return terms[0] if terms else 0


def _in_pairs(terms: list) -> list:
    """One level of the tree."""
    pairs = [a + b for a, b in zip(terms[::2], terms[1::2], strict=False)]
    return pairs + terms[len(pairs) * 2 :]


@dataclass(frozen=True, slots=True)
class Later:
    """Registers that take a value on each ``advance``."""

    m: Module
    advance: Signal

    def flag(self, value, name: str) -> Signal:
        """``value`` of one bit a step later; 0 after a reset."""
        return self._kept(value, Signal(name=name))

    def value(self, value, name: str) -> Signal:
        """``value`` a step later; anything after a reset."""
        return self._kept(value, Signal(value.shape(), name=name, reset_less=True))

    def _kept(self, value, register: Signal) -> Signal:
        with self.m.If(self.advance):
            self.m.d.sync += register.eq(value)
        return register


def _sum(later: Later, terms: list, registers: Sequence[int], name: str):
    """:func:`balanced_sum`, with registers in front of some of its levels."""
    levels = range(registers[-1] + 1) if registers else ()
    for level in levels:
        if level in registers:
            terms = [later.value(t, f"{name}_{level}_{k}") for k, t in enumerate(terms)]
        terms = _in_pairs(terms)
    return balanced_sum(terms)


@dataclass(frozen=True, slots=True, kw_only=True)
class SumsOfProducts:
    """What the array gives: a word of ``totals`` behind each sum's last step.

    ``pending`` while the products of a step wait to be added; ``complete`` if these are the last of
    a sum, so that its total is there after the next ``advance``.
    """

    totals: list[Signal]
    pending: Signal
    complete: Signal


def sums_of_products(
    m: Module,
    pairs: Sequence[Sequence[tuple]],
    *,
    advance,
    valid,
    marks,
    products: QInt,
    totals: QInt,
    start=None,
    registers: Sequence[int] = (),
) -> SumsOfProducts:
    """Multiplies and sums the operands and weights of a step, and the steps of a sum.

    Two registers, for the products' sum and for the total, and those in the adder tree; all take a
    step on each ``advance``.

    Parameters
    ----------
    pairs
        For each output the operands and weights that meet in this step.
    advance
        Everything stands still while it is low.
    valid, marks
        Whether there is a step, and its :data:`MARKS`.
    products, totals
        Ranges of the two registers.
    start
        What each sum starts with, given with its first step; nothing for 0. Not with registers in
        the adder tree.
    registers
        Levels of the adder tree with a register in front of them, in order; the first one is 0.
    """
    assert start is None or not registers
    later = Later(m, advance)
    for level in registers:
        valid = later.flag(valid, f"valid_{level}")
        marks = MARKS(later.value(marks.as_value(), f"marks_{level}"))
    pending = later.flag(valid, "pending")
    mark = MARKS(later.value(marks.as_value(), "mark"))
    begin = 0 if start is None else later.value(start, "begin")
    found = []
    for o, terms in enumerate(pairs):
        product = Signal(shape_of(products), name=f"products_{o}", reset_less=True)
        total = Signal(shape_of(totals), name=f"total_{o}", reset_less=True)
        with m.If(advance):
            m.d.sync += product.eq(_sum(later, [x * w for x, w in terms], registers, f"sum_{o}"))
            with m.If(pending):
                m.d.sync += total.eq(Mux(mark.first, begin, total) + product)
        found.append(total)
    complete = Signal()
    m.d.comb += complete.eq(pending & mark.last)
    return SumsOfProducts(totals=found, pending=pending, complete=complete)
