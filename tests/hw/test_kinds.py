"""A layer of each kind, as it is planned at several rates, against the golden model."""

from fractions import Fraction

import numpy as np
import pytest

from corgibuilder import golden
from corgibuilder.diagnostics import CompileError
from corgibuilder.hw.network import NetworkComponent
from corgibuilder.hw.stage import Stage
from corgibuilder.ir import Input, QInt, Shape
from corgibuilder.passes import prepared
from corgibuilder.plan import Target
from corgibuilder.plan.choice import choose

from ..kinds import CHANNELS, EXAMPLES
from ..streams import run_streams
from ..toys import network
from .maps import from_words, to_words

SHAPE = Shape(CHANNELS, 4, 6)
RANGES = {"values": QInt(-4, 3), "signs": QInt(-1, 1, step=2)}


def place(stage, sizes_held):
    return Stage(stage, sizes_held=sizes_held)


def planned(net, budget):
    """At the highest rate that is possible and not above one frame in ``budget`` cycles."""
    while True:
        try:
            return choose(net, Target(fps=Fraction(1), clock_hz=budget))
        except CompileError as refused:
            assert refused.code == "CB403"
            budget *= 2


@pytest.mark.parametrize("budget,stall", [(12, 0.3), (40, 0), (2000, 0.4)])
@pytest.mark.parametrize("x", RANGES.values(), ids=RANGES)
@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_a_layer_gives_what_the_golden_model_gives(example, x, budget, stall):
    rng = np.random.default_rng(budget)
    layers = [("x", Input(shape=SHAPE, range=x), ""), ("y", example.op, ("x",) * example.inputs)]
    net = prepared(network(layers, ["y"], fixed=("x",)))
    pipeline = planned(net, budget)
    frames = [rng.choice(np.arange(x.lo, x.hi + 1, x.step), tuple(SHAPE)) for _ in range(3)]
    result = net.outputs[0].node
    want = [np.asarray(golden.run(net.graph, f[None])[result])[0] for f in frames]
    out, lanes = net.graph.type(result).range, pipeline.lanes_of(result)
    codes = [(f - x.offset) // x.step for f in frames]
    due = {"o": len(to_words(want, lanes))}
    feeds = {"i": to_words(codes, pipeline.input_lanes["x"])}
    dut = NetworkComponent(pipeline, place)
    got, _ = run_streams(dut, feeds, due, stall=stall, timeout=8000)
    for a, b in zip(from_words(got["o"], [w.shape for w in want], lanes), want, strict=True):
        np.testing.assert_array_equal(a * out.step + out.offset, b)
