"""``cascade``: several roundings, one after the other."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from corgibuilder.ir import Ints, QInt
from corgibuilder.plan.delays import DelayModel, Path
from corgibuilder.plan.resources import Resources

from .clip import ClipForm
from .constants import Rom
from .scale import ScaleForm
from .shift import ShiftForm

Part = ShiftForm | ScaleForm | ClipForm


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CascadeForm:
    """The ``parts``, each of the values of the one before. The first is a shift or a scale."""

    parts: tuple[Part, ...]

    @property
    def latency(self) -> int:
        return sum(part.latency for part in self.parts)

    @property
    def out(self) -> QInt:
        return self.parts[-1].out

    def apply(self, x: Ints) -> Ints:
        """Values of ``x``, ``(channels, n)``."""
        for part in self.parts:
            x = part.apply(x)
        return x

    def biased(self, bias: Ints) -> "CascadeForm":
        """The same of ``x + bias``."""
        first, *others = self.parts
        assert not isinstance(first, ClipForm)
        return replace(self, parts=(first.biased(bias), *others))

    def entering(self, acc: QInt) -> Iterator[tuple[Part, QInt]]:
        """Each part with the range of what enters it."""
        for part in self.parts:
            yield part, acc
            acc = part.out

    def memories(self, acc: QInt, channels: int, lanes: int) -> Iterator[Rom]:
        for k, (part, q) in enumerate(self.entering(acc)):
            for rom in part.memories(q, channels, lanes):
                yield rom._replace(name=f"{rom.name} {k}")

    def paths(self, delays: DelayModel, acc: QInt, channels: int, lanes: int) -> Iterator[Path]:
        for part, q in self.entering(acc):
            yield from part.paths(delays, q, channels, lanes)

    def resources(self, acc: QInt, channels: int, lanes: int) -> Resources:
        total = Resources()
        for part, q in self.entering(acc):
            total += part.resources(q, channels, lanes)
        return total

    def __str__(self) -> str:
        return ", ".join(map(str, self.parts))
