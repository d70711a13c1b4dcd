"""What the hardware's counters cannot take is refused before anything is planned."""

import json
from dataclasses import replace

import pytest

from corgibuilder.diagnostics import CompileError
from corgibuilder.ir import Pads, Pool, PoolKind, Window
from corgibuilder.limits import MAX_SIDE
from corgibuilder.plan import Plan, Target, make_plan, pipeline_of

from ..toys import POINT, chain, conv

TARGET = Target(fps=1, clock_hz=10**8)
ROW = Window(kernel=(1, 3), pads=Pads(left=1, right=1))
COLUMN = Window(kernel=(3, 1), pads=Pads(top=1, bottom=1))
GROWS = Window(kernel=(1, 3), pads=Pads(left=2, right=2))
LONG = Window(kernel=(1, MAX_SIDE + 1), pads=Pads(left=MAX_SIDE, right=MAX_SIDE))
FAR = Window(kernel=(1, 1), stride=(MAX_SIDE + 1, 1))
SKIPS = Window(kernel=(1, 1), stride=(1, 1 << 62))

REFUSED = {
    "wide": (chain((1, 1, MAX_SIDE + 1), conv(1, 1, ROW)), "65,536 columns", "x"),
    "high": (chain((1, MAX_SIDE + 1, 1), conv(1, 1, COLUMN)), "65,536 rows", "x"),
    "inner": (chain((1, 1, MAX_SIDE), conv(1, 1, GROWS), conv(1, 1, ROW)), "65,537 columns", "n0"),
    "output": (chain((1, 1, MAX_SIDE), conv(1, 1, POINT), conv(1, 1, GROWS)), "65,537 col", "n1"),
    "kernel": (chain((1, 1, 2), conv(1, 1, LONG)), "65,537 columns", "n0"),
    "kernel of a pool": (
        chain((1, 1, 1), Pool(kind=PoolKind.MAX, window=replace(LONG, stride=(1, 1 << 15)))),
        "65,536 columns in a window",
        "n0",
    ),
    "stride": (chain((1, 4, 4), conv(1, 1, FAR)), "65,536 rows from one window to the next", "n0"),
    "huge": (chain((1, 4, 4), conv(1, 1, SKIPS)), "4,611,686,018,427,387,904 columns from", "n0"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_more_than_can_be_counted_is_refused(name):
    network, problem, node = REFUSED[name]
    with pytest.raises(CompileError) as caught:
        make_plan(network, TARGET)
    message = str(caught.value)
    assert message.startswith(f"error[CB414]: there are {problem}")
    assert message.endswith(
        f" here, and the hardware counts to 65,535\n  --> toy.onnx: {node}\n"
        "  help: give smaller images, or cut them into parts that each pass as a frame"
    )


def test_also_where_pixels_would_travel_side_by_side():
    with pytest.raises(CompileError, match="CB414"):
        make_plan(REFUSED["wide"][0], replace(TARGET, headroom=2))


def test_also_with_a_plan_from_a_file():
    plan = make_plan(chain((1, 1, MAX_SIDE), conv(1, 1, ROW)), TARGET)
    with pytest.raises(CompileError, match="CB414"):
        pipeline_of(REFUSED["wide"][0], Plan.from_json(plan.to_json()))
    assert json.loads(plan.to_json())["cycles_per_frame"] >= MAX_SIDE


@pytest.mark.parametrize("shape", [(1, 1, MAX_SIDE), (1, MAX_SIDE, 1)], ids=["wide", "high"])
def test_the_largest_maps_are_planned(shape):
    plan = make_plan(chain(shape, conv(1, 1, ROW if shape[1] == 1 else COLUMN)), TARGET)
    assert plan.cycles_per_frame >= MAX_SIDE
