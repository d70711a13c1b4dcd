"""Which layer absorbs which activation."""

import numpy as np
import pytest

from corgibuilder.ir import (
    Add,
    Argmax,
    Clamp,
    Concat,
    Input,
    Pool,
    PoolKind,
    QInt,
    Shape,
    Table,
    Threshold,
    Upsample,
    absorbed_activations,
)

from ..toys import HALVES, POINT, conv, network

ENTRY = ("x", Input(shape=Shape(2, 4, 4), range=QInt(0, 3)), ())
STEPS = Threshold(steps=np.array([[1, 2], [0, 3]]), base=0)
CLAMP = Clamp(range=QInt(0, 2))
TABLE = Table(values=np.arange(-999, 1000)[None] ** 2, lo=-999)


def absorbed(layers, outputs):
    found = absorbed_activations(network([ENTRY, *layers], outputs))
    return {name: activation.name for name, activation in found.items()}


@pytest.mark.parametrize("activation", [STEPS, CLAMP, TABLE], ids=lambda op: type(op).__name__)
@pytest.mark.parametrize(
    "op, joins",
    [
        (conv(2, 2, POINT), True),
        (Pool(kind=PoolKind.MAX, window=HALVES), True),
        (Pool(kind=PoolKind.SUM, window=HALVES), True),
        (Add(factors=(1,)), True),
        (Concat(), False),
        (Upsample(factors=(2, 2)), False),
        (Argmax(), False),
        (CLAMP, False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_absorbs_an_activation(op, joins, activation):
    layers = [("a", op, "x"), ("b", activation, "a")]
    assert absorbed(layers, ["b"]) == ({"a": "b"} if joins else {})


def test_an_output_stays_by_itself():
    layers = [("a", conv(2, 2, POINT), "x"), ("b", CLAMP, "a")]
    assert absorbed(layers, ["a", "b"]) == {}


def test_what_others_read_too_stays_by_itself():
    layers = [("a", conv(2, 2, POINT), "x"), ("b", CLAMP, "a"), ("c", CLAMP, "a")]
    assert absorbed(layers, ["b", "c"]) == {}
    layers = [*layers[:2], ("c", Add(factors=(1, 1)), ("a", "b"))]
    assert absorbed(layers, ["c"]) == {}


def test_only_the_first_activation_is_absorbed():
    layers = [("a", conv(2, 2, POINT), "x"), ("b", CLAMP, "a"), ("c", CLAMP, "b")]
    assert absorbed(layers, ["c"]) == {"a": "b"}


def test_an_input_absorbs_nothing():
    assert absorbed([("a", STEPS, "x")], ["a"]) == {}
