"""What every kind of operation says of itself."""

from dataclasses import replace

import numpy as np
import pytest

from corgibuilder.golden import evaluate
from corgibuilder.ir import KINDS, Clamp, Input, Move, Pool, PoolKind, QInt, Window, verify
from corgibuilder.ir.types import Shape, TensorType

from ..kinds import CHANNELS, EXAMPLES
from ..passes.graphs import entry, graph_of
from ..toys import POINT, RANGE, conv

WRONG = [(problem, op) for each in EXAMPLES.values() for problem, op in each.wrong.items()]
each_example = pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)


def one(op, *, inputs=("x",), x=RANGE):
    """A node called ``it`` on a map of 4x5x6; ``y`` has other rows, ``w`` other channels."""
    pool = Pool(kind=PoolKind.MAX, window=Window(kernel=(2, 1)))
    layers = [("x", entry(4, 5, 6, x=x)), ("y", pool, "x"), ("w", conv(4, 3, POINT), "x")]
    return graph_of([*layers, ("it", op, *inputs)], ["it", "y", "w"])


def refused(op, inputs, problem, monkeypatch):
    """``it`` has the type of ``x``, as that of what is wrong may not be known."""
    network = one(Clamp(range=QInt(0, 9)))
    node = replace(network.graph["it"], op=op, inputs=inputs)
    monkeypatch.setitem(network.graph._nodes, "it", node)
    with pytest.raises(AssertionError, match=r"node 'it': ") as raised:
        verify(network)
    assert problem in str(raised.value)


def test_every_kind_has_an_example():
    assert {type(example.op) for example in EXAMPLES.values()} == set(KINDS) - {Input}


@each_example
def test_text(example):
    assert example.op.text() == example.text


@each_example
def test_right_ones(example):
    verify(one(example.op, inputs=("x",) * example.inputs))


@pytest.mark.parametrize("problem,op", WRONG, ids=[problem for problem, _ in WRONG])
def test_wrong_ones(problem, op, monkeypatch):
    refused(op, ("x",), problem, monkeypatch)


def random_type(rng):
    lo, step = rng.integers(-20, 20, CHANNELS), int(rng.integers(1, 4))
    lo = lo[0] + (lo - lo[0]) // step * step
    return TensorType(Shape(CHANNELS, 4, 6), lo, lo + step * rng.integers(1, 9, CHANNELS), step)


def frames_of(x, rng):
    """Frames in which each channel has both ends of its range and values a step apart."""
    count = (x.hi - x.lo)[:, None, None] // x.step
    part = rng.integers(0, count + 1, (8, *x.shape))
    part[0], part[1] = 0, count
    return part * x.step + x.lo[:, None, None]


@pytest.mark.parametrize("seed", range(6))
@each_example
def test_values_and_their_ranges(example, seed):
    """Each value is what the docstring says, and in its range; moves reach both ends of it."""
    rng = np.random.default_rng(seed)
    types = [random_type(rng) for _ in range(example.inputs)]
    maps = [frames_of(x, rng) for x in types]
    made, y = example.op.infer(*types), evaluate(example.op, *maps)
    assert y.shape[1:] == tuple(made.shape)
    if example.value is not None:
        for n, c, r, k in np.ndindex(y.shape):
            assert y[n, c, r, k] == example.value([x[n] for x in maps], c, r, k)
    lo, hi = y.min(axis=(0, 2, 3)), y.max(axis=(0, 2, 3))
    assert (made.lo <= lo).all() and (hi <= made.hi).all()
    assert ((y.astype(np.int64) - made.range.lo) % made.step == 0).all()
    if isinstance(example.op, Move):
        assert (made.lo.tolist(), made.hi.tolist()) == (lo.tolist(), hi.tolist())
        assert made.range == QInt.of(y.astype(np.int64))


@pytest.mark.parametrize("seed", range(6))
@each_example
def test_what_is_not_read_does_not_matter(example, seed):
    """A channel that is not read for those that are live may be anything."""
    rng = np.random.default_rng(seed)
    types = [random_type(rng) for _ in range(example.inputs)]
    live = rng.random(example.op.infer(*types).shape.channels) < 0.5
    live[rng.integers(len(live))] = True
    read = example.op.channels_read(live, *types)
    maps, others = ([frames_of(x, rng) for x in types] for _ in range(2))
    mixed = [
        np.where(mask[:, None, None], a, b) for mask, a, b in zip(read, maps, others, strict=True)
    ]
    y, z = evaluate(example.op, *maps), evaluate(example.op, *mixed)
    np.testing.assert_array_equal(y[:, live], z[:, live])
