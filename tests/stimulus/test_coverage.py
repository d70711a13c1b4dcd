"""What is said to show shows, and what is said not to does not: by trying every fault."""

from dataclasses import replace

import numpy as np
import pytest

from corgibuilder.golden import evaluate
from corgibuilder.ir import (
    Add,
    Clamp,
    Conv,
    Move,
    Pool,
    PoolKind,
    QInt,
    TensorType,
    Threshold,
    Window,
)
from corgibuilder.plan.requantisers import (
    CascadeForm,
    ClipForm,
    Rounding,
    ScaleForm,
    ShiftForm,
    TableForm,
    ThresholdForm,
)
from corgibuilder.stimulus.alone import stage_frames
from corgibuilder.stimulus.coverage import Shown
from corgibuilder.stimulus.kinds import sums_of
from corgibuilder.stimulus.values import stage_values
from corgibuilder.stimulus.whole import KINDS, varied

from ..kinds import CHANNELS, MOVES
from ..plan.requantisers.choose import every_form
from ..random_networks import random_steps
from ..toys import HALVES, POINT, SAME, conv
from .layers import input_count, layer, tensor

FULL = Window(kernel=(4, 5))
BIPOLAR = QInt(-1, 1, step=2)
ENTRIES = [QInt(0, 15), QInt(-8, 7), QInt(0, 1), BIPOLAR]
OPS = {
    "dense": conv(2, 3, SAME),
    "strided": conv(2, 3, replace(SAME, stride=(2, 2))),
    "depthwise": conv(2, 2, SAME, groups=2),
    "grouped": conv(4, 6, POINT, groups=2),
    "connected": conv(2, 5, FULL),
    "signs": replace(conv(2, 3, HALVES), weights=2 * (conv(2, 3, HALVES).weights > 0) - 1),
    "sum": Pool(kind=PoolKind.SUM, window=HALVES),
    "largest": Pool(kind=PoolKind.MAX, window=HALVES),
    "add": Add(factors=(3, -2)),
    **{name: example.op for name, example in MOVES.items()},  # which have no constants
}


