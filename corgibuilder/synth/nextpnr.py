"""Runs nextpnr, whichever there is, on the netlist of a whole network."""

import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from corgibuilder.diagnostics import CompileError, Origin
from corgibuilder.processes import Children
from corgibuilder.technology import Device, Placer

from .placement import check_fit, said_used
from .report import Tool

#: How each takes the constraints of the clock, and a network whose ports are not tied to pins.
PORTS = {
    Placer.NEXTPNR_ECP5: ("--lpf", "clock.lpf", "--lpf-allow-unconstrained", "--out-of-context"),
    Placer.NEXTPNR_ICE40: ("--pcf", "clock.pcf", "--pcf-allow-unconstrained"),
}


@dataclass(frozen=True, slots=True)
class Nextpnr:
    """A nextpnr to start."""

    name: str
    program: str

    def version(self, children: Children, folder: Path) -> Tool:
        """Its name and version; what it says goes to a file in ``folder``."""
        log = folder / "version.log"
        status = children.run([self.program, "--version"], cwd=folder, log=log)
        found = re.search(r"\(Version (?:nextpnr-)?([^\s)]+)\)", log.read_text(errors="replace"))
        if status or not found:
            raise self._failed(log)
        return Tool(name=self.name, version=found[1])

    def place(
        self, device: Device, *, seed: int, network: str, children: Children, folder: Path
    ) -> None:
        """Place and route ``network.json``, in ``folder`` with its constraints, as its report says.

        Raises :class:`CompileError` for a network that does not fit, and if the program fails.
        """
        speed = () if device.speed is None else ("--speed", str(device.speed))
        log = folder / "nextpnr.log"
        command = (
            *(self.program, f"--{device.type}", "--package", device.package, *speed),
            *("--json", "network.json", "--sdc", "clock.sdc", *PORTS[device.tool]),
            *("--seed", str(seed), "--timing-allow-fail", "--report", "timing.json"),
        )
        if children.run(command, cwd=folder, log=log):
            check_fit(said_used(log.read_text(errors="replace"), device.tool), device, network)
            raise self._failed(log)

    def _failed(self, log: Path) -> CompileError:
        lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
        errors = [line for line in lines if line.startswith("ERROR")] or lines[-1:]
        return CompileError(
            "CB706",
            f"{self.name} cannot place this: {' '.join(errors)[:500] or 'it says nothing'}",
            at=Origin(log.name),
            help="try another seed or device; else report this with the build directory",
        )


def find_nextpnr(placer: Placer) -> Nextpnr:
    """The one of pip, which may lie beside this Python, else the system's."""
    folders = os.environ.get("PATH", os.defpath), str(Path(sys.executable).parent)
    for name in (f"yowasp-{placer.value}", placer.value):
        if program := shutil.which(name, path=os.pathsep.join(folders)):
            return Nextpnr(name, program)
    raise CompileError(
        "CB705",
        f"there is no {placer.value}",
        at=Origin("--device"),
        help=f"install it with: pip install yowasp-{placer.value}",
    )
