"""The FPGAs of a technology onto which nextpnr places a network."""

import enum
from dataclasses import dataclass
from typing import Any

from corgibuilder.diagnostics import Origin

from .cells import Flow
from .fields import check_keys, choice, refuse, subtable, whole, word

MAX_DEVICES = 64
MAX_CAPACITY = 1 << 26  #: of one resource: more than any FPGA
NAME = r"\w[\w.-]{0,99}"


class Placer(enum.Enum):
    NEXTPNR_ECP5 = "nextpnr-ecp5"
    NEXTPNR_ICE40 = "nextpnr-ice40"


#: The placer of what each flow synthesises.
PLACERS = {Flow.ECP5: Placer.NEXTPNR_ECP5, Flow.ICE40: Placer.NEXTPNR_ICE40}

#: What each placer has an option for.
TYPES = {
    Placer.NEXTPNR_ECP5: (
        *("12k", "25k", "45k", "85k", "um-25k", "um-45k", "um-85k"),
        *("um5g-25k", "um5g-45k", "um5g-85k"),
    ),
    Placer.NEXTPNR_ICE40: (
        *("lp384", "lp1k", "lp4k", "lp8k", "hx1k", "hx4k", "hx8k"),
        *("up3k", "up5k", "u1k", "u2k", "u4k"),
    ),
}
SPEEDS = {Placer.NEXTPNR_ECP5: (6, 8)}  #: slowest and fastest grade; iCE40 has it in the type


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """An FPGA, how it is chosen in the program that places, and how many of each kind it has."""

    name: str
    tool: Placer
    type: str
    package: str
    speed: int | None
    luts: int
    flip_flops: int
    dsps: int
    block_rams: int


def read_devices(at: Origin, tables: Any, flow: Flow) -> tuple[Device, ...]:
    found = subtable(at, tables, "device")
    if not 1 <= len(found) <= MAX_DEVICES:
        refuse(at, f"device has to be 1 to {MAX_DEVICES} tables [device.NAME]")
    return tuple(_device(at, name, table, flow) for name, table in found.items())


def _device(at: Origin, name: str, value: Any, flow: Flow) -> Device:
    word(at, {"device": name}, "device", NAME, "a name of letters, digits, _, - and .")
    table = subtable(at, value, f"device.{name}")
    at = Origin(at.file, f"device {name}")
    if flow not in PLACERS:
        refuse(at, f"what the flow {flow.value} synthesises is not placed")
    tool, speeds = PLACERS[flow], SPEEDS.get(PLACERS[flow])
    needed = {"tool", "type", "package", "luts", "flip_flops", "dsps", "block_rams"}
    check_keys(at, table, needed | ({"speed"} if speeds else set()))
    choice(at, table, "tool", [tool.value])
    return Device(
        name=name,
        tool=tool,
        type=choice(at, table, "type", TYPES[tool]),
        package=word(at, table, "package", r"[a-zA-Z0-9]{1,20}", "letters and digits"),
        speed=whole(at, table, "speed", *speeds) if speeds else None,
        luts=whole(at, table, "luts", 0, MAX_CAPACITY),
        flip_flops=whole(at, table, "flip_flops", 0, MAX_CAPACITY),
        dsps=whole(at, table, "dsps", 0, MAX_CAPACITY),
        block_rams=whole(at, table, "block_rams", 0, MAX_CAPACITY),
    )
