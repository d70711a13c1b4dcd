"""Networks that were wrong, slower or later than planned, each with what was seen."""

from fractions import Fraction

import numpy as np
import pytest

from corgibuilder.plan import Target
from corgibuilder.plan.folding import Folding, WindowSource

from .case import Case, Edit, Layer
from .compare import compare
from .layers import Conv, Dense, Quant, Times


def weights(*shape):
    return np.random.default_rng(1).integers(-7, 8, shape)


def cycles(budget, **more):
    """A target of so many cycles a frame."""
    return Target(fps=Fraction(1), clock_hz=budget, **more)


def chain(shape, target, *ops, values="UINT4", taps=(), **more):
    """Case of operators one after the other; ``taps`` are outputs beside the last one."""
    layers, after = [], "input"
    for number, op in enumerate(ops):
        layers.append(Layer(f"n{number}", op, (after,)))
        after = layers[-1].name
    outputs = (*taps, after)
    return Case(
        shape=shape, values=values, layers=tuple(layers), outputs=outputs, target=target, **more
    )


def at_size(case, *sizes, stalled=2):
    """With frames of those rows and columns after the calm ones."""
    sizes = sizes or (case.shape[1:],) * 3
    return Case(**{**vars(case), "sizes": tuple(sizes), "stalled": stalled})


def columns_of(case):
    """With each stage fed by whole windows from a line buffer."""
    names = [layer.name for layer in case.layers]
    folding = Folding(source=WindowSource.COLUMN_BUFFER, inputs=8, outputs=1000, lanes=1000)
    foldings = dict.fromkeys(names, folding)
    return Case(**{
        **vars(case),
        "edit": Edit(input_lanes={"input": case.shape[0]}, foldings=foldings),
    })


NARROW = {
    "smaller_frames": at_size(
        chain((1, 8, 8), cycles(64), Conv(weights(1, 1, 5, 5), pads=(2, 2, 2, 2))),
        *[(rows, 1) for rows in range(3, 9)],
    ),
    "1x6x2_k7": at_size(chain((1, 6, 2), cycles(12), Conv(weights(2, 1, 7, 7), pads=(3,) * 4))),
    "depthwise_k1x5": at_size(
        chain(
            (3, 2, 2),
            cycles(2),
            Conv(weights(3, 3, 2, 2), pads=(0, 0, 0, 1)),
            Conv(weights(3, 1, 1, 5), stride=(3, 1), pads=(0, 1, 0, 3), group=3),
        )
    ),
    "1x16x1": at_size(
        chain(
            (1, 16, 1),
            cycles(16),
            Conv(weights(2, 1, 4, 1), stride=(6, 3), pads=(3, 0, 1, 0)),
            Conv(weights(2, 2, 4, 4), stride=(3, 1), pads=(2, 0, 3, 3)),
        )
    ),
    "depthwise_k1x7": at_size(
        chain(
            (4, 1, 7),
            cycles(7),
            Conv(weights(4, 1, 1, 7), stride=(3, 3), pads=(0, 2, 0, 3), group=4),
        ),
        *[(1, columns) for columns in (2, 3, 7, 2)],
    ),
    "grouped_k9x8": at_size(
        chain(
            (3, 9, 8),
            cycles(1500),
            Conv(weights(3, 1, 9, 8), pads=(8, 2, 3, 4), group=3),
            calm=1,
        ),
        *[(2, 3), (1, 2), (2, 8)],
        stalled=1,
    ),
    "11x6x6_k6": at_size(
        chain(
            (11, 6, 6),
            cycles(600),
            Conv(weights(2, 11, 6, 6), stride=(3, 2), pads=(2, 2, 3, 5)),
            Conv(weights(2, 2, 1, 1)),
            values="UINT2",
            taps=("n0",),
        ),
        *[(6, columns) for columns in (1, 2, 6, 1)],
    ),
}


