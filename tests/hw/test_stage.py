"""Whole stages against the golden model: every window source, odd folds and sizes, stalls."""

from dataclasses import replace

import numpy as np
import pytest

from corgibuilder import golden
from corgibuilder.hw.stage import Stage
from corgibuilder.ir import (
    Argmax,
    Graph,
    Input,
    Pads,
    Pool,
    PoolKind,
    QInt,
    Shape,
    Threshold,
    Window,
)
from corgibuilder.plan.folding import Folding, WindowSource
from corgibuilder.plan.forms import form_of
from corgibuilder.plan.kinds import folded, widened_layer
from corgibuilder.plan.layers import group_layers
from corgibuilder.plan.planned_stage import PlannedStage
from corgibuilder.plan.shuffled_slots import pairs_rows, slot_count

from .. import toys
from ..streams import run_streams
from ..toys import SAME, STRIDED, chain
from .maps import from_words, size_words, to_words

LOPSIDED = Window(kernel=(2, 3), stride=(1, 2), pads=Pads(left=2, bottom=1, right=1))


def network(shape, x, *ops):
    return chain(shape, *ops, x=x)


def conv(rng, inputs, outputs, window, groups=1):
    made = toys.conv(inputs, outputs, window, groups, rng)
    return replace(made, bias=rng.integers(-20, 20, outputs))


def steps(rng, channels, count=15, spread=150):
    return Threshold(
        steps=np.sort(rng.integers(-spread, spread, (channels, count)), axis=1), base=0
    )


