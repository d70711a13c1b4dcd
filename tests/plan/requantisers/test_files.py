"""Files that round twice in a layer get a cascade, whatever their scales are."""

import numpy as np
import pytest

from corgibuilder.frontend import read
from corgibuilder.ir import TensorType
from corgibuilder.plan.forms import form_of
from corgibuilder.plan.layers import group_layers
from corgibuilder.plan.requantisers import CascadeForm, ThresholdForm

from ...frontend.models import Model
from .choose import every_form

CHANNELS = 24


def quantised_twice(rng, first, second):
    """Convolution, ``Quant``, batch normalisation with some negative factors, ReLU, ``Quant``."""
    model = Model((6, 4, 4), annotation="INT8")
    model.conv(rng.integers(-127, 128, (CHANNELS, 6, 3, 3)))
    model.quant(first, bits=8)
    gamma = rng.uniform(0.6, 1.6, CHANNELS) * np.where(np.arange(CHANNELS) % 5, 1, -1)
    parameters = [gamma, rng.normal(0, 9, CHANNELS), rng.normal(0, 9, CHANNELS)]
    constants = [model.const(value) for value in (*parameters, rng.uniform(0.7, 1.4, CHANNELS))]
    model.node("BatchNormalization", *constants)
    model.node("Relu")
    model.quant(second, bits=8, signed=0)
    return model


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("first", [64.0, 511.3])
def test_quant_batch_normalisation_relu_quant(tmp_path, first, seed):
    model = quantised_twice(np.random.default_rng(seed), first, first * 0.77)
    (stage,) = group_layers(read(model.save(tmp_path)))
    form = form_of(stage, lanes=1)
    assert isinstance(form, CascadeForm)
    x = TensorType(stage.acc.shape, stage.acc.lo + stage.bias, stage.acc.hi + stage.bias)
    search = next(
        f for f in every_form(stage.activation, x, stage.bias) if isinstance(f, ThresholdForm)
    )
    lo, hi = stage.acc.lo, stage.acc.hi
    sums = np.arange(lo.min(), hi.max() + 1).clip(lo[:, None], hi[:, None])
    np.testing.assert_array_equal(form.apply(sums), search.apply(sums))
    roms = [f.memories(stage.acc.range, CHANNELS, 1) for f in (form, search)]
    bits = [sum(rom.bits for rom in some) for some in roms]
    assert bits[0] * 20 < bits[1]
