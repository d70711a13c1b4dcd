"""Every form, over the whole range of the accumulator."""

import numpy as np
import pytest

from corgibuilder.golden import evaluate
from corgibuilder.hw.requant import Requant
from corgibuilder.ir import Clamp, QInt, Shape, Table, TensorType, Threshold
from corgibuilder.plan.components import RequantiserConfig
from corgibuilder.plan.requantisers import (
    CascadeForm,
    ClipForm,
    Rounding,
    ScaleForm,
    ShiftForm,
    TableForm,
    ThresholdForm,
)

from ..plan.requantisers.choose import every_form
from ..streams import run_stream, run_streams

LO, HI = -50, 60
BIAS = np.array([0, 5, -4, 2])


def half_even(shift, offsets, levels):
    """Steps of ``round_half_even((x + offset) / 2**shift)`` for levels 1.. ``levels``."""
    k = np.arange(1, levels + 1)
    return np.array([(k << shift) - (1 << shift >> 1) + (k & 1) - o for o in offsets])


def cascaded(*slopes):
    """Steps at 1.. of a rounding to multiples of 4, then by ``slopes`` / 256."""
    k = np.arange(-15, 18)
    grid = (k << 2) - 2 + (k & 1)
    levels = [np.arange(1, 6)[None] <= ((k * s + 500) >> 8)[:, None] for s in slopes]
    return np.array([
        [grid[reached.argmax()] if reached.any() else 99 for reached in row.T] for row in levels
    ])


