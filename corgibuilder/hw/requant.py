"""Accumulators to activations, as a form of :mod:`corgibuilder.plan.requantisers` says."""

from amaranth.hdl import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from corgibuilder.plan.components import RequantiserConfig
from corgibuilder.plan.requantisers import (
    CascadeForm,
    ScaleForm,
    ShiftForm,
    TableForm,
    ThresholdForm,
)

from .requantisers.cascade import build_cascade
from .requantisers.path import DataPath
from .requantisers.scale import build_scale
from .requantisers.shift import build_shift
from .requantisers.table import build_table
from .requantisers.threshold import build_threshold
from .streams import decoded, shape_of, word


class Requant(wiring.Component):
    """Applies a form to every channel of every pixel.

    Works on ``lanes`` channels a word, one word per cycle, ``form.latency`` cycles later; the
    channels of a pixel follow each other, and the constants of each come from tables.

    Parameters
    ----------
    config
        See :class:`~corgibuilder.plan.components.RequantiserConfig`.

    Members
    -------
    i : :py:`In(stream.Signature(ArrayLayout(acc, lanes)))`
    o : :py:`Out(stream.Signature(ArrayLayout(out, lanes)))`
    """

    def __init__(self, config: RequantiserConfig):
        self.config = config
        super().__init__({
            "i": In(stream.Signature(word(shape_of(config.acc), config.lanes))),
            "o": Out(stream.Signature(word(shape_of(config.out), config.lanes))),
        })

    def elaborate(self, platform):
        m = Module()
        advance = Signal(name="advance")
        m.d.comb += [
            advance.eq(~self.o.valid | self.o.ready),
            self.i.ready.eq(advance),
        ]
        acc = self.config.acc
        codes = [self.i.payload[lane] for lane in range(self.config.lanes)]
        values = [decoded(m, c, acc, name=f"value_{lane}") for lane, c in enumerate(codes)]
        path = DataPath(
            m,
            advance=advance,
            valid=self.i.valid,
            values=values,
            q=acc.plain,
            channels=self.config.channels,
        )
        match self.config.form:
            case ShiftForm() as form:
                build_shift(path, form)
            case ScaleForm() as form:
                build_scale(path, form)
            case CascadeForm() as form:
                build_cascade(path, form)
            case ThresholdForm() as form:
                build_threshold(path, form)
            case TableForm() as form:
                build_table(path, form, codes)
        m.d.comb += self.o.valid.eq(path.valid)
        for lane, result in enumerate(path.values):
            m.d.comb += self.o.payload[lane].eq(result)
        return m
