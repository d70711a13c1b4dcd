"""A technology: what a network is synthesised for, read from a TOML file."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from corgibuilder import package_data
from corgibuilder.diagnostics import CompileError, Origin
from corgibuilder.user_files import MissingError, TooLongError, UnreadableError, read_file

from .cells import FAMILIES, CellNames, Flow, read_cells
from .costs import Costs, read_costs
from .delays import Delays, read_delays
from .devices import NAME, Device, read_devices
from .fields import area, check_keys, choice, refuse, subtable
from .macros import Macro, read_macros

GENERIC = "generic"  #: the technology that plans are made for where none is asked for
MAX_BYTES = 1 << 20  #: of a technology file


@dataclass(frozen=True, slots=True, kw_only=True)
class Technology:
    """How to synthesise for a process or an FPGA family, and what there is to place it in.

    ``family`` is one of those of the flow, if that has several. The areas of bits are in um2;
    ``register_bit_area`` is ``None`` where there are no ``macros``, and ``rom_bit_area`` also where
    the process has no ROMs of its own. ``costs`` and ``delays`` are ``None`` where nobody has
    measured them.
    """

    name: str
    flow: Flow
    cells: CellNames
    family: str | None = None
    register_bit_area: float | None = None
    rom_bit_area: float | None = None
    macros: tuple[Macro, ...] = ()
    devices: tuple[Device, ...] = ()
    costs: Costs | None = None
    delays: Delays | None = None

    def device(self, name: str) -> Device:
        """The device of that name; :class:`CompileError` if there is none."""
        for device in self.devices:
            if device.name == name:
                return device
        names = " or ".join(device.name for device in self.devices)
        raise CompileError(
            "CB410",
            f"the technology {self.name} has no device {name!r:.100}",
            at=Origin("--device"),
            help=f"take {names}" if names else "leave it out: networks are not placed there",
        )


def shipped() -> tuple[str, ...]:
    """Names of the technologies that come along."""
    return tuple(sorted(path.stem for path in _folder().glob("*.toml")))


def read_technology(name: str) -> Technology:
    """The technology of that name, else of the file of that name.

    Raises :class:`CompileError` if there is neither, or if the file is no technology.
    """
    path = technology_file(name)
    try:
        content = read_file(path, MAX_BYTES)
    except TooLongError as fault:
        refuse(Origin(str(path)), str(fault))
    except UnreadableError as fault:
        why = "" if isinstance(fault, MissingError) else f": {fault}"
        raise CompileError(
            "CB406",
            f"there is no such technology{why}",
            at=Origin(name),
            help=f"take {', '.join(shipped())}, or the name of a technology file",
        ) from None
    return parse(content, path)


def technology_file(name: str) -> Path:
    """Where the technology of that name is: a shipped file, or the user's own."""
    return _folder() / f"{name}.toml" if name in shipped() else Path(name)


def lasting_name(name: str) -> str:
    """The name of a technology that is understood in any folder."""
    return name if name in shipped() else str(Path(name).absolute())


def _folder() -> Path:
    return package_data.flows() / "technology"


def parse(content: bytes, path: Path) -> Technology:
    """Technology in the bytes of a file; :class:`CompileError` if there is none."""
    at = Origin(str(path))
    if not re.fullmatch(NAME, path.stem, flags=re.ASCII):
        refuse(at, f"the file is called {path.stem!r:.50}, not letters, digits, _, - and .")
    try:
        data = tomllib.loads(content.decode())
    except (ValueError, RecursionError) as fault:
        refuse(at, f"{type(fault).__name__} at {str(fault)[:200]}")
    areas = {"register_bit_area", "macro"}
    memories = areas if data.keys() & {*areas, "rom_bit_area"} else set()
    optional = {"family", "rom_bit_area", "device", "cost", "delay"}
    check_keys(at, data, {"flow", "cells", *memories}, optional)
    flow = Flow(choice(at, data, "flow", [flow.value for flow in Flow]))
    families = FAMILIES.get(flow, ())
    if families and "family" not in data:
        refuse(at, f"family is missing: {' or '.join(families)}")
    if "family" in data and not families:
        refuse(at, f"family is given, and the flow {flow.value} has only one")
    cells = subtable(at, data["cells"], "cells")
    return Technology(
        name=path.stem,
        flow=flow,
        cells=read_cells(Origin(at.file, "cells"), cells),
        family=choice(at, data, "family", families) if families else None,
        register_bit_area=area(at, data, "register_bit_area") if memories else None,
        rom_bit_area=area(at, data, "rom_bit_area") if "rom_bit_area" in data else None,
        macros=read_macros(at, data["macro"]) if memories else (),
        costs=read_costs(Origin(at.file, "cost"), subtable(at, data["cost"], "cost"))
        if "cost" in data
        else None,
        delays=read_delays(Origin(at.file, "delay"), subtable(at, data["delay"], "delay"))
        if "delay" in data
        else None,
        devices=read_devices(at, data["device"], flow) if "device" in data else (),
    )
