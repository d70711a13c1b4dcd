"""Lints the Verilog of a build directory with Verilator."""

import re
import subprocess
from pathlib import Path

from corgibuilder.build_directory import BuildDirectory, SystemUnit, Unit, read_build_directory

from .simulators import Simulator, environment


def lint(build_dir: Path) -> tuple[str, ...]:
    """What ``verilator --lint-only -Wall`` says of the network, and of the system around it.

    Nothing, if all is well.
    """
    build = read_build_directory(build_dir)
    units = [build.manifest.network, build.manifest.system]
    return tuple(message for unit in units if unit for message in _lint(build, unit))


def _lint(build: BuildDirectory, unit: Unit | SystemUnit) -> tuple[str, ...]:
    finished = subprocess.run(
        [
            "verilator",
            "--lint-only",
            "-Wall",
            "--top-module",
            unit.module,
            *(str(path.absolute()) for path in build.paths(unit)),
        ],
        cwd=build.path / "rtl",
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
