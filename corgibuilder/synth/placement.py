"""What nextpnr found: the clock that a placed and routed network keeps, and what it takes."""

import json
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corgibuilder.diagnostics import CompileError, Origin
from corgibuilder.technology import Device, Placer

#: What nextpnr calls the resources of a device that networks are made of.
NAMES = {
    Placer.NEXTPNR_ECP5: {
        "TRELLIS_COMB": "LUTs",
        "TRELLIS_FF": "flip-flops",
        "TRELLIS_RAMW": "16x4 RAMs",
        "MULT18X18D": "DSPs",
        "DP16KD": "block RAMs",
    },
    Placer.NEXTPNR_ICE40: {
        "ICESTORM_LC": "logic cells",
        "ICESTORM_DSP": "DSPs",
        "ICESTORM_RAM": "block RAMs",
        "SB_IO": "pins",
        "SB_GB": "global buffers",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """How many of the cells of a kind that a device has are used."""

    name: str
    used: int
    available: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """The whole network on a device, after routing.

    ``fmax_hz`` is the fastest clock, ``slack_ns`` what is left of the plan's clock period, below 0
    where that clock is not kept. Both are of paths from register to register, of which the longest
    begins and ends at the pins ``path_from`` and ``path_to`` of cells. ``hard_multipliers`` says
    whether products are in DSPs: they are where those of the device are enough for all.
    """

    device: str
    seed: int
    clock_hz: int
    fmax_hz: float
    slack_ns: float
    path_from: str
    path_to: str
    hard_multipliers: bool
    resources: tuple[Resource, ...]
    seconds: float


def read_placement(
    report: Path,
    device: Device,
    *,
    clock_hz: int,
    seed: int,
    hard_multipliers: bool,
    seconds: float,
) -> Placement:
    """Placement from nextpnr's JSON report; :class:`CompileError` if it is not as expected."""
    try:
        said = json.loads(report.read_text())
        ((clock, speeds),) = said["fmax"].items()
        fmax_hz = 1e6 * float(speeds["achieved"])
        if not 0 < fmax_hz < math.inf:
            raise ValueError(f"a clock of {fmax_hz} Hz")
        edge = re.compile(rf"(pos|neg)edge {re.escape(clock)}")
        path = next(
            found["path"]
            for found in said["critical_paths"]
            if edge.fullmatch(found["from"]) and edge.fullmatch(found["to"])
        )
        return Placement(
            device=device.name,
            seed=seed,
            clock_hz=clock_hz,
            fmax_hz=fmax_hz,
            slack_ns=1e9 / clock_hz - 1e9 / fmax_hz,
            path_from=_pin(path[0]["from"]),
            path_to=_pin(path[-1]["to"]),
            hard_multipliers=hard_multipliers,
            resources=_resources(said["utilization"], NAMES[device.tool]),
            seconds=seconds,
        )
    except (
        *(ValueError, TypeError, KeyError, IndexError, AttributeError),
        *(OverflowError, RecursionError, StopIteration, FileNotFoundError),
    ) as fault:
        raise CompileError(
            "CB709",
            f"the report of {device.tool.value} is not as expected: {type(fault).__name__} {fault}",
            at=Origin(report.name),
            help=f"install a newer one with: pip install -U yowasp-{device.tool.value}",
        ) from None


def _pin(end: dict[str, Any]) -> str:
    return f"{end['cell']}.{end['port']}"


def _resources(said: dict[str, Any], names: dict[str, str]) -> tuple[Resource, ...]:
    """Those that networks are made of and the device has, and all others that are used."""
    found = {
        kind: _resource(names.get(kind, kind), entry["used"], entry["available"])
        for kind, entry in said.items()
    }
    order = sorted(found, key=lambda kind: [*names, kind].index(kind))
    shown = (found[kind] for kind in order if found[kind].used or kind in names)
    return tuple(resource for resource in shown if resource.used or resource.available)


def check_fit(resources: list[Resource], device: Device, network: str) -> None:
    """Raise :class:`CompileError` where a network takes more than a device has."""
    over = [f"{r.used:,} of {r.available:,} {r.name}" for r in resources if r.used > r.available]
    if over:
        raise CompileError(
            "CB707",
            f"the network does not fit into {device.name}: it takes {' and '.join(over)}",
            at=Origin(network),
            help="take a larger device, or plan for fewer frames a second",
        )


def said_used(log: str, placer: Placer) -> list[Resource]:
    """The resources in the table that nextpnr prints before it places."""
    lines = re.findall(r"^Info:\s+(\w+):\s+(\d{1,12})/\s*(\d{1,12})\s+\d+%", log, re.MULTILINE)
    names = NAMES[placer]
    return [_resource(names.get(kind, kind), used, available) for kind, used, available in lines]


def _resource(name: str, used: int | str, available: int | str) -> Resource:
    return Resource(name=name, used=int(used), available=int(available))
