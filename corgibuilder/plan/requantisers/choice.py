"""The cheapest of all requantisers that are equal to an activation."""

from collections.abc import Iterable

from corgibuilder.ir import Ints, QInt, TensorType
from corgibuilder.plan.area import AreaModel

from .form import Form


def cheapest_form(
    found: Iterable[Form], x: TensorType, bias: Ints, lanes: int, areas: AreaModel
) -> Form:
    """The form of the least area where ``lanes`` channels are worked on at the same time.

    ``x`` and ``bias`` are those of :func:`~.kinds.forms`.
    """
    acc = QInt(int((x.lo - bias).min()), int((x.hi - bias).max()))
    channels = x.shape.channels

    def area(form: Form) -> float:
        roms = sum(rom.bits for rom in form.memories(acc, channels, lanes))
        return areas.logic(form.resources(acc, channels, lanes)) + areas.rom(roms)

    return min(found, key=area)
