"""Every op against its docstring, written out in loops."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corgibuilder.golden import evaluate
from corgibuilder.ir import (
    Add,
    Argmax,
    Clamp,
    Concat,
    Conv,
    DepthToSpace,
    Pad,
    Pads,
    Pool,
    PoolKind,
    QInt,
    Table,
    Threshold,
    Upsample,
    Window,
)

sizes = st.integers(1, 3)


@st.composite
def windows(draw):
    kernel = draw(sizes), draw(sizes)
    rows, columns = st.integers(0, kernel[0] - 1), st.integers(0, kernel[1] - 1)
    pads = Pads(top=draw(rows), bottom=draw(rows), left=draw(columns), right=draw(columns))
    return Window(kernel=kernel, stride=(draw(sizes), draw(sizes)), pads=pads)


def under(x, window, row, column):
    """Values and their places (j, k) in the window at one output position, without padding."""
    for j in range(window.kernel[0]):
        for k in range(window.kernel[1]):
            r = row * window.stride[0] + j - window.pads.top
            c = column * window.stride[1] + k - window.pads.left
            if 0 <= r < x.shape[-2] and 0 <= c < x.shape[-1]:
                yield j, k, x[..., r, c]


def slow_conv(op, x):
    outputs, inputs = op.weights.shape[:2]
    rows, columns = op.window.output_size(*x.shape[2:])
    result = np.zeros((len(x), outputs, rows, columns), object)
    for n, o, r, c in np.ndindex(result.shape):
        first = o // (outputs // op.groups) * inputs
        result[n, o, r, c] = int(op.bias[o])
        for j, k, values in under(x[n].astype(object), op.window, r, c):
            group = values[first : first + inputs]
            result[n, o, r, c] += sum(
                int(w) * v for w, v in zip(op.weights[o, :, j, k], group, strict=True)
            )
    return result


@settings(max_examples=60, deadline=None)
@given(
    window=windows(),
    groups=st.sampled_from([(1, 2, 3), (2, 2, 1), (3, 1, 1), (3, 1, 2), (2, 1, 3)]),
    reach=st.sampled_from([1, 100, 2**14, 2**27]),
    seed=st.integers(0, 2**32),
)
def test_convolution_is_exact_at_every_magnitude(window, groups, reach, seed):
    rng = np.random.default_rng(seed)
    count, inputs, outputs = groups
    op = Conv(
        weights=rng.integers(
            -reach, reach, (count * outputs, inputs, *window.kernel), endpoint=True
        ),
        bias=rng.integers(-reach, reach, count * outputs),
        window=window,
        groups=count,
    )
    x = rng.integers(-reach, reach, (2, count * inputs, 4, 5), endpoint=True)
    np.testing.assert_array_equal(evaluate(op, x), slow_conv(op, x))
    if reach == 100:
        np.testing.assert_array_equal(evaluate(op, x.astype(np.int8)), slow_conv(op, x))


@settings(max_examples=60, deadline=None)
@given(window=windows(), kind=st.sampled_from(PoolKind), seed=st.integers(0, 2**32))
def test_pools(window, kind, seed):
    x = np.random.default_rng(seed).integers(-128, 127, (2, 3, 4, 5), endpoint=True, dtype=np.int8)
    rows, columns = window.output_size(4, 5)
    expected = np.zeros((2, 3, rows, columns), np.int64)
    for r, c in np.ndindex(rows, columns):
        values = np.stack([v for _, _, v in under(x.astype(np.int64), window, r, c)])
        expected[:, :, r, c] = values.max(axis=0) if kind is PoolKind.MAX else values.sum(axis=0)
    np.testing.assert_array_equal(evaluate(Pool(kind=kind, window=window), x), expected)


@given(
    seed=st.integers(0, 2**32),
    base=st.integers(-300, 300),
    reach=st.sampled_from([5, 40000, 2**40]),
    count=st.integers(0, 20),
)
def test_threshold_counts_the_steps_reached(seed, base, reach, count):
    rng = np.random.default_rng(seed)
    steps = np.sort(rng.integers(-reach, reach, (3, count)), axis=1)
    x = rng.integers(-reach, reach, (2, 3, 4, 5), endpoint=True)
    expected = base + (x[..., None] >= steps[:, None, None, :]).sum(axis=-1)
    np.testing.assert_array_equal(evaluate(Threshold(steps=steps, base=base), x), expected)


@pytest.mark.parametrize("dtype", [np.int8, np.int64])
def test_clamp(dtype):
    x = np.arange(-128, 128).astype(dtype).reshape(1, 1, 1, 256)
    result = evaluate(Clamp(range=QInt(-3, 1000)), x)
    np.testing.assert_array_equal(result, np.maximum(x.astype(int), -3))


def test_argmax_takes_the_lowest_index_of_equal_ones():
    x = np.array([[1, 5, 5], [7, 7, 7], [2, 1, 3]])[:, :, None, None]
    assert evaluate(Argmax(), x)[:, 0, 0, 0].tolist() == [1, 0, 2]


small = st.integers(1, 3)
FRAMES = np.random.default_rng(0).integers(-100, 100, (2, 12, 3, 5)).astype(np.int8)


@given(rows=small, columns=small)
def test_upsample(rows, columns):
    y = evaluate(Upsample(factors=(rows, columns)), FRAMES)
    assert y.shape == (2, 12, 3 * rows, 5 * columns)
    for n, c, r, k in np.ndindex(y.shape):
        assert y[n, c, r, k] == FRAMES[n, c, r // rows, k // columns]


@pytest.mark.parametrize("block", [1, 2])
@pytest.mark.parametrize("block_last", [False, True])
def test_depth_to_space(block, block_last):
    y = evaluate(DepthToSpace(block=block, block_last=block_last), FRAMES)
    count = 12 // block**2
    assert y.shape == (2, count, 3 * block, 5 * block)
    for n, c, r, k in np.ndindex(y.shape):
        i, j = r % block, k % block
        source = (c * block + i) * block + j if block_last else (i * block + j) * count + c
        assert y[n, c, r, k] == FRAMES[n, source, r // block, k // block]


@given(sides=st.tuples(*[st.integers(0, 3)] * 4), value=st.integers(-1000, 1000))
def test_pad(sides, value):
    pads = Pads(top=sides[0], left=sides[1], bottom=sides[2], right=sides[3])
    y = evaluate(Pad(pads=pads, value=value), FRAMES)
    assert y.shape == (2, 12, 3 + pads.top + pads.bottom, 5 + pads.left + pads.right)
    for n, c, r, k in np.ndindex(y.shape):
        r0, k0 = r - pads.top, k - pads.left
        inside = 0 <= r0 < 3 and 0 <= k0 < 5
        assert y[n, c, r, k] == (FRAMES[n, c, r0, k0] if inside else value)


@pytest.mark.parametrize("rows", [1, 12])
def test_table(rows):
    values = np.random.default_rng(1).integers(-9, 9, (rows, 200))
    y = evaluate(Table(values=values, lo=-100), FRAMES)
    for n, c, r, k in np.ndindex(y.shape):
        assert y[n, c, r, k] == values[c % rows, int(FRAMES[n, c, r, k]) + 100]


@pytest.mark.parametrize("factors", [(1, 1), (1, -8), (300, 70000), (2, 0, -3), (5,)])
def test_sums_of_narrow_integers_are_exact(factors):
    rng = np.random.default_rng(1)
    maps = [rng.integers(-128, 127, (2, 3, 4, 5), endpoint=True, dtype=np.int8) for _ in factors]
    result = evaluate(Add(factors=factors), *maps)
    for at in np.ndindex(2, 3, 4, 5):
        assert result[at] == sum(f * int(x[at]) for f, x in zip(factors, maps, strict=True))


@pytest.mark.parametrize("dtypes", [(np.int8, np.uint8), (np.uint16, np.int8, np.int64)])
def test_concat_keeps_every_value(dtypes):
    rng = np.random.default_rng(2)
    maps = []
    for channels, dtype in enumerate(dtypes, start=1):
        info = np.iinfo(dtype)
        maps.append(rng.integers(info.min, info.max, (2, channels, 3, 4), dtype, endpoint=True))
    result = evaluate(Concat(), *maps)
    first = 0
    for x in maps:
        for n, c, r, k in np.ndindex(x.shape):
            assert int(result[n, first + c, r, k]) == int(x[n, c, r, k])
        first += x.shape[1]
    assert result.shape[1] == first
