import sys

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from corgibuilder import package_data
from corgibuilder.build_directory import Stream
from corgibuilder.verify.words import memory_image, pack, travel_order

sys.path.insert(0, str(package_data.sim()))
from words import unpack


@st.composite
def layouts(draw):
    """Words of part of a pixel, and words of several whole ones."""
    channels, pixels = draw(st.integers(1, 9)), draw(st.integers(1, 3))
    lanes = pixels * channels if pixels > 1 else draw(st.integers(1, channels))
    return Stream(
        port="i",
        node="x",
        lanes=lanes,
        bits=draw(st.integers(1, 20)),
        signed=draw(st.booleans()),
        step=draw(st.integers(1, 9)),
        offset=draw(st.integers(-20, 20)),
        channels=channels,
        height=draw(st.integers(1, 3)),
        width=pixels * draw(st.integers(1, 3)),
    )


@given(stream=layouts(), seed=st.integers(0, 100))
def test_unpacking_undoes_packing(stream, seed):
    rng = np.random.default_rng(seed)
    low, high = stream.limits
    frame = rng.choice(np.arange(low, high + 1, stream.step), stream.shape)
    bits = pack(frame, stream, rng)
    digits = bits[:, ::-1] + np.uint8(ord("0"))
    got = unpack(
        digits,
        lanes=stream.lanes,
        bits=stream.bits,
        signed=stream.signed,
        step=stream.step,
        offset=stream.offset,
        channels=stream.channels,
    )
    assert got.known.all()
    np.testing.assert_array_equal(got.values, travel_order(frame))


def test_memory_image_is_hexadecimal_high_digit_first():
    bits = np.array([[1, 0, 0, 0, 1, 1], [0, 1, 1, 1, 0, 0]], np.uint8)
    assert memory_image(bits) == b"31\n0e\n"
