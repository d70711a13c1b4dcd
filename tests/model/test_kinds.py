"""The C++ class that each kind of layer chooses."""

import numpy as np
import pytest

from corgibuilder import ir
from corgibuilder.ir import Add, Input, QInt, Shape, Table, TensorType
from corgibuilder.model.kinds import KINDS, describe
from corgibuilder.model.layer import Site


def map_of(lo, hi):
    return TensorType(Shape(1, 1, 1), np.array([lo]), np.array([hi]))


def test_every_op_has_a_description():
    assert [kind for kind in ir.KINDS if not set(kind.__mro__) & set(KINDS)] == [Input]


@pytest.mark.parametrize(
    "factors, high, expected",
    [
        ((1, 1), 16383, "Add<i16, 1, 1>"),
        ((1, 1), 16384, "Add<i32, 1, 1>"),  # an activation also needs the value above
        ((100, -3), 300, "Add<i16, 100, -3>"),
        ((2**30, 1), 1, "Add<i32, 1073741824, 1>"),
        ((2**31, 1), 1, "Add<i64, 2147483648, 1>"),
    ],
)
def test_sums_are_narrow(factors, high, expected):
    inputs = tuple(map_of(0, high) for _ in factors)
    op = Add(factors=factors)
    layer = describe(op, Site(inputs=inputs, made=op.infer(*inputs)))
    assert layer.kernel.type == expected


def test_tables_hold_what_can_occur():
    x = map_of(-1, 1)
    op = Table(values=np.array([[10**9, 5, 255, 0, 10**9]]), lo=-2)
    layer = describe(op, Site(inputs=(x,), made=op.infer(x)))
    assert layer.act.type == "Table<u8>"
    packed, lowest, stride = layer.act.arguments
    assert (packed.arguments[-1], lowest, stride) == (3, -1, 0)


def test_every_channel_may_have_its_own_table():
    x = Input(shape=Shape(3, 2, 2), range=QInt(0, 1)).infer()
    op = Table(values=np.array([[0, 1], [1, -1], [7, 7]]), lo=0)
    layer = describe(op, Site(inputs=(x,), made=op.infer(x)))
    assert layer.act.type == "Table<i8>"
    assert layer.act.arguments[1:] == (0, 2)
