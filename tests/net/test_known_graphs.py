"""Networks with branches that were wrong, and one layer of each kind between others."""

from dataclasses import replace

import pytest

from corgibuilder.plan.folding import Engine, Folding, WindowSource

from .case import Case, Edit, Entry, Layer
from .compare import compare
from .layers import Add, Bipolar, Concat, Conv, Curve, Quant, Relu, Resize
from .moves import MOVES, Pad
from .test_known import at_size, cycles, weights

THREE = Conv(weights(3, 3, 3, 3), pads=(1, 1, 1, 1))
HALVES = Quant(16.0)
NEVER = Conv(weights(3, 3, 1, 1) * 0, bias=[1, 5, 3])  # each channel is always the same
ONE = Conv(weights(3, 3, 1, 1) * 0, bias=[3, 3, 3])  # and here all are


def graph(*layers, shape=(3, 6, 5), budget=400, taps=()):
    """Case of layers, each (name, operator, names that it reads); the last one is read out."""
    made = tuple(Layer(name, op, after) for name, op, after in layers)
    return Case(
        shape=shape,
        values="UINT4",
        layers=made,
        outputs=(*taps, made[-1].name),
        target=cycles(budget),
    )


def residual(*ends, budget=400, taps=()):
    """``a`` and ``b`` are branches of the input; ``ends`` follow."""
    return graph(
        ("a_sum", THREE, ("input",)),
        ("a", HALVES, ("a_sum",)),
        ("b", Quant(4.0, bits=3, signed=False), ("input",)),
        *ends,
        budget=budget,
        taps=taps,
    )


def constant(join):
    """A branch of which every value is either of two, and one whose values never change."""
    return graph(
        ("sum", THREE, ("input",)),
        ("sign", Bipolar(), ("sum",)),
        ("same", ONE, ("input",)),
        ("join", join, ("sign", "same")),
    )


def moving(op):
    """Values that are moved, read out, and read by a function."""
    return graph(
        ("wide", Conv(weights(8, 3, 1, 1)), ("input",)),
        ("act", HALVES, ("wide",)),
        ("moved", op, ("act",)),
        ("end", Relu(), ("moved",)),
        taps=("moved",),
    )


