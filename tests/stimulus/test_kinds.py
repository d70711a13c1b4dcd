"""Each kind adds up what the golden model does, and changes where its activation does."""

import numpy as np
import pytest

from corgibuilder.golden import evaluate
from corgibuilder.ir import (
    KINDS,
    Add,
    Argmax,
    Clamp,
    Conv,
    Input,
    Pads,
    QInt,
    Table,
    Threshold,
    Window,
)
from corgibuilder.stimulus.alone import stage_frames
from corgibuilder.stimulus.kinds import STEP_FUNCTIONS, SUMS, step_function, sums_of
from corgibuilder.stimulus.kinds.sums import Ranges
from corgibuilder.stimulus.whole import varied

from ..toys import SAME
from .layers import layer, tensor
from .test_coverage import BIPOLAR, OPS, frame, shown_of, stage_of

WIDE = Window(kernel=(2, 3), stride=(3, 2), pads=Pads(top=1, left=2, right=1))
ALL = OPS | {
    "argmax": Argmax(),
    "spread": Conv(
        weights=6 * np.arange(-9, 9).reshape(3, 1, 2, 3), bias=np.arange(3), window=WIDE, groups=1
    ),
}
ENTRIES = [QInt(-8, 7), QInt(2, 5), BIPOLAR, QInt(-4, 5, step=3)]
ANY = Clamp(range=QInt(-(2**20), 2**20))  #: so that there is an activation


def stage(op, entry):
    if op == "spread":
        return layer(ALL[op], [tensor((1, 4, 5), entry)], ANY)
    if op == "argmax":
        return layer(ALL[op], [tensor((3, 4, 5), entry)], ANY)
    bare = stage_of(ALL[op], entry, "none")
    return layer(bare.op, bare.inputs, ANY)


each_kind = pytest.mark.parametrize("op", ALL)
each_entry = pytest.mark.parametrize("entry", ENTRIES, ids=str)


def test_every_operation_has_a_kind():
    known = SUMS.keys() | STEP_FUNCTIONS.keys()
    assert [kind for kind in KINDS if not known & set(kind.__mro__)] == [Input]


@each_kind
@each_entry
def test_sums_are_those_of_the_golden_model(op, entry):
    found, rng = stage(op, entry), np.random.default_rng(1)
    sums = sums_of(found)
    for number in range(6):
        maps = frame(found, number, rng)
        expected = evaluate(found.op, *(x[None] for x in maps))[0]
        assert sums.output_size(*maps[0].shape[1:]) == expected.shape[1:]
        ((rows, columns),) = sums.places([maps], maps[0].size * 99, rng)
        assert len(rows) == expected[0].size
        acc = sums.accumulators(sums.under(maps, rows, columns))
        np.testing.assert_array_equal(acc, expected[:, rows, columns].T)
        for channel, values in enumerate(acc.T):
            divisor, one = sums.congruence(channel)
            assert not ((values - one) % divisor).any() if divisor else (values == one).all()


@each_kind
@each_entry
def test_bounds_are_those_of_the_inferred_type(op, entry):
    found = stage(op, entry)
    kind, (lo, hi) = found.op.infer(*found.inputs), sums_of(found).bounds
    np.testing.assert_array_equal(lo, kind.lo)
    np.testing.assert_array_equal(hi, kind.hi)


