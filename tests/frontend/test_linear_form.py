"""The floats of a chain lie as near to its line as it says, however they are rounded."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corgibuilder.frontend.elementwise import Affine, Arithmetic, WithConstant
from corgibuilder.frontend.grid import Grid
from corgibuilder.frontend.linear_form import linear_form
from corgibuilder.frontend.quantisers import RoundingQuantiser
from corgibuilder.frontend.value import Step, Value, evaluate
from corgibuilder.ir import Shape, TensorType

CHANNELS = 3
SHAPE = Shape(CHANNELS, 1, 1)
LINES = [
    Arithmetic.ADD,
    Arithmetic.SUBTRACT,
    Arithmetic.SUBTRACT_FROM,
    Arithmetic.MULTIPLY,
    Arithmetic.DIVIDE,
]


def value(*operations, scale=(1.0, 0.25, 0.3)):
    chain = tuple(Step(operation, "step") for operation in operations)
    grid = Grid(np.array(scale))
    return Value("x", SHAPE, tuple(SHAPE), grid, np.zeros(CHANNELS), chain)


def constant(rng):
    shape = (CHANNELS, 1, 1) if rng.random() < 0.5 else ()
    return (rng.normal(size=shape) * 10.0 ** rng.integers(-3, 4)).astype(np.float32)


def operation(rng):
    kind = int(rng.integers(len(LINES) + 1))
    if kind == len(LINES):
        return Affine(constant(rng), constant(rng))
    return WithConstant(LINES[kind], constant(rng))


@settings(max_examples=200, deadline=None)
@given(seed=st.integers(0, 2**32), count=st.integers(0, 5))
def test_every_float_is_within_the_error(seed, count):
    rng = np.random.default_rng(seed)
    lo = rng.integers(-(2**12), 2**12, CHANNELS)
    kind = TensorType(SHAPE, lo, lo + rng.integers(0, 2**10, CHANNELS))
    tested = value(*(operation(rng) for _ in range(count)))
    form = linear_form(tested, kind)
    assert form is not None
    q = np.linspace(kind.lo, kind.hi, 50).astype(np.int64)
    floats = evaluate(tested.chain, tested.grid.real(q[:, :, None, None]))[:, :, 0, 0]
    off = np.abs(floats - (form.slope * q + form.offset))
    assert (off <= form.error * 1.01).all()
    assert (np.abs(floats) <= form.bound * 1.01).all()


def test_rounded_floats_have_an_error():
    kind = TensorType(SHAPE, np.array([1, 1, 1]), np.array([7, 7, 7]))
    tested = value(WithConstant(Arithmetic.ADD, np.array(0.1, np.float32)))
    form = linear_form(tested, kind)
    floats = evaluate(tested.chain, tested.grid.real(np.full((1, 3, 1, 1), 7)))[0, :, 0, 0]
    off = np.abs(floats - (form.slope * 7 + form.offset))
    assert off[0] > 0
    assert (off <= form.error).all()


def test_powers_of_two_are_exact():
    kind = TensorType(SHAPE, np.full(3, -9), np.full(3, 9))
    half = WithConstant(Arithmetic.MULTIPLY, np.array(-0.5, np.float32))
    form = linear_form(value(half, half, scale=(1.0, 0.25, 4.0)), kind)
    assert form.slope.tolist() == [0.25, 0.0625, 1.0]
    assert not form.error.any()


@pytest.mark.parametrize(
    "bent",
    [
        WithConstant(Arithmetic.MAXIMUM, np.zeros((), np.float32)),
        WithConstant(Arithmetic.MINIMUM, np.ones((), np.float32)),
        RoundingQuantiser("ROUND"),
    ],
)
def test_what_bends_is_no_line(bent):
    kind = TensorType(SHAPE, np.full(3, -9), np.full(3, 9))
    assert linear_form(value(bent), kind) is None
