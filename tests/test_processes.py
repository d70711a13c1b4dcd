"""Programs that end with us, and of which nothing stays."""

import sys
import tempfile
import threading
import time
from pathlib import Path

from corgibuilder.processes import Children, run

PARENT = """
import pathlib, subprocess, sys, tempfile, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(100)"])
pathlib.Path(tempfile.mkdtemp(), "file").write_text("temporary")
pathlib.Path("pid").write_text(str(child.pid))
time.sleep(100)
"""


def running(pid):
    """Whether a process runs; what has ended and nobody asked about does not."""
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def wait_for_pid(folder):
    while not (folder / "pid").is_file() or not (folder / "pid").read_text():
        time.sleep(0.01)
    return int((folder / "pid").read_text())


def wait_until_ended(pid):
    """It is killed, which takes a busy machine a moment."""
    for _ in range(1000):
        if not running(pid):
            return
        time.sleep(0.01)
    raise AssertionError(f"{pid} is still running")


def test_a_program_runs_with_what_it_says_in_a_file(tmp_path):
    script = "import os, sys; print(os.getcwd(), sys.stdin.read()); sys.exit('X' in os.environ)"
    command, log = [sys.executable, "-c", script], tmp_path / "log"
    assert run(command, cwd=tmp_path, log=log) == 0
    assert log.read_text() == f"{tmp_path} \n"
    assert run(command, cwd=tmp_path, log=log, environment={"X": ""}) == 1


def test_children_of_children_end_with_the_block(tmp_path, monkeypatch):
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    statuses = []

    def work(children):
        command = [sys.executable, "-c", PARENT]
        statuses.append(children.run(command, cwd=tmp_path, log=tmp_path / "log"))

    with Children() as children:
        thread = threading.Thread(target=work, args=[children])
        thread.start()
        pid = wait_for_pid(tmp_path)
    thread.join()
    assert statuses == [-9]
    wait_until_ended(pid)
    assert list((tmp_path / "temporary").iterdir()) == []
    work(children)  # too late to be begun
    assert statuses == [-9, -9]
