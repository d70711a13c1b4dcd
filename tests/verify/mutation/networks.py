"""Three small networks that have, among them, every kind of stage, memory and requantiser."""

import numpy as np

from corgibuilder import api

from ...frontend.models import Model
from ...test_networks import thresholds


def folded(folder):
    """Of any size: line buffers, serialisers, thresholds and weights in memories, a fork."""
    rng = np.random.default_rng(1)
    model = Model((2, 4, 5), "UINT3")
    model.conv(rng.integers(-3, 4, (4, 2, 3, 3)), pads=[1, 1, 1, 1], name="stem")
    thresholds(model, rng, 4, 15, 40)
    tap = model.last
    model.conv(
        rng.integers(-3, 4, (4, 1, 3, 3)), group=4, pads=[1, 1, 1, 1], strides=[2, 2], name="half"
    )
    thresholds(model, rng, 4, 7, 40)
    model.conv(rng.integers(-3, 4, (5, 4, 1, 1)), name="point")
    thresholds(model, rng, 5, 3, 40)
    return model.save(folder, [tap, model.last]), {"cycles": 200}


def classifier(folder):
    """Of one size: whole windows from registers, scales, a pool of tiles, a connected layer."""
    rng = np.random.default_rng(2)
    model = Model((3, 6, 6), "INT4")
    model.conv(rng.integers(-3, 4, (4, 3, 3, 3)), pads=[1, 1, 1, 1], name="stem")
    model.quant(7.3, bits=4, signed=0)
    model.node("MaxPool", kernel_shape=[2, 2], strides=[2, 2], name="pool")
    model.conv(rng.integers(-7, 8, (6, 4, 2, 2)), name="body")
    model.quant(13.7, bits=3, signed=0)
    model.node("Flatten", axis=1)
    model.node("MatMul", model.const(rng.integers(-3, 4, (24, 5))), name="dense")
    return model.save(folder), {"cycles": 160}


def fast(folder):
    """One position a cycle: banks of rows, multiplier arrays without folds, shifts."""
    rng = np.random.default_rng(3)
    model = Model((1, 8, 8), "UINT4")
    model.conv(rng.integers(-3, 4, (2, 1, 3, 3)), pads=[1, 1, 1, 1], name="stem")
    model.quant(8.0, bits=4, signed=0)
    model.conv(rng.integers(-3, 4, (2, 1, 3, 3)), group=2, pads=[1, 1, 1, 1], name="depth")
    model.quant(4.0, bits=3, signed=0)
    model.node("AveragePool", kernel_shape=[3, 3], strides=[3, 3], name="mean")
    return model.save(folder), {"cycles": 64}


def build(case, folder):
    """Build directory of a network."""
    source, target = case(folder)
    plan = api.plan(api.read(source), fps=1000, clock_hz=1000 * target["cycles"])
    api.build(source, plan, folder / "build")
    return folder / "build", plan


NETWORKS = (folded, classifier, fast)
