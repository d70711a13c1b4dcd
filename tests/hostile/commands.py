"""Gives a file to every command, in a process of its own, and tells what went wrong."""

import json
import os
import resource
import signal
import tempfile
import traceback
from pathlib import Path

from typer.testing import CliRunner

from corgibuilder.cli import app

TARGET = ["--fps", "1", "--clock", "100MHz"]
SECONDS = 30
MAX_BYTES = 2 * 10**9


NAMES = ("inspect", "inspect --json", "run", "plan", "build")


def commands(path, frames, out):
    """What is called with a file."""
    return {
        "inspect": ["inspect", path],
        "inspect --json": ["inspect", path, "--json"],
        "run": ["run", path, "--input", frames, "--output", out / "o.npz"],
        "plan": ["plan", path, *TARGET, "-o", out / "plan.json", "--json"],
        "build": ["build", path, *TARGET, "-o", out / "build"],
    }


def faults(path, frames, *, build=False):
    """All that is wrong with how the commands take the file ``path``; nothing if all is well.

    Right is to succeed, or to end with status 2 and a message, in time, and with nothing written.
    Where a plan succeeds, so would a build, which is tried only with ``build``.
    """
    wrong, planned = [], False
    for name in NAMES:
        if name == "build" and planned and not build:
            continue
        planned, problem = _called(name, path, frames)
        if problem:
            wrong.append(f"{name}: {problem}")
    return wrong


def _called(name, path, frames):
    """Whether a command succeeded, and what is wrong with how it ended, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        found, out = Path(folder) / "found.json", Path(folder) / "out"
        child = os.fork()
        if not child:
            arguments = [str(a) for a in commands(path, frames, out)[name]]
            _limited(lambda: found.write_text(json.dumps(_tried(arguments, out))))
        _, status, usage = os.wait4(child, 0)
        if not found.is_file():
            return False, f"ended with {os.waitstatus_to_exitcode(status)}"
        succeeded, problem = json.loads(found.read_text())
        if usage.ru_maxrss * 1024 > MAX_BYTES:
            problem += f"took {usage.ru_maxrss / 1e6:.2f} GB"
        return succeeded, problem


def _limited(task):
    """Do it and end the process, which must not take much longer or much more than it may."""
    signal.alarm(SECONDS)
    resource.setrlimit(resource.RLIMIT_DATA, (2 * MAX_BYTES, 2 * MAX_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        task()
    finally:
        os._exit(0)


def _tried(arguments, out):
    result = CliRunner().invoke(app, arguments)
    return result.exit_code == 0, _problem(result, out, json_only="--json" in arguments)


def _problem(result, out, *, json_only):
    if result.exception and not isinstance(result.exception, SystemExit):
        return "".join(traceback.format_exception(result.exception))
    if result.exit_code not in (0, 2):
        return f"status {result.exit_code}"
    if result.exit_code == 2:
        if not result.stderr.startswith("error[CB"):
            return f"says {result.stderr[:200]!r}"
        if out.exists():
            return f"wrote {[str(p) for p in out.rglob('*')]}"
    if "\x1b" in result.output:
        return "wrote a terminal escape"
    if json_only and result.stdout:
        json.loads(result.stdout)
    return ""