@each_kind
@each_entry
def test_operands_of_one_place_can_be_changed(op, entry):
    """To values that they can have, and then the sum there is that of the new values."""
    found, rng = stage(op, entry), np.random.default_rng(2)
    sums = sums_of(found)
    height, width = sums.output_size(*size_of(found))
    for number in range(30):
        maps = frame(found, number, rng)
        row, column = int(rng.integers(height)), int(rng.integers(width))
        group = int(rng.integers(sums.groups))
        operands = sums.operands_at(maps, row, column, group)
        at = np.array([row]), np.array([column])
        before = sums.under(maps, *at)[0, group]
        np.testing.assert_array_equal(before[operands.inside], operands.read())
        low, high, step = operands.ranges.low, operands.ranges.high, operands.ranges.step
        new = low + rng.integers(0, (high - low) // step, endpoint=True) * step
        operands.write(new)
        after = sums.under(maps, *at)[0, group]
        np.testing.assert_array_equal(after[operands.inside], new)
        np.testing.assert_array_equal(after[~operands.inside], before[~operands.inside])
        for x, values in zip(found.inputs, maps, strict=True):
            assert QInt.of(values) | x.range == x.range


def size_of(found):
    shape = found.inputs[0].shape
    return shape.height, shape.width


@each_kind
def test_places_that_are_apart_share_no_operand(op):
    found, rng = stage(op, QInt(-8, 7)), np.random.default_rng(3)
    sums = sums_of(found)
    height, width = sums.output_size(*size_of(found))
    maps = frame(found, 0, rng)
    taken = [np.zeros(x.shape, int) for x in maps]
    for row in range(0, height, sums.apart[0]):
        for column in range(0, width, sums.apart[1]):
            for group in range(sums.groups):
                for values, index in sums.operands_at(maps, row, column, group).parts:
                    (number,) = [k for k, x in enumerate(maps) if x is values]
                    taken[number][index] += 1
    assert max(int(count.max()) for count in taken) <= 1


def test_ranges_are_those_of_each_channel():
    inputs = [tensor((2, 4, 5), QInt(0, 3)), tensor((2, 4, 5), QInt(-1, 1))]
    inputs[0].hi[1] = 9
    for op in ("concat", "add"):
        sums = sums_of(layer(OPS[op], inputs, ANY))
        maps = tuple(varied(x, 0, np.random.default_rng(0)) for x in inputs)
        high = [
            sums.operands_at(maps, 0, 0, group).ranges.high.tolist() for group in range(sums.groups)
        ]
        assert high == ([[3], [9], [1], [1]] if op == "concat" else [[3, 1], [9, 1]])
    assert isinstance(sums.operands, Ranges)


def tables(seed):
    """Of few values, so that they come again, for both channels or for each."""
    rng = np.random.default_rng(seed)
    return Table(values=rng.integers(0, 3 + 9 * seed, (1 + seed % 2, 17)), lo=-8)


SILU = Table(values=np.array([[0] * 6 + [-1, -1] + [0, 1, 2, 3, 4, 4, 4, 4, 4]]), lo=-8)
ACTIVATIONS = {
    "steps": Threshold(steps=np.array([[-7, -2, -2, 5], [-30, -3, 0, 30]]), base=-2),
    "clamp": Clamp(range=QInt(-3, 4)),
    "half a clamp": Clamp(range=QInt(-30, 4)),
    "none": None,
    "silu": SILU,
} | {f"table {seed}": tables(seed) for seed in range(4)}


def with_values(name):
    """The function, and its values in both channels at all sums from -8 to 8."""
    op, x = ACTIVATIONS[name], tensor((2, 1, 1), QInt(-8, 8))
    sums = np.broadcast_to(np.arange(-8, 9), (2, 17))
    values = evaluate(op, sums[None, :, :, None])[0, :, :, 0] if op else sums
    return step_function(layer(None, [x], op), x.lo, x.hi), sums, values.astype(np.int64)


each_activation = pytest.mark.parametrize("name", ACTIVATIONS)


@each_activation
def test_steps_are_where_the_output_changes(name):
    function, sums, values = with_values(name)
    for channel, y in enumerate(values):
        changes = np.flatnonzero(y[1:] != y[:-1]) + 1
        steps = set(function.steps(channel))
        assert steps <= set(sums[channel, changes])
        everywhere = not isinstance(ACTIVATIONS[name], Threshold | Table)
        assert everywhere or len(steps) == len(changes)
        ends = zip(*function.neighbours(channel), strict=True)
        above, below = ({s for a, b in zip(*e, strict=True) for s in range(a, b + 1)} for e in ends)
        assert above & set(sums[0, :-1]) == set(sums[0, changes - 1])
        assert below & set(sums[0, 1:]) == set(sums[0, changes])


@each_activation
def test_what_has_to_be_added_to_change_the_output(name):
    """Every pair of sums is tried: from the margin on the output is another one."""
    function, sums, values = with_values(name)
    up, down = function.margins(sums.T)
    for channel, k in np.ndindex(*values.shape):
        y = values[channel]
        more = [d for d in range(1, 17 - k) if (y[k + d :] != y[k]).all()]
        less = [d for d in range(1, k + 1) if (y[: k - d + 1] != y[k]).all()]
        for margin, found, beyond in ((up, more, 16 - k), (down, less, k)):
            assert margin[k, channel] == found[0] if found else margin[k, channel] > beyond
        crossed = function.crosses(channel, sums[channel, k], sums[channel, k:])
        assert crossed.tolist() == [(y[k : e + 1] != y[k]).any() for e in range(k, 17)]


@pytest.mark.parametrize("is_activation", [False, True], ids=["operation", "activation"])
def test_entries_of_a_table_show_where_they_are_looked_up(monkeypatch, is_activation):
    """Hardware has the entries as they are, so that no form is asked for."""
    monkeypatch.setattr("corgibuilder.stimulus.activation.form_of", lambda stage, **_: None)
    rng = np.random.default_rng(4)
    op = Table(values=rng.integers(-9, 9, (2, 16)), lo=0)
    inputs = [tensor((2, 3, 3), QInt(0, 15, step=3))]
    shown = shown_of(layer(None, inputs, op) if is_activation else layer(op, inputs))
    shown.add([(np.zeros((2, 3, 3), np.int64),)])
    assert (shown.coverage().constants, shown.coverage().constants_shown) == (2 * 6, 2)
    assert shown.coverage().weight_bits == 0
    maps = np.zeros((2, 3, 3), np.int64)
    maps[0, 0, :2] = 9, 15
    shown.add([(maps,)])
    assert shown.coverage().constants_shown == 4
    frames = stage_frames(shown, 20, rng)
    assert shown.coverage().hidden == 0
    assert all(QInt.of(x) | QInt(0, 15, step=3) == QInt(0, 15, step=3) for (x,) in frames)


def test_factors_of_a_sum_are_no_weights_in_memory():
    shown = shown_of(stage_of(OPS["add"], QInt(0, 15), "15", seed=1))
    assert not shown.has_weights
    assert shown.coverage().weight_bits == 0
    assert shown.coverage().constants > 0


def test_grouped_weights_share_a_memory_with_zeros():
    grouped = sums_of(layer(OPS["grouped"], [tensor((4, 4, 5), QInt(0, 3))]))
    assert 0 in grouped.weight_range
    signs = sums_of(layer(OPS["signs"], [tensor((2, 4, 5), QInt(0, 3))]))
    assert signs.weight_range == BIPOLAR
    assert SAME.pads


def added(seed):
    """Two inputs with factors of some bits: most numbers are no sum of theirs."""
    rng = np.random.default_rng(seed)
    factors = tuple(int(f) for f in rng.integers(20, 200, 2) * rng.choice([-1, 1], 2))
    inputs = [tensor((2, 4, 5), QInt(0, 15)), tensor((2, 4, 5), QInt(-7, 8, step=3))]
    inputs[0].hi[1] = 3
    every = np.add.outer(factors[0] * np.arange(16), factors[1] * np.arange(-7, 9, 3))
    return factors, inputs, [np.unique(every), np.unique(every[:4])]


@pytest.mark.parametrize("seed", range(5))
def test_which_ranges_hold_a_sum_of_a_few_operands(seed):
    factors, inputs, every = added(seed)
    sums, rng = sums_of(layer(Add(factors=factors), inputs)), np.random.default_rng(seed)
    first = rng.integers(every[0][0] - 9, every[0][-1] + 9, 300)
    last = first + rng.integers(-2, 40, 300)
    for channel, found in enumerate(every):
        held = [found[(found >= a) & (found <= b)] for a, b in zip(first, last, strict=True)]
        expected = [(some[0], some[-1]) for some in held if len(some)]
        assert 0 < len(expected) < 300
        got = zip(*sums.within(channel, first, last), strict=True)
        assert [(int(a), int(b)) for a, b in got] == expected


@pytest.mark.parametrize("seed", range(5))
def test_every_sum_of_two_inputs_is_found(seed):
    factors, inputs, every = added(seed)
    rng = np.random.default_rng(seed)
    steps = np.sort(rng.choice(np.concatenate(every), (2, 12), replace=False), axis=1)
    shown = shown_of(layer(Add(factors=factors), inputs, Threshold(steps=steps, base=0)))
    shown.add([tuple(np.full((2, 4, 5), x.range.lo) for x in inputs)])
    hidden = shown.coverage().hidden
    assert hidden > 10
    stage_frames(shown, 2 + hidden // (2 * 20), rng)  # with 20 sums of each channel in a frame
    assert shown.coverage().hidden == 0


def test_many_operands_have_sums_that_differ_by_a_divisor():
    conv = Conv(
        weights=6 * np.ones((1, 2, 3, 3), int), bias=np.array([1]), window=Window(kernel=(3, 3))
    )
    sums = sums_of(layer(conv, [tensor((2, 4, 5), QInt(-8, 7, step=5))]))
    first, last = np.array([1 - 90, 0, 1, 2, 30]), np.array([40, 30, 61, 40, 29])
    starts, ends = sums.within(0, first, last)
    one = 1 + 6 * 18 * -8
    assert all((x - one) % 30 == 0 for x in [*starts, *ends])
    assert starts.tolist() == [one + 30 * k for k in (26, 29, 29, 29)]
    assert ends.tolist() == [one + 30 * k for k in (30, 29, 30, 30)]
