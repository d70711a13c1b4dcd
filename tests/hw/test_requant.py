"""Every form, over the whole range of the accumulator."""

import numpy as np
import pytest

from corgibuilder.hw.requant import Requant
from corgibuilder.ir import Clamp, QInt, Shape, TensorType, Threshold
from corgibuilder.plan.requantisers import ScaleForm, ShiftForm, ThresholdForm, find_form

from ..streams import run_stream


def half_even(shift, offsets, levels):
    """Steps of ``round_half_even((x + offset) / 2**shift)`` for levels 1.. ``levels``."""
    k = np.arange(1, levels + 1)
    return np.array([(k << shift) - (1 << shift >> 1) + (k & 1) - o for o in offsets])


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
    "odd": (ThresholdForm, Threshold(steps=np.array([[-30, -29, -12, 0, 1, 2, 33]]), base=-3)),
    "clamp": (ShiftForm, Clamp(range=QInt(0, 11))),
    "none": (ShiftForm, None),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("lanes", [1, 3, 4])
@pytest.mark.parametrize("stall", [0, 0.3])
def test_hardware_equals_the_step_function(case, lanes, stall):
    kind, op = CASES[case]
    bias = np.array([0, 5, -4, 2])
    lo, hi = -50, 60
    acc = np.arange(lo, hi + 1)
    x = acc[:, None] + bias
    form = find_form(op, TensorType(Shape(4, 1, 1), lo + bias, hi + bias), bias)
    assert isinstance(form, kind)
    match op:
        case Threshold():
            want = op.base + (x[:, :, None] >= op.steps[None]).sum(axis=2)
        case Clamp():
            want = x.clip(op.range.lo, op.range.hi)
        case None:
            want = x
    dut = Requant(
        form, acc=QInt(lo, hi), out=QInt(int(want.min()), int(want.max())), channels=4, lanes=lanes
    )
    words = []
    for v in acc.tolist():
        pixel = [v] * 4
        words += [(pixel[k : k + lanes] + [0] * lanes)[:lanes] for k in range(0, 4, lanes)]
    got = np.array(run_stream(dut, words, stall=stall)).reshape(len(acc), -1)[:, :4]
    np.testing.assert_array_equal(got, want)
