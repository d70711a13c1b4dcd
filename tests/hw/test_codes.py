"""Stages whose values or weights have a step, against the golden model; see ``QInt``."""

from dataclasses import replace

import numpy as np
import pytest

from corgibuilder.ir import Argmax, Clamp, Conv, Pool, PoolKind, QInt, Shape, Threshold, Window

from .test_several_pixels import CONVOLUTIONS
from .test_stage import LOPSIDED, STRIDED, F, check, network

BIPOLAR = QInt(-1, 1, step=2)
ODD = QInt(-7, 8, step=5)  # four values, none of them 0
WITH_ZERO = QInt(-4, 6, step=2)  # six values, for which three bits have codes to spare
FROM_ZERO = QInt(0, 24, step=8)  # four values, the first of which is that of padding
VALID = Window(kernel=(2, 3))


def bipolar(rng, inputs, outputs, window, groups=1, values=(-1, 1)):
    weights = rng.choice(values, (outputs, inputs // groups, *window.kernel))
    bias = rng.integers(-2, 3, outputs)
    return Conv(weights=weights, bias=bias, window=window, groups=groups)


def signs(rng, channels, step=2, levels=1, spread=8):
    """Steps up by ``step`` from an odd value; one channel never takes the first."""
    rows = np.sort(rng.integers(-spread, spread, (channels, levels)), axis=1)
    rows[0, 0] = 10**6 if levels == 1 else -(10**6)
    return Threshold(steps=np.repeat(np.sort(rows, axis=1), step, axis=1), base=-step // 2)


def values(rng, x, channels, size):
    return rng.choice(np.arange(x.lo, x.hi + 1, x.step), (channels, *size))


FOLDINGS = [
    ("tap_serial", 2, 3, 1), ("tap_serial", 3, 5, 5), ("column_buffer", 4, 2, 2),
    ("row_banks", 18, 5, 5), ("row_banks", 7, 3, 1),
]  # fmt: skip


@pytest.mark.parametrize("x", [BIPOLAR, WITH_ZERO, FROM_ZERO], ids=str)
@pytest.mark.parametrize("window", [VALID, LOPSIDED], ids=["valid", "lopsided"])
@pytest.mark.parametrize("folding", FOLDINGS, ids=str)
def test_convolution(x, window, folding):
    rng = np.random.default_rng(3)
    net = network(Shape(3, 4, 5), x, bipolar(rng, 3, 5, window), signs(rng, 5))
    frames = [values(rng, x, 3, size) for size in [(4, 5), (2, 4)]]
    capacity = 0 if folding[0] == "row_banks" else window.span(5) + 1
    stage, _ = check(net, F(*folding, capacity), lanes=2, frames=frames, stall=0.3, resizable=True)
    assert stage.layer.out.range == BIPOLAR
    assert stage.weight_range == BIPOLAR
    decoded = window is LOPSIDED and x is not FROM_ZERO
    assert stage.operand == (x.with_zero if decoded else x)


@pytest.mark.parametrize("x", [BIPOLAR, QInt(-4, 3), FROM_ZERO], ids=str)
@pytest.mark.parametrize("window", [VALID, LOPSIDED], ids=["valid", "lopsided"])
@pytest.mark.parametrize(
    "folding",
    [("tap_serial", 1, 2, 1), ("column_buffer", 4, 2, 1), ("row_banks", 5, 2, 2)],
    ids=str,
)
def test_depthwise_convolution(x, window, folding):
    rng = np.random.default_rng(4)
    conv = bipolar(rng, 5, 5, window, groups=5, values=(-3, 1, 5))
    net = network(Shape(5, 4, 5), x, conv, signs(rng, 5, step=3, levels=3))
    frames = [values(rng, x, 5, (4, 5))]
    capacity = 0 if folding[0] == "row_banks" else window.span(5) + 1
    stage, _ = check(net, F(*folding, capacity), lanes=5, frames=frames, stall=0.3, resizable=False)
    assert stage.layer.out.range.step == 3


@pytest.mark.parametrize(
    "folding,fifo",
    [(("direct", 2, 4, 2), 6), (("direct", 1, 4, 4), 0), (("tap_serial", 2, 3, 1, 8), 0)],
    ids=str,
)
def test_fully_connected_on_a_map(folding, fifo):
    rng = np.random.default_rng(5)
    net = network(Shape(3, 2, 3), BIPOLAR, bipolar(rng, 3, 4, Window(kernel=(2, 3))))
    frames = [values(rng, BIPOLAR, 3, (2, 3)) for _ in range(4)]
    check(net, F(*folding), lanes=1, frames=frames, stall=0.3, resizable=False, fifo=fifo)


def test_bipolar_weights_of_groups_take_one_bit():
    rng = np.random.default_rng(6)
    conv = bipolar(rng, 6, 4, Window(kernel=(1, 1)), groups=2)
    net = network(Shape(6, 3, 2), BIPOLAR, conv, signs(rng, 4))
    frames = [values(rng, BIPOLAR, 6, (3, 2)) for _ in range(3)]
    folding = F("tap_serial", 3, 4, 1, 8)
    stage, _ = check(net, folding, lanes=2, frames=frames, stall=0.3, resizable=False)
    assert stage.weight_range == BIPOLAR


@pytest.mark.parametrize("x", [BIPOLAR, ODD, FROM_ZERO], ids=str)
@pytest.mark.parametrize("finish", [False, True], ids=["bare", "signs"])
@pytest.mark.parametrize("kind", PoolKind)
@pytest.mark.parametrize(
    "window,folding",
    [
        (Window(kernel=(2, 2), stride=(2, 2)), ("in_place", 1, 2, 2)),
        (STRIDED, ("tap_serial", 1, 2, 2, 14)),
    ],
    ids=["in place", "padded"],
)
def test_pooling(x, finish, kind, window, folding):
    rng = np.random.default_rng(7)
    after = [signs(rng, 3)] if finish else []
    net = network(Shape(3, 4, 4), x, Pool(kind=kind, window=window), *after)
    frames = [values(rng, x, 3, (4, 4)), np.full((3, 4, 4), x.lo)]
    stage, _ = check(net, F(*folding), lanes=2, frames=frames, stall=0.3, resizable=False)
    assert stage.layer.acc.step == (1 if kind is PoolKind.SUM else x.step)


@pytest.mark.parametrize("x", [BIPOLAR, ODD], ids=str)
@pytest.mark.parametrize("op", [Argmax(), Clamp(range=QInt(-2, 5)), "signs"], ids=str)
def test_without_an_engine(x, op):
    rng = np.random.default_rng(8)
    frames = [values(rng, x, 5, (1, 1)) for _ in range(6)]
    net = network(Shape(5, 1, 1), x, signs(rng, 5) if op == "signs" else op)
    lanes = 1 if isinstance(op, Argmax) else 2
    check(net, F("direct", 1, lanes, lanes), lanes=2, frames=frames, stall=0.3, resizable=False)


@pytest.mark.parametrize("x", [BIPOLAR, FROM_ZERO], ids=str)
@pytest.mark.parametrize("case", CONVOLUTIONS)
def test_several_pixels(case, x):
    window, groups, folding, pixels = CONVOLUTIONS[case]
    rng = np.random.default_rng(31)
    outputs = 3 if groups == 1 else 2
    conv = bipolar(rng, 2, outputs, window, groups)
    net = network(Shape(2, 3, 8), x, conv, signs(rng, outputs))
    frames = [values(rng, x, 2, (3, 8))]
    folding = replace(F(*folding), pixels=pixels)
    check(net, folding, lanes=2 * pixels, frames=frames, stall=0.3, resizable=False)


@pytest.mark.parametrize("kind", PoolKind)
@pytest.mark.parametrize(("kernel", "pixels", "leaving"), [((2, 2), 4, 2), ((3, 8), 4, 1)])
def test_pooling_of_several_pixels(kind, kernel, pixels, leaving):
    rng = np.random.default_rng(32)
    window = Window(kernel=kernel, stride=kernel)
    net = network(Shape(2, 3, 8), BIPOLAR, Pool(kind=kind, window=window))
    frames = [values(rng, BIPOLAR, 2, (3, 8)), np.full((2, 3, 8), -1)]
    folding = replace(F("in_place", 1, 2 * leaving, 2 * leaving), pixels=pixels)
    check(net, folding, lanes=2 * pixels, frames=frames, stall=0.3, resizable=False)
