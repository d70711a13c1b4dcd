"""Lints the Verilog of a build directory with Verilator."""

import re
import subprocess
from pathlib import Path

from .manifest import read_build_directory
from .simulators import Simulator, environment

# Ways of writing that Yosys' Verilog has throughout and that say nothing about the circuit:
# submodules in their parent's file, operands that are extended where they are used, registers with
# an initial value, views of a word that nobody reads, cases behind a default assignment.
STYLE = (
    "DECLFILENAME",
    "WIDTHEXPAND",
    "WIDTHTRUNC",
    "PROCASSINIT",
    "UNUSEDSIGNAL",
    "CASEINCOMPLETE",
)


def lint(build_dir: Path) -> tuple[str, ...]:
    """What ``verilator --lint-only -Wall`` says of the network, apart from :data:`STYLE`."""
    build = read_build_directory(build_dir)
    unit = build.network
    finished = subprocess.run(
        [
            "verilator",
            "--lint-only",
            "-Wall",
            *(f"-Wno-{warning}" for warning in STYLE),
            "--top-module",
            unit.module,
            *(str(path.absolute()) for path in build.paths(unit)),
        ],
        cwd=build_dir / "rtl",
        env=environment(Simulator.VERILATOR),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    messages = re.split(r"^(?=%(?:Warning|Error))", finished.stdout, flags=re.MULTILINE)
    return tuple(message.rstrip() for message in messages if _says_something(message))


def _says_something(message: str) -> bool:
    return message.startswith("%") and not message.startswith("%Error: Exiting")
