"""Requantisers: what turns accumulators into activations."""

from collections.abc import Iterator
from dataclasses import dataclass

from corgibuilder.ir import Ints, QInt
from corgibuilder.plan.folding import ceil_div
from corgibuilder.plan.forms import Form, ScaleForm, ShiftForm, StepsForm, form_cycles

from .component import ComponentConfig
from .memory import Memory, Purpose, rom
from .rules import Part, Rule, part

FEW_ENTRIES = 16  #: constants that are chosen from by logic; of more a memory is made


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RequantiserConfig(ComponentConfig):
    """Applies ``form`` to every channel of every pixel, ``lanes`` of them in a word.

    Parameters
    ----------
    form
        What to compute, from values to codes; its arrays have one entry per channel.
    acc, out
        Ranges of the values on either side. Accumulators with a step, which a maximum of values
        passes on, are decoded first.
    channels
        Channels of a pixel.
    """

    form: Form
    acc: QInt
    out: QInt
    channels: int
    lanes: int
    name: str = "requantiser"

    @property
    def words(self) -> int:
        """Words of a pixel."""
        return ceil_div(self.channels, self.lanes)

    def parts(self, size_from: int) -> Iterator[Part]:
        yield part(Rule.RIGID, registers=form_cycles(self.form), words=1)

    def memories(self) -> Iterator[Memory]:
        """The ROMs of the constants, whose every word serves one word of channels."""
        match self.form:
            case ShiftForm(offset=offset):
                yield from self._table("offset", offset)
            case ScaleForm(mult=mult, offset=offset):
                yield from self._table("mult", mult)
                yield from self._table("offset", offset)
            case StepsForm() as form:
                yield from self._steps(form)

    def _steps(self, form: StepsForm) -> Iterator[Memory]:
        width = QInt(self.acc.lo, self.acc.hi + 1).width
        for level in range(form.levels):
            if self.words << level > FEW_ENTRIES:
                for lane in range(self.lanes):
                    name = f"step {level} of lane {lane}"
                    yield rom(name, Purpose.PARAMETERS, depth=self.words << level, width=width)

    def _table(self, name: str, values: Ints) -> Iterator[Memory]:
        if self.words > 1:
            width = self.lanes * QInt(int(values.min()), int(values.max())).width
            yield rom(name, Purpose.PARAMETERS, depth=self.words, width=width)
