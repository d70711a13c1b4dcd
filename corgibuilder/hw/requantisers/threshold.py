"""``threshold``: a binary search for the last step that is reached."""

import numpy as np
from amaranth.hdl import Const, Signal

from corgibuilder.ir import QInt
from corgibuilder.plan.requantisers import ThresholdForm

from .path import DataPath, grouped


def build_threshold(path: DataPath, form: ThresholdForm):
    """Each level compares with the step in the middle of what is left, in a cycle of its own."""
    held = form.held(path.q)
    steps = np.full((path.channels, (1 << form.levels) - 1), held.hi, np.int64)
    steps[:, : form.steps.shape[1]] = form.steps.clip(held.lo, held.hi)
    results = []
    for lane, value in enumerate(path.values):
        rows = np.stack([grouped(column, path.lanes)[:, lane] for column in steps.T], axis=1)
        found = _search(path, rows, held, value, lane)
        results.append(path.register(found + form.base, form.out, f"result_{lane}"))
    path.give(results, form.out, latency=form.latency)


def _search(path: DataPath, rows, held: QInt, acc, lane: int):
    """Number of steps of its channel's row that ``acc`` reaches."""
    group, found = path.group, Const(0, 1)
    levels = rows.shape[1].bit_length()
    for level in range(levels):
        middle = rows[:, (1 << (levels - level - 1)) - 1 :: 1 << (levels - level)]
        step = path.lookup(middle, group, found, held, f"step_{lane}_{level}")
        acc = path.register(acc, path.q, f"acc_{lane}_{level}")
        if path.groups > 1:
            group = path.register(group, QInt(0, path.groups - 1), f"group_{lane}_{level}")
        before = found
        found = Signal(level + 1, name=f"found_{lane}_{level}")
        above = acc >= step
        if level:
            last = path.register(before, QInt(0, (1 << level) - 1), f"last_{lane}_{level}")
            above |= last << 1
        path.m.d.comb += found.eq(above)
    return found
