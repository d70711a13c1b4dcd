"""Requantisers: what turns accumulators into activations."""

from collections.abc import Iterator
from dataclasses import dataclass

from corgibuilder.ir import QInt
from corgibuilder.plan.delays import DelayModel, Path
from corgibuilder.plan.requantisers import Form
from corgibuilder.plan.resources import HANDSHAKE, Resources

from .component import ComponentConfig
from .memory import Memory, Purpose, rom
from .rules import Part, Rule, part


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

    def parts(self, size_from: int) -> Iterator[Part]:
        yield part(Rule.RIGID, registers=self.form.latency, words=1)

    def resources(self, resizable: bool) -> Resources:
        logic = self.form.resources(self.acc.plain, self.channels, self.lanes)
        return logic + HANDSHAKE * self.form.latency

    def paths(self, delays: DelayModel, arrival: float) -> Iterator[Path]:
        yield from self.form.paths(delays, self.acc.plain, self.channels, self.lanes)

    def memories(self) -> Iterator[Memory]:
        """The ROMs of the constants, whose every word serves one word of channels."""
        for each in self.form.memories(self.acc.plain, self.channels, self.lanes):
            yield rom(each.name, Purpose.PARAMETERS, depth=each.depth, width=each.width)
