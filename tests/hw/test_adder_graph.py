"""The adder graph engine against integer matrices, under random stalls."""

import numpy as np
import pytest

from corgibuilder.hw.adder_graph import AdderGraphEngine
from corgibuilder.ir import QInt
from corgibuilder.plan.components import AdderGraphConfig

from ..streams import run_stream, run_streams

NO_REGISTERS = 99  #: levels between two registers: there is but that of the outputs


def engine(weights, x, acc, *, adder_levels, groups=1, inputs=None):
    ranges = (x.plain,) * (weights.shape[1] * groups) if inputs is None else inputs
    return AdderGraphEngine(
        AdderGraphConfig(
            x=x, inputs=ranges, weights=weights, acc=acc, adder_levels=adder_levels, groups=groups
        )
    )


def expected(weights, words, groups):
    outputs, lanes = weights.shape
    each = words.reshape(len(words), groups, lanes).repeat(outputs // groups, axis=1)
    return (each * weights).sum(axis=2)


@pytest.mark.parametrize("adder_levels", [1, 2, 3, NO_REGISTERS])
@pytest.mark.parametrize("outputs,groups", [(3, 1), (6, 3), (4, 4)])
@pytest.mark.parametrize(
    "x", [QInt(-8, 7), QInt(0, 255), QInt(-1, 1, step=2), QInt(-5, 4, step=3)], ids=str
)
def test_sums(adder_levels, outputs, groups, x):
    rng = np.random.default_rng(outputs)
    weights = rng.integers(-40, 41, (outputs, 5)) * (rng.random((outputs, 5)) < 0.8)
    codes = rng.integers(0, (x.hi - x.lo) // x.step + 1, (24, 5 * groups))
    words = x.lo + x.step * codes
    words[:3], words[3:6] = x.lo, x.hi
    want = expected(weights, words, groups)
    acc = QInt(int(want.min()), int(want.max()))
    dut = engine(weights, x, acc, adder_levels=adder_levels, groups=groups)
    sent = [[x.code(value) for value in word] for word in words.tolist()]
    assert run_stream(dut, sent, len(want), stall=0.4) == want.tolist()


@pytest.mark.parametrize("adder_levels", [1, NO_REGISTERS])
def test_both_ends_of_every_sum(adder_levels):
    """Wide weights of either sign, at the values that give the extremes of each output."""
    weights = np.array([[2047, -2048, 1], [-1, -2, -4], [0, 0, 0], [1, 3, 5], [64, 0, 0]])
    inputs = (QInt(-128, 127), QInt(0, 3), QInt(-1, 100))
    lo, hi = np.array([[i.lo, i.hi] for i in inputs]).T
    words = np.array([np.where(row > 0, *ends) for row in weights for ends in ((lo, hi), (hi, lo))])
    want = expected(weights, words, 1)
    acc = QInt(int(want.min()), int(want.max()))
    dut = engine(weights, QInt(-128, 127), acc, adder_levels=adder_levels, inputs=inputs)
    assert run_stream(dut, words.tolist(), len(want), stall=0) == want.tolist()


def test_a_word_a_cycle():
    weights = np.ones((1, 8), int)
    dut = engine(weights, QInt(0, 1), QInt(0, 8), adder_levels=1)
    _, cycles = run_streams(dut, {"i": [[1] * 8] * 40}, {"o": 40}, stall=0)
    assert cycles <= 40 + 4
