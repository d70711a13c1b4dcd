"""Bits that components are made of."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from corgibuilder.ir import Shape
from corgibuilder.plan.resources import (
    NAMES,
    Resources,
    changing_bits,
    counter,
    raster,
    size_queue,
)

SHAPES = st.tuples(st.integers(1, 6), st.integers(1, 4))


@given(arrays(np.int64, SHAPES, elements=st.integers(-99, 99)))
def test_changing_bits_are_those_of_the_twos_complement(values):
    for column, found in zip(values.T, changing_bits(values), strict=True):
        width = max(int(v if v >= 0 else ~v).bit_length() for v in column) + 1
        bits = [[int(v) >> k & 1 for v in column] for k in range(width)]
        assert found == sum(len(set(each)) > 1 for each in bits)


def test_resources_add_up():
    both = Resources(adders=2, registers=3) + Resources(adders=1, masks=4)
    assert both == Resources(adders=3, masks=4, registers=3)
    assert both * 2 == Resources(adders=6, masks=8, registers=6)


def test_every_field_is_added():
    one = Resources(**{name: k + 1 for k, name in enumerate(NAMES)})
    assert one + one == one * 2


def test_a_counter_has_the_bits_of_its_last_value():
    assert [counter(n).registers for n in (1, 2, 3, 4, 5, 256, 257)] == [0, 1, 2, 2, 3, 8, 9]


def test_sizes_that_wait_are_registers():
    one, three = size_queue(1, 20), size_queue(3, 20)
    assert (three + counter(2)).registers == (one + counter(4)).registers + 40
    assert three.choices == 60


def test_a_size_that_comes_with_each_frame_is_compared_with():
    shape = Shape(3, 20, 30)
    fixed, resizable = raster(shape, False), raster(shape, True)
    assert fixed.registers == resizable.registers == 10
    assert fixed.adders < resizable.adders
