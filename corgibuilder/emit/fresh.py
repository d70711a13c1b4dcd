"""Runs functions in fresh processes, which end with us."""

import multiprocessing
import os
import signal
import tempfile
from collections.abc import Callable, Generator, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import Any, TypeVar

from corgibuilder.diagnostics import CompileError, Origin
from corgibuilder.folders import scratch_folder
from corgibuilder.interrupts import SIGNALS, held

T = TypeVar("T")


def in_fresh_processes(tasks: Sequence[Callable[[], T]]) -> Generator[T]:
    """Results of the tasks in any order; as many run at once as there are processors.

    The processes are forked, so that nothing has to be loaded again. A fault in one is raised here,
    and ends the others. What they print on standard output is not seen.
    """
    waiting = list(reversed(tasks))
    running: dict[Connection, ForkProcess] = {}
    with scratch_folder() as scratch:
        try:
            while waiting or running:
                while waiting and len(running) < (os.cpu_count() or 1):
                    _start(waiting.pop(), scratch, running)
                ready = wait(running)
                for receiver in [receiver for receiver in running if receiver in ready]:
                    yield _result(receiver, running)
        finally:
            with held():
                for process in running.values():
                    process.kill()
                    process.join()


def _start(task: Callable[[], T], scratch: Path, running: dict[Connection, ForkProcess]) -> None:
    receiver, sender = multiprocessing.Pipe(duplex=False)
    with held(), sender:  # the process forks with signals held, and decides about them first
        process = multiprocessing.get_context("fork").Process(
            target=_work, args=(task, scratch, sender)
        )
        process.start()
        running[receiver] = process


def _result(receiver: Connection, running: dict[Connection, ForkProcess]) -> Any:
    try:
        result = receiver.recv()
    except EOFError:
        running[receiver].join()
        raise _ended(running[receiver].exitcode) from None
    with held():
        process = running.pop(receiver)
        process.join()
        receiver.close()
    if isinstance(result, OSError):
        raise result
    return result


def _ended(exitcode: int | None) -> CompileError:
    assert exitcode is not None and exitcode < 0, "a process failed and printed why"
    return CompileError(
        "CB427",
        f"a process that writes Verilog was ended by {signal.Signals(-exitcode).name}",
        at=Origin("build"),
        help="if it was for want of memory, close other programs",
    )


def _work(task: Callable[[], T], scratch: Path, sender: Connection) -> None:
    """In the new process: Ctrl-C is for the parent, who kills this one; prints go nowhere."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN if number == signal.SIGINT else signal.SIG_DFL)
    tempfile.tempdir = str(scratch)
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
    try:
        sender.send(task())
    except OSError as fault:  # a full disk, for example; all others are bugs and printed
        sender.send(fault)