@pytest.mark.parametrize("fed", ["planned", "columns"])
@pytest.mark.parametrize("name", NARROW)
def test_padding_beyond_the_width_of_a_map(name, fed):
    case = NARROW[name]
    outcome = compare(columns_of(case) if fed == "columns" else case)
    assert outcome.wrong == ()
    assert outcome.compared


def test_an_output_that_is_a_float_function_of_the_input():
    """The hardware passes the input on, where the planner once crashed."""
    case = chain((2, 4, 4), cycles(64), Times(0.5), Quant(1.0), taps=("n0",))
    outcome = compare(at_size(case))
    assert (outcome.refused, outcome.wrong) == (None, ())
    assert outcome.compared


def keeps(case):
    """Figures of a case, planned and measured, after asserting that all agree."""
    outcome = compare(case)
    assert (outcome.refused, outcome.findings) == (None, ())
    return outcome.figures


def quant(scale=16.0):
    return Quant(scale)


STRIDED = chain((4, 8, 8), cycles(64), Conv(weights(8, 4, 3, 3), stride=(2, 2)), quant())
DEPTHWISE = chain((4, 8, 32), cycles(370), Conv(weights(4, 1, 5, 5), group=4), quant())
CNV = chain(
    (16, 14, 14),
    cycles(300),
    Conv(weights(16, 16, 3, 3).clip(-1, 1)),
    quant(),
    values="UINT1",
)
APART = chain(
    (8, 16, 24),
    cycles(426),
    Conv(weights(16, 8, 3, 3), stride=(3, 3), pads=(1, 1, 1, 1)),
    quant(),
)
NARROWING = chain((4, 8, 8), cycles(89), Conv(weights(16, 4, 3, 3)), quant())


@pytest.mark.parametrize(
    "case",
    [STRIDED, DEPTHWISE, CNV, APART, NARROWING],
    ids=["strided", "depthwise", "cnv", "apart", "narrowing"],
)
def test_rate(case):
    _, measured = keeps(case)["interval"]
    assert measured <= case.target.clock_hz


SEPARABLE = (
    Conv(weights(8, 1, 3, 3), pads=(1, 1, 1, 1), group=8),
    quant(),
    Conv(weights(12, 8, 1, 1)),
    quant(),
    Conv(weights(12, 1, 3, 3), pads=(1, 1, 1, 1), group=12),
    quant(),
    Conv(weights(8, 12, 1, 1)),
    quant(),
)
CLOCK = 153_000
CONNECTED = Target(fps=Fraction(60), clock_hz=CLOCK, latency=Fraction(17, 10_000))
LATE = {
    "fully connected": chain((3, 10, 6), CONNECTED, Dense(weights(180, 17))),
    "as large as the map": chain(
        (3, 9, 8), cycles(1475), Conv(weights(2, 3, 9, 8), pads=(8, 2, 3, 4))
    ),
    "1x1 after depthwise": chain((8, 8, 8), cycles(1200), *SEPARABLE),
}


@pytest.mark.parametrize("name", LATE)
def test_latency(name):
    case = LATE[name]
    _, measured = keeps(case)["first latency"]
    if case.target.latency is not None:
        assert measured <= case.target.latency * case.target.clock_hz


#: Frames of which several have room in a line buffer, whose sizes wait there too.
SEVERAL = {
    "row banks": chain(
        (2, 2, 1), cycles(3), Conv(weights(2, 1, 2, 1), pads=(0, 0, 1, 0), group=2), calm=16
    ),
    "a circular line buffer": chain(
        (3, 1, 17),
        cycles(472, latency=Fraction(31, 118)),
        Conv(weights(6, 3, 3, 3), stride=(5, 2), pads=(1, 1, 1, 1)),
        calm=8,
    ),
}


@pytest.mark.parametrize("name", SEVERAL)
def test_several_frames_in_a_line_buffer(name):
    keeps(SEVERAL[name])
