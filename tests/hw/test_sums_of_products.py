"""The multiplier array by itself: stops at any time, and sums that start with a number."""

import random

import pytest
from amaranth.hdl import Module, Signal, signed
from amaranth.sim import Simulator

from corgibuilder.hw.sums_of_products import MARKS, balanced_sum, sums_of_products
from corgibuilder.ir import QInt

ACC = QInt(-(1 << 15), (1 << 15) - 1)


@pytest.mark.parametrize("chance", [1, 0.5])
@pytest.mark.parametrize(
    ("starts", "registers"), [(False, ()), (True, ()), (False, (0,)), (False, (0, 1))]
)
def test_sums_of_several_steps(chance, starts, registers):
    m, rng = Module(), random.Random(3)
    x, w = ([Signal(signed(5), name=f"{n}{k}") for k in range(3)] for n in "xw")
    start, marks = Signal(signed(10)), Signal(MARKS)
    valid, advance = Signal(), Signal()
    outputs = [(0, 1, 2), (1,), ()]  # operands that each output has
    sums = sums_of_products(
        m,
        [[(x[k], w[k]) for k in those] for those in outputs],
        advance=advance,
        valid=valid,
        marks=marks,
        products=ACC,
        totals=ACC,
        start=start if starts else None,
        registers=registers,
    )
    want, got = [], []

    def number(bits):
        return rng.randrange(-(1 << bits - 1), 1 << bits - 1)

    async def offer(ctx, is_valid):
        """A step, or none, on the next cycle in which the array advances."""
        ctx.set(valid, is_valid)
        ctx.set(advance, 0)
        while rng.random() >= chance:
            await ctx.tick()
        ctx.set(advance, 1)
        complete = ctx.get(sums.complete)
        await ctx.tick()
        if complete:
            got.append([ctx.get(total) for total in sums.totals])

    async def run(ctx):
        for count in (1, 4, 1, 1, 3, 2):
            begin, values = number(10), [0] * len(outputs)
            for step in range(count):
                while rng.random() >= chance:
                    await offer(ctx, 0)
                ctx.set(start, begin if step == 0 else number(10))
                ctx.set(marks, {"first": step == 0, "last": step == count - 1})
                xs, ws = ([number(5) for _ in range(3)] for _ in "xw")
                for signal, value in zip(x + w, xs + ws, strict=True):
                    ctx.set(signal, value)
                values = [
                    v + sum(xs[k] * ws[k] for k in those)
                    for v, those in zip(values, outputs, strict=True)
                ]
                await offer(ctx, 1)
            want.append([v + begin * starts for v in values])
        for _ in range(2 + len(registers)):
            await offer(ctx, 0)

    sim = Simulator(m)
    sim.add_clock(1e-9)
    sim.add_testbench(run)
    sim.run()
    assert got == want


@pytest.mark.parametrize("count", range(9))
def test_balanced_sum(count):
    terms = [3**k for k in range(count)]
    assert balanced_sum(terms) == sum(terms)
