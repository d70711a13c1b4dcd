"""Limits of each channel, between two parts of a cascade."""

from amaranth.hdl import Mux

from corgibuilder.plan.requantisers import ClipForm

from .path import DataPath


def build_clip(path: DataPath, form: ClipForm):
    """Both comparisons in one cycle, between registers."""
    lowest, least = int(form.lo.min()), int(form.hi.min())
    lows, highs = path.table(form.lo - lowest, "lo"), path.table(form.hi - least, "hi")
    results = []
    for lane, value in enumerate(path.values):
        acc = path.register(value, path.q, f"acc_{lane}")
        low, high = lows[lane] + lowest, highs[lane] + least
        value = path.wire(
            Mux(acc < low, low, Mux(acc > high, high, acc)), form.out, f"clipped_{lane}"
        )
        results.append(path.register(value, form.out, f"result_{lane}"))
    path.give(results, form.out, latency=form.latency)
