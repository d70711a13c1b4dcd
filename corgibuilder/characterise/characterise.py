"""Costs of a technology, from synthesis of components."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from corgibuilder.diagnostics import CompileError, Origin
from corgibuilder.plan.area import AreaModel, generic_areas
from corgibuilder.plan.resources import Resources
from corgibuilder.progress import Progress, silent
from corgibuilder.technology import Costs, Technology
from corgibuilder.technology.costs import NUMBERS

from .cache import Cache
from .fit import fitted
from .measure import measured_areas
from .report import Characterisation, KindError
from .samples import Sample
from .unit import unit_of

#: A cost is above 0 in a technology file. What the fit leaves out is this part of the largest.
LEAST = 0.001
MEMORIES = ("rom_bits", "ram_bits", "ram_columns")  #: costs in the unit; ``ram_ports`` is a factor


def characterise(
    technology: Technology,
    samples: Sequence[Sample],
    *,
    liberty: Path | None = None,
    cache: Cache,
    progress: Progress = silent,
) -> Characterisation:
    """Synthesise components and fit costs to their areas; memories are not synthesised.

    Costs of memories stay those of the technology. Where it has none in the unit they are to those
    of a register what they are in ``generic``.

    Parameters
    ----------
    technology
        What to synthesise for.
    samples
        The components.
    liberty
        Standard cells to map to, for a technology of the generic flow.
    cache
        Areas known from before.

    Raises :class:`CompileError` where the cells of the technology leave nothing to count.
    """
    unit = unit_of(technology, liberty)
    areas = measured_areas(
        samples, technology, unit, liberty=liberty, cache=cache, progress=progress
    )
    progress("fitting", 1.0)
    if min(areas) <= 0:
        raise CompileError(
            "CB710",
            f"{samples[areas.index(min(areas))].kind} has no cell that counts",
            at=Origin(technology.name),
            help="name the cells of its netlists in [cells]",
        )
    resources = [sample.config.resources(sample.resizable) for sample in samples]
    kinds = [sample.kind for sample in samples]
    old = technology.costs if technology.costs and technology.costs.unit == unit.name else None
    new = _costs(unit.name, fitted(resources, areas), old)
    return Characterisation(
        technology=technology.name,
        old=old,
        new=new,
        old_errors=_errors(old, kinds, resources, areas) if old else (),
        new_errors=_errors(new, kinds, resources, areas),
    )


def _costs(unit: str, fit: dict[str, float], old: Costs | None) -> Costs:
    least = LEAST * max(fit.values())
    logic: dict[str, Any] = {name: max(cost, least) for name, cost in fit.items()}
    if old:
        return _rounded(replace(old, **logic))
    generic = generic_areas().costs
    scale = logic["registers"] / generic.registers
    memories: dict[str, Any] = {name: scale * getattr(generic, name) for name in MEMORIES}
    return _rounded(replace(generic, unit=unit, **logic, **memories))


def _rounded(costs: Costs) -> Costs:
    """With three digits that count: more are not known."""
    digits: dict[str, Any] = {name: float(f"{getattr(costs, name):.3g}") for name in NUMBERS}
    return replace(costs, **digits)


def _errors(
    costs: Costs, kinds: Sequence[str], resources: Sequence[Resources], areas: Sequence[float]
) -> tuple[KindError, ...]:
    """Those of each kind, then those of all."""
    predicted = map(AreaModel(costs).logic, resources)
    errors = [found / area - 1 for found, area in zip(predicted, areas, strict=True)]
    by_kind: dict[str, list[float]] = {}
    for kind, error in zip(kinds, errors, strict=True):
        by_kind.setdefault(kind, []).append(error)
    return tuple(
        KindError(
            kind=kind,
            samples=len(each),
            mean=float(np.mean(np.abs(each))),
            worst=max(each, key=abs),
        )
        for kind, each in (by_kind | {"all": errors}).items()
    )
