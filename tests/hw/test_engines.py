"""Engines against their arithmetic, under random stalls."""

import numpy as np
import pytest

from corgibuilder.hw.argmax import ArgmaxEngine
from corgibuilder.hw.mac_array import MacArray
from corgibuilder.hw.operand_selector import OperandSelector
from corgibuilder.hw.pool import TilePool, WindowPool
from corgibuilder.hw.serialiser import Serialiser
from corgibuilder.ir import PoolKind, QInt, Shape, Window
from corgibuilder.plan.components import (
    ArgmaxConfig,
    MacArrayConfig,
    TilePoolConfig,
    WindowPoolConfig,
)

from ..streams import run_stream, run_streams
from .maps import from_words, size_words, to_words

STALLS = [0, 0.4]


@pytest.mark.parametrize("stall", STALLS)
@pytest.mark.parametrize("outputs,groups", [(3, 1), (3, 3), (4, 2)])
@pytest.mark.parametrize("steps,input_folds", [(1, 1), (3, 1), (4, 2), (6, 6)])
@pytest.mark.parametrize(
    "x,pipeline",
    [
        (QInt(-8, 7), {}),
        (QInt(0, 255), {"weight_register": True}),
        (QInt(-1, 1), {"adder_levels": 1}),
    ],
    ids=str,
)
def test_mac_array(stall, outputs, groups, steps, input_folds, x, pipeline):
    rng = np.random.default_rng(0)
    weights = rng.integers(-7, 8, (steps, outputs, 2))
    words = rng.integers(x.lo, x.hi + 1, (24, 2 * groups))
    words[:6] = x.lo
    words[6:12] = x.hi
    sums = []
    for k, word in enumerate(words):
        v = np.repeat(word.reshape(groups, 2), outputs // groups, axis=0)
        sums.append((v * weights[k % steps]).sum(axis=1))
    want = np.array(sums).reshape(-1, input_folds, outputs).sum(axis=1)
    acc = QInt(int(want.min()), int(want.max()))
    config = MacArrayConfig(
        x=x,
        weights=weights,
        held=QInt(-7, 7),
        input_folds=input_folds,
        acc=acc,
        groups=groups,
        **pipeline,
    )
    got = run_stream(MacArray(config), words.tolist(), len(want), stall=stall)
    assert got == want.tolist()


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("input_folds,last", [(3, (3, 1)), (6, (2, 2)), (1, None)])
@pytest.mark.parametrize("weight_register,adder_levels", [(False, 0), (True, 1), (True, 2)])
def test_mac_array_of_codes(input_folds, last, groups, weight_register, adder_levels):
    """Two values of activations, four of weights; lanes without an operand bring anything."""
    rng = np.random.default_rng(0)
    x, held = QInt(-1, 1, step=2), QInt(-3, 6, step=3)
    weights = held.lo + 3 * rng.integers(0, 4, (6, 2, 3))
    codes = rng.integers(0, 2, (36, 3 * groups))
    sums = []
    for k, word in enumerate(codes * 2 - 1):
        v = np.tile(word, (2 // groups, 1)).reshape(2, 3)
        if last and k % last[0] == last[0] - 1:
            v = v * (np.arange(3) < last[1])
        sums.append((v * weights[k % 6]).sum(axis=1))
    want = np.array(sums).reshape(-1, input_folds, 2).sum(axis=1)
    acc = QInt(int(want.min()), int(want.max()))
    dut = MacArray(
        MacArrayConfig(
            x=x,
            weights=weights,
            held=held,
            input_folds=input_folds,
            acc=acc,
            groups=groups,
            last=last,
            weight_register=weight_register,
            adder_levels=adder_levels,
        )
    )
    assert dut.i.payload.shape().size == codes.shape[1]
    assert run_stream(dut, codes.tolist(), len(want), stall=0.3) == want.tolist()


def test_mac_array_takes_a_word_a_cycle():
    weights, acc = np.ones((4, 1, 1), int), QInt(0, 2)
    config = MacArrayConfig(x=QInt(0, 1), weights=weights, held=QInt(1, 1), input_folds=2, acc=acc)
    _, cycles = run_streams(MacArray(config), {"i": [[1]] * 40}, {"o": 20}, stall=0)
    assert cycles <= 40 + 4


@pytest.mark.parametrize("stall", STALLS)
@pytest.mark.parametrize(
    "channels,in_lanes,out_lanes", [(7, 7, 7), (7, 4, 2), (5, 4, 1), (9, 3, 3), (10, 4, 2)]
)
def test_serialiser(stall, channels, in_lanes, out_lanes):
    frames = [np.arange(channels * 6).reshape(channels, 2, 3)]
    dut = Serialiser(7, channels=channels, in_lanes=in_lanes, out_lanes=out_lanes)
    due = 6 * -(-channels // out_lanes)
    got = run_stream(dut, to_words(frames, in_lanes), due, stall=stall)
    np.testing.assert_array_equal(from_words(got, [(channels, 2, 3)], out_lanes)[0], frames[0])


@pytest.mark.parametrize("stall", STALLS)
@pytest.mark.parametrize(
    "repeats,lane_map", [(3, [(2, 0, 1)]), (1, [(0, 1), (2, None)]), (3, [(0, 1), (2, None)])]
)
def test_operand_selector(stall, repeats, lane_map):
    words = [[k, k + 20, k + 40] for k in range(12)]
    want = [
        [0 if p is None else w[p] for p in step]
        for w in words
        for _ in range(repeats)
        for step in lane_map
    ]
    dut = OperandSelector(6, size=3, lane_map=lane_map, repeats=repeats)
    assert run_stream(dut, words, len(want), stall=stall) == want


@pytest.mark.parametrize("stall", STALLS)
@pytest.mark.parametrize("kind", PoolKind)
def test_window_pool(stall, kind):
    words = np.random.default_rng(0).integers(-8, 8, (24, 2))
    grouped = words.reshape(-1, 4, 2)
    want = grouped.max(axis=1) if kind is PoolKind.MAX else grouped.sum(axis=1)
    config = WindowPoolConfig(kind=kind, x=QInt(-8, 7), out=QInt(-32, 28), lanes=2, taps=4)
    assert run_stream(WindowPool(config), words.tolist(), len(want), stall=stall) == want.tolist()


CODED = QInt(-5, 4, step=3)  # four values


@pytest.mark.parametrize("kind", PoolKind)
def test_pools_of_codes(kind):
    """Sums are of values; of codes the largest is that of the largest value."""
    codes = np.random.default_rng(0).integers(0, 4, (24, 4))
    largest = kind is PoolKind.MAX
    values = codes if largest else codes * 3 - 5
    pool = np.max if largest else np.sum
    out = CODED if largest else QInt(-20, 16)
    dut = WindowPool(WindowPoolConfig(kind=kind, x=CODED, out=out, lanes=4, taps=4))
    want = pool(values.reshape(-1, 4, 4), axis=1).tolist()
    assert run_stream(dut, codes.tolist(), len(want), stall=0.3) == want
    window = Window(kernel=(2, 2), stride=(2, 2))
    dut = TilePool(
        TilePoolConfig(kind=kind, x=CODED, out=out, shape=Shape(4, 4, 4), lanes=4, window=window)
    )
    frame = codes[:16].reshape(4, 4, 4).transpose(2, 0, 1)
    feeds = {"i": to_words([frame], 4), "size": size_words([frame])}
    tiles = values[:16].reshape(2, 2, 2, 2, 4)
    want = pool(tiles, axis=(1, 3)).reshape(4, 4).tolist()
    got, _ = run_streams(dut, feeds, {"o": 4}, stall=0.3)
    assert got["o"] == want


@pytest.mark.parametrize("stall", STALLS)
@pytest.mark.parametrize("kind", PoolKind)
@pytest.mark.parametrize("kernel", [(2, 2), (3, 2), (1, 1), (4, 4)])
@pytest.mark.parametrize("channels,lanes", [(1, 1), (3, 2)])
def test_tile_pool(stall, kind, kernel, channels, lanes):
    rng = np.random.default_rng(0)
    frames = [rng.integers(-8, 8, (channels, h, w)) for h, w in ((4, 4), (5, 7), (4, 6), (6, 8))]
    want = []
    for f in frames:
        h, w = f.shape[1] // kernel[0], f.shape[2] // kernel[1]
        tiles = f[:, : h * kernel[0], : w * kernel[1]].reshape(channels, h, kernel[0], w, kernel[1])
        want.append(tiles.max(axis=(2, 4)) if kind is PoolKind.MAX else tiles.sum(axis=(2, 4)))
    taps = kernel[0] * kernel[1]
    dut = TilePool(
        TilePoolConfig(
            kind=kind,
            x=QInt(-8, 7),
            out=QInt(-8 * taps, 7 * taps),
            shape=Shape(channels, 6, 8),
            lanes=lanes,
            window=Window(kernel=kernel, stride=kernel),
        )
    )
    shapes = [w.shape for w in want]
    due = sum(-(-channels // lanes) * w.shape[1] * w.shape[2] for w in want)
    feeds = {"i": to_words(frames, lanes), "size": size_words(frames)}
    got, _ = run_streams(dut, feeds, {"o": due}, stall=stall)
    for a, b in zip(from_words(got["o"], shapes, lanes), want, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("stall", STALLS)
def test_argmax_prefers_the_lowest_of_equals(stall):
    pixels = np.random.default_rng(0).integers(-3, 4, (20, 5))
    dut = ArgmaxEngine(ArgmaxConfig(x=QInt(-3, 3), channels=5))
    got = run_stream(dut, [[v] for v in pixels.ravel().tolist()], 20, stall=stall)
    assert [v for (v,) in got] == pixels.argmax(axis=1).tolist()
    assert dut.o.payload.shape().size == 3