def check(net, folding, *, lanes, frames, stall, resizable, fifo=0):
    (single,) = group_layers(net)
    layer = widened_layer(single, folding.pixels)
    stage = folded(layer, folding).settled()
    planned = PlannedStage(stage, form_of(layer, lanes=stage.folding.lanes), (lanes,), (fifo,))
    sizes_held = planned.sizes_held(stage.frame_cycles) if resizable else 0
    dut = Stage(planned, sizes_held=sizes_held)
    x, y = layer.x.range, layer.out.range
    want = []
    for f in frames:
        sized = Graph(
            replace(n, op=replace(n.op, shape=Shape(*f.shape))) if isinstance(n.op, Input) else n
            for n in net.graph
        )
        want.append(np.asarray(golden.run(sized, f[None])[layer.result])[0])
    feeds = {"i": to_words([(f - x.offset) // x.step for f in frames], lanes)}
    due = {"o": len(to_words(want, folding.lanes))}
    if resizable:
        feeds["i_size"] = size_words(frames)
        due["o_size"] = len(frames)
    got, cycles = run_streams(dut, feeds, due, stall=stall, timeout=5000)
    for a, b in zip(
        from_words(got["o"], [w.shape for w in want], folding.lanes), want, strict=True
    ):
        np.testing.assert_array_equal(a * y.step + y.offset, b)
    if resizable:
        assert got["o_size"] == size_words(want)
    return stage, cycles


def F(source, inputs, outputs, lanes, capacity=0):
    return Folding(
        source=WindowSource(source), inputs=inputs, outputs=outputs, lanes=lanes, capacity=capacity
    )


DENSE = [
    ("tap_serial", 1, 1, 1), ("tap_serial", 2, 3, 1), ("tap_serial", 3, 5, 5),
    ("column_buffer", 4, 2, 2), ("column_buffer", 27, 5, 5),
    ("row_banks", 27, 5, 5), ("row_banks", 9, 3, 1),
]  # fmt: skip


@pytest.mark.parametrize("stall", [0, 0.3])
@pytest.mark.parametrize("resizable", [False, True], ids=["fixed", "resizable"])
@pytest.mark.parametrize("window", [SAME, STRIDED, LOPSIDED], ids=["same", "strided", "lopsided"])
@pytest.mark.parametrize("folding", DENSE, ids=str)
def test_dense_convolution(stall, resizable, window, folding):
    rng = np.random.default_rng(3)
    net = network(Shape(3, 5, 6), QInt(-4, 3), conv(rng, 3, 5, window), steps(rng, 5))
    sizes = [(5, 6), (3, 3), (4, 6)] if resizable else [(5, 6)] * 2
    frames = [rng.integers(-4, 4, (3, *size)) for size in sizes]
    capacity = 0 if folding[0] == "row_banks" else window.span(6) + 1
    check(net, F(*folding, capacity), lanes=2, frames=frames, stall=stall, resizable=resizable)


@pytest.mark.parametrize("stall", [0, 0.3])
@pytest.mark.parametrize("window", [SAME, STRIDED], ids=["same", "strided"])
@pytest.mark.parametrize(
    "folding",
    [
        ("tap_serial", 1, 1, 1),
        ("tap_serial", 1, 2, 1),
        ("column_buffer", 4, 2, 1),
        ("row_banks", 9, 5, 5),
        ("row_banks", 9, 2, 2),
    ],
    ids=str,
)
def test_depthwise_convolution(stall, window, folding):
    rng = np.random.default_rng(4)
    net = network(Shape(5, 5, 6), QInt(0, 15), conv(rng, 5, 5, window, groups=5), steps(rng, 5))
    frames = [rng.integers(0, 16, (5, 5, 6)) for _ in range(2)]
    capacity = 0 if folding[0] == "row_banks" else window.span(6) + 1
    check(net, F(*folding, capacity), lanes=5, frames=frames, stall=stall, resizable=False)


GROUPED = [
    ("tap_serial", 1, 1, 1),
    ("tap_serial", 2, 3, 1),
    ("tap_serial", 4, 6, 2),  # all of a group at once
    ("tap_serial", 4, 12, 4),  # two groups at once, then the last one
    ("column_buffer", 5, 3, 1),
    ("column_buffer", 7, 12, 2),
    ("row_banks", 24, 2, 2),
    ("row_banks", 9, 18, 6),
]


@pytest.mark.parametrize("stall", [0, 0.3])
@pytest.mark.parametrize("resizable", [False, True], ids=["fixed", "resizable"])
@pytest.mark.parametrize("window", [SAME, STRIDED, LOPSIDED], ids=["same", "strided", "lopsided"])
@pytest.mark.parametrize("folding", GROUPED, ids=str)
def test_grouped_convolution(stall, resizable, window, folding):
    """Three groups of four inputs and six outputs."""
    rng = np.random.default_rng(10)
    net = network(Shape(12, 5, 6), QInt(-4, 3), conv(rng, 12, 18, window, 3), steps(rng, 18))
    sizes = [(5, 6), (3, 3), (4, 6)] if resizable else [(5, 6)] * 2
    frames = [rng.integers(-4, 4, (12, *size)) for size in sizes]
    capacity = 0 if folding[0] == "row_banks" else window.span(6) + 1
    if pairs_rows(window) and folding[0] == "tap_serial":
        capacity = slot_count(window, 6)
    check(net, F(*folding, capacity), lanes=4, frames=frames, stall=stall, resizable=resizable)


@pytest.mark.parametrize("stall", [0, 0.3])
@pytest.mark.parametrize("window", [SAME, STRIDED], ids=["same", "strided"])
@pytest.mark.parametrize(
    "folding",
    [("tap_serial", 1, 2, 1), ("tap_serial", 3, 4, 2), ("column_buffer", 4, 8, 8)],
    ids=str,
)
def test_groups_of_two_values_meet_weights_of_two_values(stall, window, folding):
    """Neither has a code for 0; no weight lies between groups."""
    rng = np.random.default_rng(11)
    op = conv(rng, 6, 8, window, 2)
    op = replace(op, weights=rng.choice([-1, 1], op.weights.shape))
    net = network(Shape(6, 5, 6), QInt(-1, 1, step=2), op, steps(rng, 8, 3, 20))
    frames = [rng.choice([-1, 1], (6, 5, 6)) for _ in range(2)]
    paired = pairs_rows(window) and folding[0] == "tap_serial"
    capacity = slot_count(window, 6) if paired else window.span(6) + 1
    stage, _ = check(
        net, F(*folding, capacity), lanes=2, frames=frames, stall=stall, resizable=False
    )
    assert stage.weight_range.width == 1


@pytest.mark.parametrize("stall", [0, 0.3])
@pytest.mark.parametrize(
    "folding,fifo",
    [(("direct", 2, 4, 2), 6), (("direct", 1, 4, 4), 0), (("tap_serial", 2, 3, 1, 8), 0)],
    ids=str,
)
def test_fully_connected_on_a_map(stall, folding, fifo):
    rng = np.random.default_rng(5)
    net = network(Shape(3, 2, 3), QInt(-2, 1), conv(rng, 3, 4, Window(kernel=(2, 3))))
    frames = [rng.integers(-2, 2, (3, 2, 3)) for _ in range(4)]
    check(net, F(*folding), lanes=1, frames=frames, stall=stall, resizable=False, fifo=fifo)


@pytest.mark.parametrize("stall", [0, 0.3])
@pytest.mark.parametrize(
    "folding",
    [
        (1, "direct", 3, 4, 1),
        (2, "direct", 3, 4, 1),  # both groups in a word
        (2, "direct", 1, 2, 1),
        (2, "tap_serial", 3, 2, 2, 2),
        (2, "tap_serial", 1, 1, 1, 3),
    ],
    ids=str,
)
def test_pointwise_and_groups(stall, folding):
    rng = np.random.default_rng(6)
    groups, *folding = folding
    net = network(
        Shape(6, 3, 2),
        QInt(0, 3),
        conv(rng, 6, 4, Window(kernel=(1, 1)), groups),
        steps(rng, 4, 3, 20),
    )
    frames = [rng.integers(0, 4, (6, 3, 2)) for _ in range(3)]
    check(net, F(*folding), lanes=2, frames=frames, stall=stall, resizable=True)


@pytest.mark.parametrize("stall", [0, 0.3])
@pytest.mark.parametrize("kind", PoolKind)
@pytest.mark.parametrize(
    "window,folding",
    [
        (Window(kernel=(2, 2), stride=(2, 2)), ("in_place", 1, 2, 2)),
        (Window(kernel=(3, 3), stride=(2, 2), pads=SAME.pads), ("tap_serial", 1, 2, 2, 18)),
        (Window(kernel=(5, 6), stride=(5, 6)), ("in_place", 1, 2, 2)),
    ],
    ids=["in place", "overlapping", "global"],
)
def test_pooling(stall, kind, window, folding):
    rng = np.random.default_rng(7)
    finish = [steps(rng, 3)] if kind is PoolKind.SUM else []
    net = network(Shape(3, 5, 6), QInt(-4, 3), Pool(kind=kind, window=window), *finish)
    frames = [rng.integers(-4, 4, (3, 5, 6)) for _ in range(3)]
    check(net, F(*folding), lanes=2, frames=frames, stall=stall, resizable=False)


def test_argmax_and_a_lone_step_function():
    rng = np.random.default_rng(8)
    frames = [rng.integers(-9, 10, (5, 1, 1)) for _ in range(6)]
    check(
        network(Shape(5, 1, 1), QInt(-9, 9), Argmax()),
        F("direct", 1, 1, 1),
        lanes=2,
        frames=frames,
        stall=0.3,
        resizable=False,
    )
    check(
        network(Shape(5, 1, 1), QInt(-9, 9), steps(rng, 5, 3, 9)),
        F("direct", 1, 2, 2),
        lanes=2,
        frames=frames,
        stall=0.3,
        resizable=False,
    )


@pytest.mark.parametrize(
    "folding",
    [("row_banks", 9, 4, 4), ("column_buffer", 3, 4, 2), ("tap_serial", 1, 4, 1)],
    ids=str,
)
def test_frames_follow_without_a_gap(folding):
    """Cycles of each further frame are those that the folding's arithmetic says."""
    rng = np.random.default_rng(9)
    net = network(Shape(1, 6, 7), QInt(0, 3), conv(rng, 1, 4, SAME), steps(rng, 4, 3, 20))
    frames = [rng.integers(0, 4, (1, 6, 7)) for _ in range(5)]
    capacity = 0 if folding[0] == "row_banks" else SAME.span(7) + 2
    runs = [
        check(net, F(*folding, capacity), lanes=1, frames=frames[:n], stall=0, resizable=False)
        for n in (2, 5)
    ]
    assert runs[1][1] - runs[0][1] == 3 * runs[0][0].frame_cycles