def stage_of(op, entry, finish, seed=0):
    """A stage of ``op`` on 4x5 maps with some activation of the kind ``finish``."""
    wide = isinstance(op, Move) or (isinstance(op, Conv) and op.weights.shape[0] == 6)
    channels = CHANNELS if wide else 2
    inputs = [tensor((channels, 4, 5), x) for x in (entry, QInt(-3, 3))][: input_count(op)]
    kind = op.infer(*inputs)
    if finish == "clamp":
        activation = Clamp(range=QInt(kind.range.lo // 2, kind.range.hi // 3))
    elif finish == "none":
        activation = None
    else:
        steps = random_steps(np.random.default_rng(seed), kind, int(finish), 0)
        if seed % 2 == 0:  # as quantisers have them: evenly apart
            apart = max(1, (kind.range.hi - kind.range.lo) // (int(finish) + 1))
            steps = replace(steps, steps=steps.steps[:, :1] + np.arange(int(finish)) * apart)
        # The hardware has no steps that no sum reaches: a wrong sum does not reach them either.
        steps = steps.steps.copy()
        steps[steps <= kind.lo[:, None]] = -(10**9)
        steps[steps > kind.hi[:, None]] = 10**9
        activation = Threshold(steps=steps, base=0)
    return layer(op, inputs, activation)


def shown_of(stage):
    return Shown(stage, sums_of(stage), 1)


def frame(stage, number, rng):
    """A map for each input."""
    return tuple(varied(x, number, rng) for x in stage.inputs)


def flipped(stage, index, bit, held):
    weights = stage.op.weights.copy()
    value = -(1 << bit) if held.signed and bit == held.width - 1 else 1 << bit
    code = held.code(int(weights[index]))
    weights[index] += (-value if code >> bit & 1 else value) * held.step
    return replace(stage, op=replace(stage.op, weights=weights))


@pytest.mark.parametrize("finish", ["none", "clamp", "1", "3", "15"])
@pytest.mark.parametrize("op", [name for name, op in OPS.items() if isinstance(op, Conv)])
@pytest.mark.parametrize("entry", ENTRIES, ids=str)
def test_flipped_bits_of_weights(op, finish, entry):
    stage = stage_of(OPS[op], entry, finish, seed=len(finish))
    rng = np.random.default_rng(1)
    frames = [frame(stage, number, rng) for number in range(2)]
    shown = shown_of(stage)
    shown.add(frames)
    right = np.stack(stage_values(stage, frames))
    many = [frame(stage, number, rng) for number in range(20)]
    right_many = np.stack(stage_values(stage, many))
    shape = stage.op.weights.shape
    for bit, (change, seen) in enumerate(shown.flips()):
        possible = shown.possible(change, ~seen).reshape(shape)
        for index in np.ndindex(*shape):
            wrong = flipped(stage, index, bit, shown.sums.weight_range)
            differs = bool((np.stack(stage_values(wrong, frames)) != right).any())
            assert differs == seen.reshape(shape)[index]
            if not differs and not possible[index]:
                assert (np.stack(stage_values(wrong, many)) == right_many).all()


def function(form, acc, channel):
    """What the hardware makes of a sum without its bias, in one channel."""
    match form:
        case ThresholdForm():
            return form.base + (acc[:, None] >= form.steps[channel]).sum(axis=1)
        case ScaleForm():
            scaled = acc * form.mult[channel] + form.offset[channel] >> form.shift
            return scaled.clip(form.out.lo, form.out.hi)
        case ShiftForm():
            value = acc + form.offset[channel]
            for r in form.roundings:
                if r.shift > 0:
                    value = value + (1 << r.shift - 1) - 1 + (value >> r.shift & 1) >> r.shift
                value = (value << max(-r.shift, 0)).clip(r.out.lo, r.out.hi)
            return value
        case ClipForm():
            return acc.clip(form.lo[channel], form.hi[channel])
        case CascadeForm():
            for part in form.parts:
                acc = function(part, acc, channel)
            return acc
        case TableForm():
            row = form.values[channel if len(form.values) > 1 else 0]
            return row[(acc - form.acc.lo) // form.acc.step]


CONSTANTS = {
    ThresholdForm: ["steps"],
    ScaleForm: ["mult", "offset"],
    ShiftForm: ["offset"],
    ClipForm: ["lo", "hi"],
    TableForm: ["values"],
}


def off_by_one(form, channel):
    """The form with each of the channel's constants wrong by one."""
    if isinstance(form, CascadeForm):
        for k, part in enumerate(form.parts):
            if isinstance(part, ShiftForm) and not part.offset.any():
                continue  # nothing is added
            for wrong in off_by_one(part, channel):
                yield replace(form, parts=(*form.parts[:k], wrong, *form.parts[k + 1 :]))
        return
    for name in CONSTANTS[type(form)]:
        table = getattr(form, name)
        for index in np.ndindex(*table.shape[1:]):
            for by in (1, -1):
                changed = table.copy()
                changed[(channel if len(table) > 1 else 0, *index)] += by
                if name == "mult" and changed[channel] < 0:
                    continue  # the function would fall
                yield replace(form, **{name: changed})


def counted(shown, frames):
    """Faults of constants that show in frames: as is said, and as trying them all finds."""
    form, stage = shown.activation.form, shown.stage
    sums = np.stack(stage_values(replace(stage, activation=None), frames))
    sums = sums - stage.bias[:, None, None]
    seen = differing = 0
    for c in range(sums.shape[1]):
        acc = np.unique(sums[:, c]).astype(np.int64)
        right = function(form, acc, c)
        if isinstance(form, ThresholdForm) and len(np.unique(form.steps[c])) < form.steps.shape[1]:
            continue
        differing += sum((function(f, acc, c) != right).any() for f in off_by_one(form, c))
        firsts, lasts = shown.activation.faults(c)
        seen += int(shown._seen(c, firsts, lasts).sum())
    return seen, differing


@pytest.mark.parametrize("finish", ["none", "clamp", "2", "15", "40"])
@pytest.mark.parametrize("op", OPS)
def test_constants_off_by_one(op, finish):
    """In every form that there is for the activation."""
    stage = stage_of(OPS[op], QInt(-8, 7), finish, seed=4)
    rng = np.random.default_rng(2)
    frames = [frame(stage, number, rng) for number in range(2)]
    if finish == "none" and op in MOVES:
        assert sums_of(stage) is None
        return
    shown = shown_of(stage)
    shown.add(frames)
    if shown.activation.form is None:
        assert shown.coverage().constants == 0
        return
    acc, bias = stage.acc, stage.bias
    x = TensorType(acc.shape, acc.lo + bias, acc.hi + bias, acc.step)
    for form in every_form(stage.activation, x, bias):
        shown.activation = replace(shown.activation, form=form)
        seen, differing = counted(shown, frames)
        assert seen == differing


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("scaled", [True, False])
def test_constants_of_cascades_off_by_one(seed, scaled):
    stage = stage_of(OPS["dense"], QInt(-8, 7), "none")
    rng = np.random.default_rng(seed)
    offset, cut = rng.integers(-90, 90, 3), QInt(-60, 70)
    parts = [
        ShiftForm(offset=offset, roundings=(Rounding(shift=2, out=cut),)),
        ClipForm(lo=rng.integers(-30, -20, 3), hi=rng.integers(20, 30, 3)),
        ScaleForm(
            mult=rng.integers(90, 400, 3), offset=rng.integers(-999, 999, 3), shift=8, out=cut
        ),
        ShiftForm(offset=offset * 0, roundings=(Rounding(shift=1, out=QInt(-12, 15)),)),
    ]
    if scaled:
        parts[0] = ScaleForm(mult=rng.integers(7, 20, 3), offset=offset, shift=6, out=cut)
    frames = [frame(stage, number, rng) for number in range(20)]
    shown = shown_of(stage)
    shown.add(frames)
    shown.activation = replace(shown.activation, form=CascadeForm(parts=tuple(parts)))
    seen, differing = counted(shown, frames)
    assert seen == differing
    assert differing > 10


def test_frames_of_their_own_show_the_rest():
    for number, op in enumerate(OPS.values()):
        stage = stage_of(op, QInt(0, 15), "15", seed=number)
        shown, rng = shown_of(stage), np.random.default_rng(1)
        shown.add([tuple(np.full(tuple(x.shape), x.range.lo) for x in stage.inputs)])
        before = shown.coverage()
        frames = stage_frames(shown, 300, rng)
        assert before.hidden
        assert frames
        after = shown.coverage()
        assert after.weight_bits_shown >= 0.99 * after.weight_bits
        assert after.constants_shown >= 0.95 * after.constants
        for found in frames:
            for x, values in zip(stage.inputs, found, strict=True):
                assert values.min() >= x.range.lo
                assert values.max() <= x.range.hi


def test_frames_of_their_own_hold_values_with_a_step():
    for number, entry in enumerate([BIPOLAR, QInt(-4, 5, step=3)]):
        for op in (OPS["signs"], OPS["sum"]):
            stage = stage_of(op, entry, "2", seed=number)
            shown, rng = shown_of(stage), np.random.default_rng(1)
            shown.add([(np.full(tuple(stage.inputs[0].shape), entry.lo),)])
            frames = stage_frames(shown, 100, rng)
            assert frames
            assert all(QInt.of(x) | entry == entry for (x,) in frames)
            after = shown.coverage()
            assert (after.hidden, after.constants > 0) == (0, True)


def test_no_more_frames_than_may_be():
    stage = stage_of(OPS["connected"], QInt(0, 15), "15")
    shown, rng = shown_of(stage), np.random.default_rng(1)
    shown.add([frame(stage, 0, rng)])
    assert len(stage_frames(shown, 3, rng)) == 3


def test_kinds_stay_in_the_range_of_each_channel():
    stage = stage_of(OPS["dense"], QInt(-3, 9), "none")
    rng = np.random.default_rng(1)
    for number in range(2 * len(KINDS)):
        (x,) = frame(stage, number, rng)
        assert x.shape == tuple(stage.inputs[0].shape)
        assert x.min() >= -3
        assert x.max() <= 9
        assert x.min() != x.max()
    np.testing.assert_array_equal(evaluate(stage.op, x[None]).shape, (1, 3, 4, 5))


def test_kinds_keep_to_a_step():
    stage = stage_of(OPS["dense"], QInt(-7, 8, step=5), "none")
    for number in range(len(KINDS)):
        (x,) = frame(stage, number, np.random.default_rng(1))
        assert set(np.unique(x)) <= {-7, -2, 3, 8}
        assert x.min() != x.max()
