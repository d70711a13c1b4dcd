"""``scale``: multiply, add, shift."""

from corgibuilder.ir import QInt
from corgibuilder.plan.requantisers import ScaleForm

from .path import DataPath


def build_scale(path: DataPath, form: ScaleForm):
    """Product and sum in one cycle, the clip in the next, between registers."""
    mults, offsets = path.table(form.mult, "mult"), path.table(form.offset, "offset")
    scaled_q = form.scaled(path.q)
    shifted_q = QInt(scaled_q.lo >> form.shift, scaled_q.hi >> form.shift)
    results, q = [], path.q
    for lane, value in enumerate(path.values):
        acc = path.register(value, path.q, f"acc_{lane}")
        scaled = path.register(acc * mults[lane] + offsets[lane], scaled_q, f"scaled_{lane}")
        value = path.wire(scaled >> form.shift, shifted_q, f"shifted_{lane}")
        value, q = path.clip(value, shifted_q, form.out, str(lane))
        results.append(path.register(value, q, f"result_{lane}"))
    path.give(results, q, latency=form.latency)
