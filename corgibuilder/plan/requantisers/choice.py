"""The cheapest of all requantisers that are equal to an activation."""

from collections.abc import Iterable

from corgibuilder.ir import Activation, Ints, QInt, TensorType
from corgibuilder.plan.area import AreaModel, generic_areas

from .form import Form
from .kinds import forms


def find_form(op: Activation | None, x: TensorType, bias: Ints, *, lanes: int = 1) -> Form:
    """Cheapest form of ``op`` applied to ``acc + bias`` for accumulators of type ``x - bias``.

    Parameters
    ----------
    op
        The activation, or ``None`` for no change.
    x
        Type of the input of ``op``, bias included.
    bias
        int64 ``(channels,)``: added to the accumulator before ``op``, here folded into the form.
    lanes
        Channels worked on at the same time.
    """
    return cheapest_form(forms(op, x, bias), x, bias, lanes, generic_areas())


def cheapest_form(
    found: Iterable[Form], x: TensorType, bias: Ints, lanes: int, areas: AreaModel
) -> Form:
    """The form of the least area; other parameters as for :func:`find_form`."""
    acc = QInt(int((x.lo - bias).min()), int((x.hi - bias).max()))
    channels = x.shape.channels

    def area(form: Form) -> float:
        roms = sum(rom.bits for rom in form.memories(acc, channels, lanes))
        return areas.logic(form.resources(acc, channels, lanes)) + areas.rom(roms)

    return min(found, key=area)
