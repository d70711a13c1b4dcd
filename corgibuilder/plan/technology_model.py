"""What a plan is made by: what bits cost and how long signals take in a technology."""

from collections.abc import Iterator
from dataclasses import dataclass

from corgibuilder.technology import GENERIC, Technology, read_technology

from .area import AreaModel, generic_areas
from .delays import DelayModel, generic_delays

SLOW_FPGA = "a slow FPGA"  #: whose delays the generic ones are


@dataclass(frozen=True, slots=True)
class TechnologyModel:
    """Areas and delays, whose the delays are, and ``notes`` on what is not the technology's own."""

    areas: AreaModel
    delays: DelayModel
    delays_of: str = SLOW_FPGA
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, name: str | None) -> "TechnologyModel":
        """That of the technology of that name, or in that file; ``None`` for the generic one.

        What it does not say is as in the generic one. Raises :class:`CompileError` as
        :func:`~corgibuilder.technology.read_technology` does.
        """
        if name is None:
            return cls(generic_areas(), generic_delays())
        technology = read_technology(name)
        areas = AreaModel(technology.costs) if technology.costs else generic_areas()
        notes = (_areas_note(technology, areas), *_delays_notes(technology))
        if technology.delays is None or technology.name == GENERIC:
            return cls(areas, generic_delays(), notes=notes)
        return cls(areas, DelayModel(technology.delays), technology.name, notes)


def _areas_note(technology: Technology, areas: AreaModel) -> str:
    name, unit = technology.name, areas.costs.unit
    if technology.costs:
        return f"areas are in {unit} of {name}, with products in logic"
    return f"areas are in {unit}: {name} does not say what bits cost; see corgibuilder characterise"


def _delays_notes(technology: Technology) -> Iterator[str]:
    if technology.delays is None:
        name = technology.name
        yield f"registers are those for {SLOW_FPGA}: {name} does not say how long signals take"
