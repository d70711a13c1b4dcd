"""``shift``: an offset, then half-even shifts."""

from corgibuilder.ir import QInt
from corgibuilder.plan.requantisers import Rounding, ShiftForm

from .path import DataPath


def build_shift(path: DataPath, form: ShiftForm):
    """Sum, roundings and clips in one cycle, between registers."""
    offsets = path.table(form.offset, "offset")
    results, q = [], path.q
    for lane, value in enumerate(path.values):
        acc = path.register(value, path.q, f"acc_{lane}")
        q = form.summed(path.q)
        value = path.wire(acc + offsets[lane], q, f"sum_{lane}")
        for k, rounding in enumerate(form.roundings):
            value, q = _round(path, value, q, rounding, f"{lane}_{k}")
        results.append(path.register(value, q, f"result_{lane}"))
    path.give(results, q, latency=form.latency)


def _round(path: DataPath, value, q: QInt, rounding: Rounding, name: str):
    """Half-even rounding shift and clip; returns the value and its range."""
    if rounding.shift < 0:
        q = QInt(q.lo << -rounding.shift, q.hi << -rounding.shift)
        value = path.wire(value << -rounding.shift, q, f"multiplied_{name}")
    if rounding.shift > 0:
        half = (1 << (rounding.shift - 1)) - 1
        odd = value[rounding.shift] if rounding.shift < len(value) else value[-1] & (q.lo < 0)
        q_half = QInt(q.lo + half, q.hi + half + 1)
        raised = path.wire(value + half + odd, q_half, f"raised_{name}")
        q = QInt(q_half.lo >> rounding.shift, q_half.hi >> rounding.shift)
        value = path.wire(raised >> rounding.shift, q, f"shifted_{name}")
    return path.clip(value, q, rounding.out, name)