CASES = {
    "bipolar": (ThresholdForm, Threshold(steps=np.array([[-3], [5], [40], [-99]]), base=-1)),
    "two_bits": (ThresholdForm, Threshold(steps=np.array([[-9, 0, 7]]), base=-1)),
    "shift": (ShiftForm, Threshold(steps=half_even(2, [0, 3, -7, 11], 15), base=0)),
    "scale": (
        ScaleForm,
        Threshold(
            steps=np.array([
                [-(-(k * 256 - 128) // m) for k in range(1, 8)] for m in (29, 31, 57, 100)
            ]),
            base=0,
        ),
    ),
    "cascade": (CascadeForm, Threshold(steps=cascaded(90, 101, 117, 77), base=-2)),
    "odd": (ThresholdForm, Threshold(steps=np.array([[-30, -29, -12, 0, 1, 2, 33]]), base=-3)),
    "table": (TableForm, Threshold(steps=np.array([[-30, -29, -12, 0, 1, 2, 33]]), base=-3)),
    "clamp": (ShiftForm, Clamp(range=QInt(0, 11))),
    "none": (ShiftForm, None),
}


def outputs(form, acc, want, lanes, stall, **options):
    """What the hardware makes of ``acc``, ``(pixels, channels)``."""
    out = QInt(int(want.min()), int(want.max()))
    channels = acc.shape[1]
    held = options.pop("held", QInt(LO, HI))
    dut = Requant(RequantiserConfig(form=form, acc=held, out=out, channels=channels, lanes=lanes))
    words = []
    for pixel in acc.tolist():
        codes = [held.code(v) for v in pixel]
        words += [(codes[k : k + lanes] + [0] * lanes)[:lanes] for k in range(0, channels, lanes)]
    got = np.array(run_stream(dut, words, stall=stall))
    return got.reshape(len(acc), -1)[:, :channels]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("lanes", [1, 3, 4])
@pytest.mark.parametrize("stall", [0, 0.3])
def test_hardware_equals_the_step_function(case, lanes, stall):
    kind, op = CASES[case]
    acc = np.arange(LO, HI + 1)[:, None].repeat(4, axis=1)
    x = acc + BIAS
    kinds = {
        type(f): f for f in every_form(op, TensorType(Shape(4, 1, 1), LO + BIAS, HI + BIAS), BIAS)
    }
    match op:
        case Threshold():
            want = op.base + (x[:, :, None] >= op.steps[None]).sum(axis=2)
        case Clamp():
            want = x.clip(op.range.lo, op.range.hi)
        case None:
            want = x
    np.testing.assert_array_equal(outputs(kinds[kind], acc, want, lanes, stall), want)


def some_cascade(rng):
    """All kinds of parts, for 4 channels and values of about 7 bits."""
    offset = rng.integers(-30, 30, 4)
    cut = QInt(-9, 12)
    firsts = [
        ShiftForm(offset=offset, roundings=(Rounding(shift=2, out=cut),)),
        ScaleForm(mult=rng.integers(3, 9, 4), offset=offset, shift=5, out=cut),
        ScaleForm(mult=np.full(4, 5), offset=offset, shift=5, out=cut),
    ]
    clip = ClipForm(lo=rng.integers(-9, -6, 4), hi=rng.integers(8, 12, 4))
    mult = rng.integers(0, 99, 4)
    scale = ScaleForm(mult=mult, offset=rng.integers(-99, 99, 4), shift=4, out=QInt(-30, 60))
    last = Rounding(shift=int(rng.integers(-1, 3)), out=QInt(-20, 25))
    rounding = ShiftForm(offset=np.zeros(4, np.int64), roundings=(last,))
    chosen = [part for part in (clip, scale, rounding) if rng.random() < 0.7]
    return CascadeForm(parts=(firsts[rng.integers(3)], *chosen))


@pytest.mark.parametrize("lanes", [1, 2, 3, 4])
@pytest.mark.parametrize("seed", range(6))
def test_parts_of_cascades(seed, lanes):
    form = some_cascade(np.random.default_rng(seed))
    acc = np.arange(LO, HI + 1)[:, None].repeat(4, axis=1)
    want = form.apply(acc.T).T
    np.testing.assert_array_equal(outputs(form, acc, want, lanes, 0.3), want)


@pytest.mark.parametrize("same", [True, False])
@pytest.mark.parametrize("step", [1, 2, 5])
@pytest.mark.parametrize("lanes", [1, 2, 3])
def test_tables_of_any_function(lanes, step, same):
    """Also of accumulators that travel as codes, each in a range of its own, and of few values."""
    held = QInt(-15, 25, step) if step > 1 else QInt(-7, 20)
    rng = np.random.default_rng(step)
    lo, hi = np.array([held.lo, held.lo + step, held.lo]), np.array([held.hi, held.hi, held.lo])
    values = rng.integers(-9, 9, (1 if same else 3, held.hi - held.lo + 1))
    op = Table(values=values, lo=held.lo)
    x = TensorType(Shape(3, 1, 1), lo, hi, step)
    form = TableForm.of(op, x, np.zeros(3, np.int64), QInt(-9, 9))
    acc = rng.choice(np.arange(held.lo, held.hi + 1, step), (40, 3)).clip(lo, hi)
    want = evaluate(op, acc[:, :, None, None])[:, :, 0, 0]
    np.testing.assert_array_equal(form.apply(acc.T).T, want)
    got = outputs(form, acc, np.array([-9, 9]), lanes, 0.3, held=held)
    np.testing.assert_array_equal(got, want)


def test_a_table_behind_a_bias_gives_codes():
    bias, out = np.array([3, -2]), QInt(-4, 6, step=5)
    op = Table(values=np.array([[-4, 1, 6, 6, 1, -4, 1, 1, -4, 6]]), lo=-5)
    x = TensorType(Shape(2, 1, 1), np.array([-5, -4]), np.array([4, 2]))
    form = TableForm.of(op, x, bias, out)
    acc = np.array([[-8, -2], [-1, 3], [1, 4], [0, 0]])
    want = [[out.code(int(v)) for v in op.values[0][row + bias + 5]] for row in acc]
    got = outputs(form, acc, np.array([0, 2]), 1, 0.3, held=QInt(-8, 4))
    np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("lanes", [1, 2, 4])
@pytest.mark.parametrize("seed", range(6))
def test_latency_is_as_declared(seed, lanes):
    form = some_cascade(np.random.default_rng(seed))
    for tested in (form, form.parts[0]):
        assert cycles(tested, lanes) == tested.latency
    for kind, op in CASES.values():
        x = TensorType(Shape(4, 1, 1), LO + BIAS, HI + BIAS)
        (tested,) = [f for f in every_form(op, x, BIAS) if type(f) is kind][:1]
        assert cycles(tested, lanes) == tested.latency


def cycles(form, lanes):
    """From the word that enters to the one that leaves."""
    dut = Requant(
        RequantiserConfig(form=form, acc=QInt(LO, HI), out=QInt(-200, 200), channels=4, lanes=lanes)
    )
    feeds, due = {"i": [[0] * lanes]}, {"o": 1}
    return run_streams(dut, feeds, due, stall=0)[1] - 1
