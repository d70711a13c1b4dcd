from fractions import Fraction

import pytest

from corgibuilder.diagnostics import CompileError
from corgibuilder.ir import (
    Add,
    Concat,
    DepthToSpace,
    Input,
    Pad,
    Pads,
    Pool,
    PoolKind,
    QInt,
    Shape,
    Upsample,
    Window,
)
from corgibuilder.plan import Target
from corgibuilder.plan.choice import choose
from corgibuilder.plan.system.tap import Reduction, tap_of

from ...toys import HALVES, POINT, SAME, STRIDED, chain, conv, network, steps

LOPSIDED = Window(kernel=(2, 3), stride=(1, 2), pads=Pads(left=2, bottom=1, right=1))
VALID = Window(kernel=(3, 2), stride=(1, 3))
CHAINS = {
    "none": [],
    "same": [SAME, SAME],
    "strided": [STRIDED, SAME, STRIDED, STRIDED],
    "lopsided": [LOPSIDED, VALID, STRIDED],
    "valid": [VALID, SAME, VALID],
}


def size(reduction, n):
    """What the reduction makes of a size, as its docstring says."""
    return (n + reduction.offset) // reduction.stride + 1


@pytest.mark.parametrize("windows", CHAINS.values(), ids=CHAINS)
def test_a_chain_of_windows_is_one_reduction(windows):
    columns, rows = Reduction(), Reduction()
    for w in windows:
        columns = columns.then(w.pads.left + w.pads.right - w.kernel[1], w.stride[1])
        rows = rows.then(w.pads.top + w.pads.bottom - w.kernel[0], w.stride[0])
    for n in (*range(20, 70), 1280, 65535):
        want = (n, n)
        for w in windows:
            want = w.output_size(*want)
        assert (size(rows, n), size(columns, n)) == want


def planned(net):
    return choose(net, Target(fps=Fraction(1), clock_hz=900))


def test_taps_of_a_network():
    net = chain(
        (2, 12, 14),
        conv(2, 5, STRIDED),
        steps(5),
        Pool(kind=PoolKind.MAX, window=Window(kernel=(2, 3), stride=(2, 3))),
        conv(5, 7, LOPSIDED),
        steps(7),
        x=QInt(-4, 3),
    )
    pipeline = planned(net)
    for stage in pipeline.stages:
        tap = tap_of(pipeline, stage.layer.result)
        shape = stage.layer.out.shape
        assert size(tap.columns, 14) == shape.width
        assert size(tap.rows, 12) == shape.height
        assert tap.words == -(-shape.channels // stage.folded.folding.lanes)
        assert tap.lanes == stage.folded.folding.lanes
        assert tap.range == stage.layer.out.range
    assert tap_of(pipeline, pipeline.inputs[0]).columns == Reduction()


def residual(join, left, right):
    """Two convolutions of the input, joined, and a strided one behind them."""
    return network(
        [
            ("x", Input(shape=Shape(2, 8, 12), range=QInt(0, 3)), ""),
            ("left", conv(2, 3, left), "x"),
            ("right", conv(2, 3, right), "x"),
            ("join", join, ("left", "right")),
            ("end", conv(3 if isinstance(join, Add) else 6, 2, STRIDED), "join"),
        ],
        ["end"],
    )


@pytest.mark.parametrize("join", [Add(factors=(1, 1)), Concat()], ids=["add", "concat"])
def test_branches_of_one_size_meet_again(join):
    strided_point = Window(kernel=(1, 1), stride=(2, 2))
    pipeline = planned(residual(join, STRIDED, strided_point))
    tap = tap_of(pipeline, "end")
    assert (tap.columns, tap.rows) == (Reduction(-1, 4), Reduction(-1, 4))


def test_branches_that_differ_for_odd_images_are_refused():
    """Of 12 columns both give 6, of 11 one gives 6 and the other 5."""
    pipeline = planned(residual(Add(factors=(1, 1)), STRIDED, HALVES))
    with pytest.raises(CompileError, match=r"CB907\]: it joins maps .*\n  --> toy\.onnx: join"):
        tap_of(pipeline, "end")


OTHERWISE = {
    "pad": Pad(pads=Pads(top=1, left=2), value=0),
    "upsample": Upsample(factors=(2, 1)),
    "depth to space": DepthToSpace(block=2),
}


@pytest.mark.parametrize("op", OTHERWISE.values(), ids=OTHERWISE)
def test_other_changes_of_size_are_refused_only_where_an_output_is_behind_them(op):
    channels = 1 if isinstance(op, DepthToSpace) else 4
    net = chain((2, 6, 8), conv(2, 4, SAME), steps(4), op, conv(channels, 3, POINT))
    pipeline = planned(net)
    assert tap_of(pipeline, "n1").columns == Reduction()
    with pytest.raises(CompileError, match=r"CB907\]: it changes the size .*\n  --> toy\.onnx: n2"):
        tap_of(pipeline, "n3")


def test_all_branches_count():
    """A map that is halved and doubled is not of the size that it had, for odd ones."""
    net = network(
        [
            ("x", Input(shape=Shape(3, 8, 12), range=QInt(0, 3)), ""),
            ("half", Pool(kind=PoolKind.MAX, window=HALVES), "x"),
            ("double", Upsample(factors=(2, 2)), "half"),
            ("join", Add(factors=(1, 1)), ("x", "double")),
        ],
        ["join"],
    )
    with pytest.raises(CompileError, match=r"toy\.onnx: double"):
        tap_of(planned(net), "join")
