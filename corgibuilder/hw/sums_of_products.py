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
        pairs = [a + b for a, b in zip(terms[::2], terms[1::2], strict=False)]
        terms = pairs + terms[len(pairs) * 2 :]
    return terms[0] if terms else 0


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
) -> SumsOfProducts:
    """Multiplies and sums the operands and weights of a step, and the steps of a sum.

    Two registers, for the products' sum and for the total, which take a step on each ``advance``.

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
        What each sum starts with, given with its first step; nothing for 0.
    """
    pending = Signal()
    mark = Signal(MARKS, reset_less=True)
    begin = 0
    with m.If(advance):
        m.d.sync += [pending.eq(valid), mark.as_value().eq(marks.as_value())]
    if start is not None:
        begin = Signal.like(start, name="begin", reset_less=True)
        with m.If(advance):
            m.d.sync += begin.eq(start)
    found = []
    for o, terms in enumerate(pairs):
        product = Signal(shape_of(products), name=f"products_{o}", reset_less=True)
        total = Signal(shape_of(totals), name=f"total_{o}", reset_less=True)
        with m.If(advance):
            m.d.sync += product.eq(balanced_sum([x * w for x, w in terms]))
            with m.If(pending):
                m.d.sync += total.eq(Mux(mark.first, begin, total) + product)
        found.append(total)
    complete = Signal()
    m.d.comb += complete.eq(pending & mark.last)
    return SumsOfProducts(totals=found, pending=pending, complete=complete)
