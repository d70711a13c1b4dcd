"""Synthesises the whole network and places it on an FPGA, to see which clock it keeps there."""

import time
from dataclasses import dataclass
from pathlib import Path

from corgibuilder.build_directory import BuildDirectory
from corgibuilder.build_files import MANIFEST
from corgibuilder.diagnostics import CompileError, Origin
from corgibuilder.limits import SIZE_BITS
from corgibuilder.progress import Progress
from corgibuilder.technology import Device, Placer, Technology
from corgibuilder.templates import render

from .nextpnr import Nextpnr
from .placement import Placement, Resource, check_fit, read_placement
from .report import StageCost, counts, read_json
from .scripts import Scripts

CONSTRAINTS = {Placer.NEXTPNR_ECP5: "clock.lpf", Placer.NEXTPNR_ICE40: "clock.pcf"}
#: Those that connect every port to a pin of the device.
NEEDS_PINS = (Placer.NEXTPNR_ICE40,)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementTask:
    """A device of a technology, the program that places, and for which clock."""

    technology: Technology
    device: Device
    nextpnr: Nextpnr
    clock_hz: int
    seed: int


def place(
    task: PlacementTask,
    scripts: Scripts,
    build: BuildDirectory,
    stages: StageCost,
    folder: Path,
    progress: Progress,
) -> Placement:
    """Synthesise the network as one flat netlist, place and route it; all files go to ``folder``.

    Products are in DSPs if the device has as many as ``stages``, the sum over all, take by
    themselves. Otherwise all are in LUTs: a plan does not say yet which of them should be.

    Raises :class:`CompileError` for a network that does not fit.
    """
    start = time.monotonic()
    device, network = task.device, build.manifest.network
    hard_multipliers = 0 < stages.dsps <= device.dsps
    progress("synthesising the whole network", 0.0)
    top, sources = network.module, build.paths(network)
    if device.tool in NEEDS_PINS:
        top = f"{network.module}_pins"
        few_pins = folder / "pins.v"
        few_pins.write_text(render("pins.v.j2", top=top, network=network, size_bits=SIZE_BITS))
        sources.append(few_pins)
    scripts.run(
        "place",
        top,
        sources,
        folder,
        flow=task.technology.flow.value,
        family=task.technology.family,
        hard_multipliers=hard_multipliers,
    )
    found = counts(read_json(folder / f"{top}.cells.json")["design"], task.technology.cells)
    # fewer than the packed cells that nextpnr counts, and known before it works for minutes
    kinds = {"luts": "LUTs", "flip_flops": "flip-flops", "dsps": "DSPs", "block_rams": "block RAMs"}
    least = [
        Resource(name=name, used=found[kind], available=getattr(device, kind))
        for kind, name in kinds.items()
    ]
    check_fit(least, device, network.layer)
    for name in (CONSTRAINTS[device.tool], "clock.sdc"):
        text = render(f"{name}.j2", mhz=task.clock_hz / 1e6, period_ns=1e9 / task.clock_hz)
        (folder / name).write_text(text)
    progress(f"placing and routing on {device.name}", 0.5)
    task.nextpnr.place(
        device, seed=task.seed, network=network.layer, children=scripts.children, folder=folder
    )
    return read_placement(
        folder / "timing.json",
        device,
        clock_hz=task.clock_hz,
        seed=task.seed,
        hard_multipliers=hard_multipliers,
        seconds=time.monotonic() - start,
    )


def planned_clock(build: BuildDirectory) -> int:
    """The clock in Hz that the build was planned for; :class:`CompileError` if it says none."""
    clock_hz = build.manifest.target.get("clock_hz", 0)
    if not clock_hz >= 1:
        raise CompileError(
            "CB708",
            "this build does not say for which clock it was planned",
            at=Origin(str(build.path / MANIFEST)),
            help="build the network again",
        )
    return round(clock_hz)
