"""Runs other programs, of which nothing stays when we are ended."""

import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from corgibuilder.folders import scratch_folder
from corgibuilder.interrupts import held


class Children:
    """Programs that run within the block; those still running at its end are ended.

    Each gets a process group of its own, which ends as a whole: compilers are children of make, and
    make is one of ours. Ctrl-C at a terminal is ours alone then. Their temporary files are in a
    folder of ours.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._open = True

    def __enter__(self) -> "Children":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with held(), self._lock:
            self._open = False
            for process in self._running:
                _end_group(process)

    def run(
        self,
        command: Sequence[str],
        *,
        cwd: Path,
        log: Path,
        environment: Mapping[str, str] | None = None,
    ) -> int:
        """Run a program to its end, all that it says in the file ``log``; returns its status.

        Any thread may call this; the threads get status -9 where the block ends before.
        """
        with scratch_folder() as scratch, log.open("wb") as output:
            variables = {**(os.environ if environment is None else environment)}
            variables["TMPDIR"] = str(scratch)
            with held(), self._lock:
                if not self._open:
                    return -signal.SIGKILL
                process = subprocess.Popen(
                    command,
                    cwd=cwd,
                    env=variables,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
                self._running.add(process)
            try:
                return process.wait()
            finally:
                with held(), self._lock:
                    _end_group(process)  # before its files go
                    self._running.discard(process)


def run(
    command: Sequence[str], *, cwd: Path, log: Path, environment: Mapping[str, str] | None = None
) -> int:
    """Run one program; as :meth:`Children.run`."""
    with Children() as children:
        return children.run(command, cwd=cwd, log=log, environment=environment)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """Kill what still runs of the group of the process."""
    with suppress(ProcessLookupError, PermissionError):  # nothing does
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
