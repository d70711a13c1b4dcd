"""Samples of requantisers of every form."""

from collections.abc import Iterator

import numpy as np

from corgibuilder.ir import Ints, QInt
from corgibuilder.plan.components import RequantiserConfig
from corgibuilder.plan.requantisers import (
    CascadeForm,
    Form,
    Rounding,
    ScaleForm,
    ShiftForm,
    TableForm,
    ThresholdForm,
)

from .sample import Sample, signed, unsigned


def requantisers() -> Iterator[Sample]:
    """Each with all channels at once, with some of them, and one by one."""
    for lanes, channels, acc_bits, out_bits in (
        *((4, 4, 12, 4), (8, 8, 18, 8)),
        *((4, 16, 14, 4), (2, 32, 20, 8), (1, 24, 12, 3), (1, 64, 17, 6)),
    ):
        acc, out = signed(acc_bits), unsigned(out_bits)
        for name, form in _forms(acc, out, channels).items():
            config = RequantiserConfig(form=form, acc=acc, out=out, channels=channels, lanes=lanes)
            yield Sample(kind=f"requantiser, {name}", config=config)
    yield from _tables()


def _forms(acc: QInt, out: QInt, channels: int) -> dict[str, Form]:
    """Forms that bring sums to about the whole of ``out``, by name."""
    draw = np.random.default_rng(channels)
    shift = acc.width - out.width - 1

    def drawn(low: int, high: int) -> Ints:
        return draw.integers(low, high, channels, endpoint=True)

    offset = drawn(acc.lo // 8, acc.hi // 8)
    scale = ScaleForm(
        mult=drawn(129, 255), offset=offset * 128 + (1 << shift + 6), shift=shift + 7, out=out
    )
    wide = QInt(-4 * out.hi - 4, 4 * out.hi + 3)
    first = ShiftForm(offset=offset, roundings=(Rounding(shift=shift - 2, out=wide),))
    second = ScaleForm(mult=drawn(33, 63), offset=drawn(-64, 64) + 128, shift=8, out=out)
    steps = np.sort(draw.integers(acc.lo // 2, acc.hi // 2, (channels, out.hi)), axis=1)
    forms: dict[str, Form] = {
        "shift": ShiftForm(offset=offset, roundings=(Rounding(shift=shift, out=out),)),
        "scale": scale,
        "cascade": CascadeForm(parts=(first, second)),
    }
    if out.width <= 4:
        forms["threshold"] = ThresholdForm(steps=steps, base=0)
    return forms


def _tables() -> Iterator[Sample]:
    """Of one function for all channels, and of one for each."""
    draw = np.random.default_rng(1)
    for rows, channels, lanes, acc_bits, out_bits in (
        *((1, 8, 4, 4, 4), (1, 8, 2, 6, 8), (4, 4, 4, 3, 4), (16, 16, 2, 5, 6)),
        *((1, 8, 1, 3, 8), (2, 2, 1, 3, 6), (1, 4, 2, 4, 8)),
    ):
        acc, out = signed(acc_bits), unsigned(out_bits)
        values = draw.integers(0, out.hi, (rows, acc.hi - acc.lo + 1), endpoint=True)
        config = RequantiserConfig(
            form=TableForm(values=values, acc=acc), acc=acc, out=out, channels=channels, lanes=lanes
        )
        yield Sample(kind="requantiser, table", config=config)
