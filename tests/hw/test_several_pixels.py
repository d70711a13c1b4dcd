"""Stages that take several pixels at once, against the golden model."""

from dataclasses import replace

import numpy as np
import pytest
from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from corgibuilder.hw.gearbox import Gearbox
from corgibuilder.hw.streams import word
from corgibuilder.ir import Clamp, Pool, PoolKind, QInt, Shape, Window
from corgibuilder.plan.regroup import hops

from ..streams import run_stream
from .maps import from_words, to_words
from .test_stage import LOPSIDED, SAME, STRIDED, F, check, conv, network, steps

POINT = Window(kernel=(1, 1))
SKIPPING = Window(kernel=(1, 1), stride=(2, 2))
both_ways = pytest.mark.parametrize("stall", [0, 0.3])

CONVOLUTIONS = {
    "same": (SAME, 1, ("row_banks", 54, 6, 6), 2),
    "two of the wider word": (SAME, 1, ("row_banks", 54, 6, 6), 4),
    "outputs in turn": (SAME, 1, ("row_banks", 18, 3, 3), 2),
    "outputs in turn, folded": (SAME, 1, ("row_banks", 5, 1, 1), 2),
    "columns": (SAME, 1, ("column_buffer", 18, 3, 3, 12), 2),
    "groups across pixels": (SAME, 1, ("row_banks", 20, 4, 1), 2),
    "strided": (STRIDED, 1, ("row_banks", 18, 3, 3), 2),
    "strided, four": (STRIDED, 1, ("row_banks", 72, 6, 6), 4),
    "lopsided": (LOPSIDED, 1, ("row_banks", 24, 3, 3), 2),
    "depthwise": (SAME, 2, ("row_banks", 72, 8, 8), 4),
    "strided depthwise": (STRIDED, 2, ("row_banks", 18, 2, 2), 2),
    "pointwise": (POINT, 1, ("direct", 8, 12, 12), 4),
    "pointwise that skips": (SKIPPING, 1, ("row_banks", 4, 3, 3), 2),
    "the whole map": (Window(kernel=(3, 8)), 1, ("direct", 8, 3, 3), 4),
}


@both_ways
@pytest.mark.parametrize("case", CONVOLUTIONS)
def test_convolution(case, stall):
    window, groups, folding, pixels = CONVOLUTIONS[case]
    rng = np.random.default_rng(31)
    outputs = 3 if groups == 1 else 2
    net = network(
        Shape(2, 3, 8), QInt(-4, 3), conv(rng, 2, outputs, window, groups), steps(rng, outputs)
    )
    frames = [rng.integers(-4, 4, (2, 3, 8)) for _ in range(3)]
    folding = replace(F(*folding), pixels=pixels)
    check(net, folding, lanes=2 * pixels, frames=frames, stall=stall, resizable=False)


@both_ways
@pytest.mark.parametrize("kind", PoolKind)
@pytest.mark.parametrize(("kernel", "pixels", "leaving"), [((2, 2), 4, 2), ((3, 8), 4, 1)])
def test_pooling(kind, kernel, pixels, leaving, stall):
    rng = np.random.default_rng(32)
    window = Window(kernel=kernel, stride=kernel)
    net = network(Shape(2, 3, 8), QInt(-4, 3), Pool(kind=kind, window=window), steps(rng, 2, 3, 9))
    frames = [rng.integers(-4, 4, (2, 3, 8)) for _ in range(3)]
    folding = replace(F("in_place", 1, 2 * leaving, 2 * leaving), pixels=pixels)
    check(net, folding, lanes=2 * pixels, frames=frames, stall=stall, resizable=False)


@both_ways
@pytest.mark.parametrize("finish", [Clamp(range=QInt(-1, 2)), None])
def test_step_functions(finish, stall):
    rng = np.random.default_rng(33)
    net = network(Shape(2, 3, 8), QInt(-4, 3), finish or steps(rng, 2, 3, 4))
    frames = [rng.integers(-4, 4, (2, 3, 8)) for _ in range(3)]
    folding = replace(F("direct", 1, 8, 8), pixels=4)
    check(net, folding, lanes=4, frames=frames, stall=stall, resizable=False)


def test_a_frame_takes_no_longer_than_its_words():
    rng = np.random.default_rng(34)
    net = network(Shape(1, 6, 12), QInt(0, 3), conv(rng, 1, 2, SAME), steps(rng, 2, 3, 20))
    frames = [rng.integers(0, 4, (1, 6, 12)) for _ in range(5)]
    folding = replace(F("row_banks", 27, 6, 6), pixels=3)
    runs = [
        check(net, folding, lanes=3, frames=frames[:n], stall=0, resizable=False)[1] for n in (2, 5)
    ]
    assert runs[1] - runs[0] == 3 * 24


class Regrouped(wiring.Component):
    """A row of gearboxes, as :func:`~corgibuilder.plan.regroup.hops` says."""

    def __init__(self, **sizes):
        self.sizes = sizes
        super().__init__({
            "i": In(stream.Signature(word(4, sizes["lanes"]))),
            "o": Out(stream.Signature(word(4, sizes["out_lanes"]))),
        })

    def elaborate(self, platform):
        m = Module()
        source = wiring.flipped(self.i)
        for k, (channels, before, after) in enumerate(hops(**self.sizes)):
            gearbox = Gearbox(4, channels=channels, in_lanes=before, out_lanes=after)
            m.submodules[f"gearbox_{k}"] = gearbox
            wiring.connect(m, source, gearbox.i)
            source = gearbox.o
        wiring.connect(m, source, wiring.flipped(self.o))
        return m


@both_ways
@pytest.mark.parametrize(
    ("lanes", "unit", "out_lanes"),
    [(6, 3, 3), (6, 3, 2), (3, 6, 6), (2, 6, 6), (6, 9, 9), (6, 9, 4), (9, 6, 4), (2, 3, 1)],
)
def test_pixels_are_regrouped(lanes, unit, out_lanes, stall):
    frame = np.random.default_rng(35).integers(0, 16, (3, 2, 18))
    dut = Regrouped(pixel=3, lanes=lanes, unit=unit, out_lanes=out_lanes)
    wide = frame.transpose(1, 2, 0).reshape(2, -1, unit).transpose(2, 0, 1)
    count = len(to_words([wide], out_lanes))
    words = run_stream(dut, to_words([frame], lanes), count, stall=stall)
    (got,) = from_words(words, [wide.shape], out_lanes)
    np.testing.assert_array_equal(got, wide)
