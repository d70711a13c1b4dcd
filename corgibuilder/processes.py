"""Runs other programs, of which nothing stays when we are ended."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from corgibuilder.folders import scratch_folder
from corgibuilder.interrupts import held

LONGEST_END = 2.0  # seconds that the kernel gets to end what was killed


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
            status = process.wait()
            with held(), self._lock:
                _end_group(process)  # a child that it left behind
                self._running.discard(process)
            return status


def run(
    command: Sequence[str], *, cwd: Path, log: Path, environment: Mapping[str, str] | None = None
) -> int:
    """Run one program; as :meth:`Children.run`."""
    with Children() as children:
        return children.run(command, cwd=cwd, log=log, environment=environment)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """Kill the group of the process and wait until nothing of it runs."""
    limit = time.monotonic() + LONGEST_END
    try:
        while time.monotonic() < limit:
            os.killpg(process.pid, signal.SIGKILL)
            process.poll()
            time.sleep(0.01)
    except (ProcessLookupError, PermissionError):
        pass  # the last one of it is gone; what is a zombie of somebody else's may not be signalled
