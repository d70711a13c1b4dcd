"""Costs of a technology, from synthesis of components."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from corgibuilder.plan.area import AreaModel, generic_areas
from corgibuilder.progress import Progress, silent
from corgibuilder.technology import Costs, Technology
from corgibuilder.technology.costs import NUMBERS

from .cache import Cache
from .fit import fitted
from .measure import measured_areas
from .report import Characterisation, KindError
from .samples import Sample, all_samples
from .unit import unit_of

#: A cost is above 0 in a technology file. What the fit leaves out is this part of a register.
LEAST = 0.001
MEMORIES = ("rom_bits", "ram_bits", "ram_columns")  #: costs in the unit; ``ram_ports`` is a factor


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleArea:
    """Area of a sample after synthesis, and as costs predict it."""

    kind: str
    measured: float
    predicted: float

    @property
    def error(self) -> float:
        """Above 0 where more is predicted than is measured."""
        return self.predicted / self.measured - 1


def characterise(
    technology: Technology,
    *,
    liberty: Path | None = None,
    cache: Cache,
    progress: Progress = silent,
    samples: Sequence[Sample] | None = None,
) -> Characterisation:
    """Synthesise components and fit costs to their areas; memories are not synthesised.

    Costs of memories stay those of the technology. Where it has none in the unit they are to those
    of a register what they are in ``generic``.

    Parameters
    ----------
    technology
        What to synthesise for.
    liberty
        Standard cells to map to, for a technology of the generic flow.
    cache
        Areas known from before.
    samples
        The components; default: all.
    """
    chosen = all_samples() if samples is None else samples
    unit = unit_of(technology, liberty)
    areas = measured_areas(
        chosen, technology, unit, liberty=liberty, cache=cache, progress=progress
    )
    progress("fitting", 1.0)
    resources = [sample.config.resources(sample.resizable) for sample in chosen]
    old = technology.costs if technology.costs and technology.costs.unit == unit.name else None
    new = _costs(unit.name, fitted(resources, areas), old)

    def errors(costs: Costs) -> tuple[KindError, ...]:
        model = AreaModel(costs)
        each = [
            SampleArea(kind=sample.kind, measured=area, predicted=model.logic(found))
            for sample, area, found in zip(chosen, areas, resources, strict=True)
        ]
        return _by_kind(each)

    return Characterisation(
        technology=technology.name,
        old=old,
        new=new,
        old_errors=errors(old) if old else (),
        new_errors=errors(new),
    )


def _costs(unit: str, fit: dict[str, float], old: Costs | None) -> Costs:
    least = LEAST * fit["registers"]
    logic: dict[str, Any] = {name: max(cost, least) for name, cost in fit.items()}
    if old:
        return _rounded(replace(old, **logic))
    generic = generic_areas().costs
    scale = fit["registers"] / generic.registers
    memories: dict[str, Any] = {name: scale * getattr(generic, name) for name in MEMORIES}
    return _rounded(replace(generic, unit=unit, **logic, **memories))


def _rounded(costs: Costs) -> Costs:
    """With three digits that count: more are not known."""
    digits: dict[str, Any] = {name: float(f"{getattr(costs, name):.3g}") for name in NUMBERS}
    return replace(costs, **digits)


def _by_kind(areas: Sequence[SampleArea]) -> tuple[KindError, ...]:
    kinds = dict.fromkeys(each.kind for each in areas)
    return tuple(_kind_error(kind, [a.error for a in areas if a.kind == kind]) for kind in kinds)


def _kind_error(kind: str, errors: Sequence[float]) -> KindError:
    return KindError(
        kind=kind,
        samples=len(errors),
        mean=float(np.mean(np.abs(errors))),
        worst=max(errors, key=abs),
    )
