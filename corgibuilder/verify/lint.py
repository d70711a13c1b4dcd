"""Lints the Verilog of a build directory with Verilator."""

import re
import subprocess
from pathlib import Path

from .manifest import read_build_directory
from .simulators import Simulator, environment


def lint(build_dir: Path) -> tuple[str, ...]:
    """All warnings and errors of ``verilator --lint-only -Wall`` for the whole network."""
    build = read_build_directory(build_dir)
    unit = build.network
    finished = subprocess.run(
        [
            "verilator",
            "--lint-only",
            "-Wall",
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
    return tuple(message.rstrip() for message in messages if message.startswith("%"))
