"""``table``: the result of every accumulator, looked up."""

import numpy as np
from amaranth.hdl import Const

from corgibuilder.plan.requantisers import TableForm

from .path import DataPath, grouped


def build_table(path: DataPath, form: TableForm, codes: list):
    """One ROM per lane, addressed with the word of the pixel and the accumulator's code.

    ``codes`` are the accumulators as the stream carries them.
    """
    results = []
    for lane, value in enumerate(path.values):
        index = codes[lane] if form.acc.step > 1 else value - form.acc.lo
        index = path.wire(index, form.index, f"index_{lane}")
        if len(form.values) == 1:
            rows, group = form.values, Const(0)
        else:
            columns = [grouped(column, path.lanes)[:, lane] for column in form.values.T]
            rows, group = np.stack(columns, axis=1), path.group
        results.append(path.lookup(rows, group, index, form.out, f"entry_{lane}"))
    path.give(results, form.out, latency=form.latency)