CASES = {
    "constant in a sum": constant(Add()),
    "constant side by side": constant(Concat()),
    "channels that never change side by side": graph(
        ("sum", THREE, ("input",)),
        ("sign", Bipolar(), ("sum",)),
        ("same", NEVER, ("input",)),
        ("join", Concat(), ("same", "sign")),
    ),
    "input and itself": graph(
        ("join", Add(), ("input", "input")), ("end", Quant(4.0, mode="CEIL"), ("join",))
    ),
    "twice side by side": graph(("join", Concat(), ("input", "input", "input"))),
    "sum": residual(("join", Add(), ("a", "b")), ("end", Quant(4.0), ("join",))),
    "fast sum": residual(("join", Add(), ("a", "b")), budget=30),
    "sum that is an output": residual(
        ("join", Add(), ("a", "b")), ("end", THREE, ("join",)), taps=("join", "a_sum")
    ),
    "side by side": residual(("join", Concat(), ("b", "input", "a"))),
    "fast side by side": residual(("join", Concat(), ("b", "a")), budget=30),
    **{name: moving(op) for name, op in MOVES.items()},
    "gate": residual(("gate", Curve("Sigmoid", gated=True), ("b",)), ("end", HALVES, ("gate",))),
    "dilated": graph(
        ("sum", Conv(weights(2, 3, 3, 2), pads=(3, 1, 3, 1), dilations=(3, 2)), ("input",)),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_agrees(name):
    outcome = compare(at_size(CASES[name], (6, 5), (3, 4), (6, 5)))
    assert (outcome.refused, outcome.findings, outcome.executor) == (None, (), "equal")
    assert outcome.compared


def test_words_that_come_late_do_not_stop_a_fork():
    """At full rate the registers of the branch with the convolution hold all that has to wait."""
    case = graph(
        ("each", Conv(weights(12, 1, 1, 1), group=12), ("input",)),
        ("a", HALVES, ("each",)),
        ("join", Concat(), ("input", "a")),
        shape=(12, 1, 2),
        budget=1000,
    )
    outcome = compare(replace(case, calm=1, sizes=((1, 2),) * 8, stalled=8))
    assert (outcome.refused, outcome.findings) == (None, ())


@pytest.mark.parametrize(("words", "refused"), [(5, "CB416"), (6, None)])
def test_a_row_that_ends_in_the_next_one(words, refused):
    """The last window of a row shifts out with columns of a wider map that come when it is gone."""
    case = graph(
        ("sum", Conv(weights(6, 6, 4, 7), pads=(2, 3, 1, 3)), ("input",)),
        ("a", Quant(64.0), ("sum",)),
        ("join", Add(), ("a", "input")),
        shape=(6, 11, 3),
    )
    window = Folding(
        source=WindowSource.COLUMN_BUFFER, inputs=28, outputs=1, lanes=1, capacity=18,
        single_port=True, engine=Engine.MAC_ARRAY,
    )  # fmt: skip
    edit = Edit(input_lanes={"input": 1}, foldings={"sum": window}, fifos={("join", 1): words})
    outcome = compare(replace(case, edit=edit, calm=1, sizes=((4, 1), (6, 3))))
    assert (outcome.refused, outcome.findings) == (refused, ())


def test_padding_that_leaves_before_the_first_pixel_comes():
    case = graph(
        ("padded", Pad((3, 3, 3, 3)), ("input",)),
        ("end", Conv(weights(1, 1, 1, 1)), ("padded",)),
        shape=(1, 1, 1),
    )
    outcome = compare(case)
    assert (outcome.refused, outcome.findings) == (None, ())
    assert outcome.compared


def test_maps_that_meet_at_even_sizes_only():
    """The hardware takes one size then: at others there is no sum."""
    case = graph(
        ("half", Conv(weights(3, 3, 2, 2), stride=(2, 2)), ("input",)),
        ("act", HALVES, ("half",)),
        ("up", Resize((2, 2)), ("act",)),
        ("join", Add(), ("up", "input")),
        shape=(3, 6, 4),
    )
    outcome = compare(at_size(case))
    assert (outcome.refused, outcome.findings, outcome.executor) == (None, (), "equal")
    assert outcome.compared


def stereo(*layers, others, shape=(3, 6, 5), budget=400, taps=(), **more):
    """As :func:`graph`, with further inputs by name."""
    case = graph(*layers, shape=shape, budget=budget, taps=taps)
    return at_size(Case(**{**vars(case), "others": others, **more}))


SMALLER = Conv(weights(3, 1, 3, 3), stride=(2, 2), pads=(1, 1, 0, 0))
INPUTS = {
    "two branches that are added": stereo(
        ("a_sum", THREE, ("input",)),
        ("a", HALVES, ("a_sum",)),
        ("b_sum", SMALLER, ("right",)),
        ("b", HALVES, ("b_sum",)),
        ("join", Add(), ("a", "b")),
        others={"right": Entry(shape=(1, 12, 10), values="INT3")},
    ),
    "three that lie side by side": stereo(
        ("a_sum", THREE, ("input",)),
        ("a", HALVES, ("a_sum",)),
        ("join", Concat(), ("mask", "a", "right")),
        ("end", Conv(weights(2, 7, 2, 2)), ("join",)),
        others={
            "right": Entry(shape=(3, 6, 5), values="INT3"),
            "mask": Entry(shape=(1, 6, 5), values="BIPOLAR"),
        },
        taps=("a",),
    ),
    "both read twice, and the branches cross": stereo(
        ("a_sum", THREE, ("input",)),
        ("a", HALVES, ("a_sum",)),
        ("b_sum", THREE, ("right",)),
        ("b", HALVES, ("b_sum",)),
        ("first", Add(), ("a", "right")),
        ("second", Add(), ("input", "b")),
        ("join", Concat(), ("first", "second")),
        others={"right": Entry(shape=(3, 6, 5), values="UINT4")},
    ),
    "a vector that is added late to a large map's sum": stereo(
        ("sum", Conv(weights(3, 3, 6, 5)), ("input",)),
        ("a", Quant(64.0), ("sum",)),
        ("join", Add(), ("a", "bias")),
        others={"bias": Entry(shape=(3, 1, 1), values="INT4")},
        calm=8,
    ),
    "the first input is the small one": stereo(
        ("sum", Conv(weights(3, 3, 6, 5)), ("map",)),
        ("a", Quant(64.0), ("sum",)),
        ("shown", HALVES, ("input",)),
        ("join", Add(), ("a", "shown")),
        shape=(3, 1, 1),
        others={"map": Entry(shape=(3, 6, 5), values="INT4")},
        taps=("shown",),
        calm=8,
    ),
}


@pytest.mark.parametrize("name", INPUTS)
def test_several_inputs(name):
    outcome = compare(INPUTS[name])
    assert (outcome.refused, outcome.findings, outcome.executor) == (None, (), "equal")
    assert outcome.compared
