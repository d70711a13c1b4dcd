"""Lints the Verilog of a build directory with Verilator."""

import re
from pathlib import Path

from corgibuilder.build_directory import BuildDirectory, SystemUnit, Unit, read_build_directory
from corgibuilder.folders import scratch_folder
from corgibuilder.processes import run

from .simulators import Simulator, environment


def lint(build_dir: Path) -> tuple[str, ...]:
    """What ``verilator --lint-only -Wall`` says of the network, and of the system around it.

    Nothing, if all is well.
    """
    build = read_build_directory(build_dir)
    units = [build.manifest.network, build.manifest.system]
    return tuple(message for unit in units if unit for message in _lint(build, unit))


def _lint(build: BuildDirectory, unit: Unit | SystemUnit) -> tuple[str, ...]:
    files = [str(path.absolute()) for path in build.paths(unit)]
    with scratch_folder() as scratch:
        log = scratch / "lint.txt"
        run(
            ["verilator", "--lint-only", "-Wall", "--top-module", unit.module, *files],
            cwd=build.path / "rtl",
            log=log,
            environment=environment(Simulator.VERILATOR),
        )
        said = log.read_text(errors="replace")
    messages = re.split(r"^(?=%(?:Warning|Error))", said, flags=re.MULTILINE)
    return tuple(message.rstrip() for message in messages if _says_something(message))


def _says_something(message: str) -> bool:
    return message.startswith("%") and not message.startswith("%Error: Exiting")
