from fractions import Fraction

import numpy as np
import pytest
from amaranth.hdl import Module, Signal
from amaranth.sim import Simulator

from corgibuilder.hw.system.tap import Reduction, tap_of
from corgibuilder.ir import Pool, PoolKind, QInt, Shape, Window
from corgibuilder.plan import Target
from corgibuilder.plan.choice import choose

from ..test_stage import LOPSIDED, SAME, STRIDED, conv, network, steps

VALID = Window(kernel=(3, 2), stride=(1, 3))
CHAINS = {
    "none": [],
    "same": [SAME, SAME],
    "strided": [STRIDED, SAME, STRIDED, STRIDED],
    "lopsided": [LOPSIDED, VALID, STRIDED],
    "valid": [VALID, SAME, VALID],
}


def evaluate(reduction, sizes):
    """What the hardware computes of each size."""
    m, n, out = Module(), Signal(16), Signal(17)
    m.d.comb += out.eq(reduction.of(n))
    found = []

    async def run(ctx):
        for size in sizes:
            ctx.set(n, size)
            found.append(ctx.get(out))

    sim = Simulator(m)
    sim.add_testbench(run)
    sim.run()
    return found


@pytest.mark.parametrize("chain", CHAINS.values(), ids=CHAINS)
def test_a_chain_of_windows_is_one_reduction(chain):
    sizes = [*range(20, 70), 1280, 65535]
    columns, rows, want = Reduction(), Reduction(), [(n, n) for n in sizes]
    for w in chain:
        columns = columns.then(w.pads.left + w.pads.right - w.kernel[1], w.stride[1])
        rows = rows.then(w.pads.top + w.pads.bottom - w.kernel[0], w.stride[0])
        want = [w.output_size(*size) for size in want]
    assert evaluate(rows, sizes) == [r for r, _ in want]
    assert evaluate(columns, sizes) == [c for _, c in want]


def test_taps_of_a_network():
    rng = np.random.default_rng(2)
    net = network(
        Shape(2, 12, 14),
        QInt(-4, 3),
        conv(rng, 2, 5, STRIDED),
        steps(rng, 5),
        Pool(kind=PoolKind.MAX, window=Window(kernel=(2, 3), stride=(2, 3))),
        conv(rng, 5, 7, LOPSIDED),
        steps(rng, 7),
    )
    pipeline = choose(net, Target(fps=Fraction(1), clock_hz=900))
    for stage in pipeline.stages:
        tap = tap_of(pipeline, stage.layer.result)
        shape = stage.layer.out.shape
        assert evaluate(tap.columns, [14]) == [shape.width]
        assert evaluate(tap.rows, [12]) == [shape.height]
        assert tap.words == -(-shape.channels // stage.folded.folding.lanes)
        assert tap.layout.length == stage.folded.folding.lanes
        assert tap.layout.elem_shape.width == stage.layer.out.range.width
    assert tap_of(pipeline, pipeline.input_node).columns == Reduction()
