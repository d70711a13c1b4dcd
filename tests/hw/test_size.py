"""The largest maps that are accepted, through the simulator."""

import shutil

import numpy as np
import pytest

from corgibuilder import api
from corgibuilder.limits import MAX_SIDE
from corgibuilder.verify import Simulator

from ..frontend.models import Model

FAST = Simulator.ICARUS if shutil.which("iverilog") else Simulator.VERILATOR  # to compile


@pytest.mark.parametrize(
    ("shape", "cycles", "window_source"),
    [
        ((1, 1, MAX_SIDE), MAX_SIDE, "column_buffer"),
        pytest.param((1, 1, MAX_SIDE), 3 * MAX_SIDE, "tap_serial", marks=pytest.mark.slow),
        pytest.param((1, MAX_SIDE, 1), 3 * MAX_SIDE, "tap_serial", marks=pytest.mark.slow),
    ],
)
def test_every_pixel_of_the_longest_row_or_column(tmp_path, shape, cycles, window_source):
    kernel, pads = ((1, 3), [0, 1, 0, 1]) if shape[1] == 1 else ((3, 1), [1, 0, 1, 0])
    model = Model(shape, "UINT2")
    model.conv(np.array([3, -1, 2]).reshape(1, 1, *kernel), pads=pads, name="conv")
    source = model.save(tmp_path)
    plan = api.plan(api.read(source), fps=1000, clock_hz=1000 * cycles)
    assert plan.stages[0].folding.source.value == window_source
    api.build(source, plan, tmp_path / "build")
    report = api.simulate(tmp_path / "build", frames=1, simulator=FAST)
    assert report.passed
    assert report.outputs_compared >= MAX_SIDE  # and those of smaller frames
