"""What it costs to build the largest network, in a process of its own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from ..published import VWW
from .figure import Figure

# Stages are emitted in processes of their own, so memory is the parent's and that of the largest
# child for each processor at the same time: an upper bound of what is used at once.
BUILD = """
import json, os, resource, sys, time
from corgibuilder.cli import app
start = time.monotonic()
app(["build", *sys.argv[1:]], standalone_mode=False)
seconds = time.monotonic() - start
own, child = (
    resource.getrusage(who).ru_maxrss / 2**20
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
)
print(json.dumps([seconds, own + child * os.cpu_count()]))
"""


def measure(*arguments: object) -> tuple[float, float]:
    """Seconds and GiB that the command ``build`` with these arguments takes."""
    printed = subprocess.run(
        [sys.executable, "-c", BUILD, *map(str, arguments)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    seconds, gigabytes = json.loads(printed.splitlines()[-1])
    return seconds, gigabytes


def build(out: Path) -> Iterator[Figure]:
    """Read, plan and build the network to the folder ``out``."""
    seconds, gigabytes = measure(
        VWW.path, "--fps", VWW.fps, "--clock", f"{VWW.clock_hz}Hz", "-o", out
    )
    yield Figure(name=f"build {VWW.name}", value=seconds, unit="s", required=("<=", 30))
    yield Figure(
        name=f"peak memory of building {VWW.name}",
        value=gigabytes,
        unit="GiB",
        required=("<=", 1.5),
    )
