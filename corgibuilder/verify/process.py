"""Runs the steps of a bench in processes of their own."""

import json
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from corgibuilder import package_data
from corgibuilder.diagnostics import CompileError, Origin
from corgibuilder.processes import run
from corgibuilder.progress import Progress

LOG_TAIL = 3000  # characters of a tool's output worth showing


def compile_model(directory: Path, environment: Mapping[str, str]) -> float:
    """Compile the bench; returns seconds, or :class:`CompileError` with the tool's last words."""
    status, said, seconds = _run("compile", directory, environment)
    if status:
        raise CompileError(
            "CB504",
            "the simulator does not compile the Verilog",
            at=Origin("testbench.v"),
            help="read the compiler's own messages:",
            log=said[-LOG_TAIL:],
        )
    return seconds


def run_model(directory: Path, environment: Mapping[str, str]) -> float:
    """Run the compiled bench until it has written ``verdict.json``; returns seconds."""
    _, said, seconds = _run("test", directory, environment)
    if not (directory / "verdict.json").is_file():
        raise CompileError(
            "CB505",
            "the simulation ended without a verdict",
            at=Origin("bench.py"),
            help="read the simulator's own messages:",
            log=said[-LOG_TAIL:],
        )
    return seconds


@contextmanager
def watched(directory: Path, what: str, progress: Progress) -> Iterator[None]:
    """While the context lasts, pass on what the bench writes about its progress."""
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.5):
            progress(what, _fraction(directory / "progress.json"))

    progress(what, 0.0)
    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()
    progress(what, 1.0)


def _run(step: str, directory: Path, environment: Mapping[str, str]) -> tuple[int, str, float]:
    """Status of the step, all that it said, and seconds."""
    start, log = time.monotonic(), directory / f"{step}.txt"
    command = [sys.executable, str(package_data.sim() / "run.py"), step]
    status = run(command, cwd=directory, log=log, environment=environment)
    return status, log.read_text(errors="replace"), time.monotonic() - start


def _fraction(file: Path) -> float:
    """Share of the words that have moved; the file is replaced as a whole or absent."""
    if not file.is_file():
        return 0.0
    moved = json.loads(file.read_text())
    return float(moved["moved"] / moved["total"])
