"""Gives a file to every command, in a process of its own, and tells what went wrong."""

import gc
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


def outcomes(contents, frames, names):
    """For each of ``contents`` the commands that take such a file, and what is wrong with any.

    Right is to succeed, or to end with status 2 and a message, in time, and with nothing written.
    All are called in one process, which is not this one; where that ends early, so does the result.
    """
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "found.json"
        child = os.fork()
        if not child:
            _limited(lambda: _all_tried(contents, frames, names, Path(folder), found))
        _, status, usage = os.wait4(child, 0)
        results = [json.loads(line) for line in found.read_text().splitlines()]
        if len(results) < len(contents):
            results.append([[], [f"ended with {os.waitstatus_to_exitcode(status)}"]])
        if usage.ru_maxrss * 1024 > MAX_BYTES:
            results[-1][1].append(f"or one before took {usage.ru_maxrss / 1e6:.2f} GB")
        return results


def _all_tried(contents, frames, names, folder, found):
    found.touch()
    gc.freeze()  # what was there before the first file stays
    for number, content in enumerate(contents):
        path = folder / str(number) / "net.onnx"
        path.parent.mkdir()
        content(path) if callable(content) else path.write_bytes(content)
        result = _tried(path, frames, names)
        with found.open("a") as file:
            file.write(json.dumps(result) + "\n")
        gc.collect()


def _limited(task):
    """Do it and end the process, which must not take much longer or much more than it may."""
    resource.setrlimit(resource.RLIMIT_DATA, (2 * MAX_BYTES, 2 * MAX_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        task()
    finally:
        os._exit(0)


def _tried(path, frames, names):
    taken, wrong = [], []
    for name in names:
        if name == "build" and "plan" in taken:
            continue  # what can be planned can be built, in more time than there is
        signal.alarm(SECONDS)
        out = path.parent / name
        arguments = [str(a) for a in commands(path, frames, out)[name]]
        result = CliRunner().invoke(app, arguments)
        if problem := _problem(result, out, json_only="--json" in arguments):
            wrong.append(f"{name}: {problem}")
        if result.exit_code == 0:
            taken.append(name)
    return taken, wrong


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
