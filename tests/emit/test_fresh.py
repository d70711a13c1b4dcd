"""Functions in fresh processes: results, faults, and an end that comes from outside."""

import errno
import os
import signal
import tempfile
import time
from contextlib import closing

import pytest

from corgibuilder.diagnostics import CompileError
from corgibuilder.emit.fresh import in_fresh_processes


def results(tasks):
    with closing(in_fresh_processes(tasks)) as found:
        return list(found)


@pytest.mark.parametrize("processors", [1, 3])
def test_each_function_has_a_process_of_its_own(monkeypatch, processors):
    monkeypatch.setattr(os, "cpu_count", lambda: processors)
    pids = results([os.getpid] * 7)
    assert len(set(pids)) == 7
    assert os.getpid() not in pids
    assert results([]) == []


def test_what_they_print_is_not_seen(capfd):
    results([lambda: os.write(1, b"noise")])
    assert capfd.readouterr() == ("", "")


def full():
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_fault_ends_the_others(tmp_path):
    (tmp_path / "tmp").mkdir()

    def linger():
        tempfile.mkdtemp()
        time.sleep(1)
        (tmp_path / "lingered").write_text("")

    start = time.monotonic()
    with pytest.raises(CompileError, match=r"CB426.*No space left"):
        results([full, linger, linger])
    assert time.monotonic() - start < 1
    time.sleep(1)
    assert not (tmp_path / "lingered").exists()


def test_a_process_that_is_killed_is_an_error():
    with pytest.raises(CompileError) as caught:
        results([lambda: os.kill(os.getpid(), signal.SIGKILL)])
    assert str(caught.value) == (
        "error[CB427]: a process that writes Verilog was ended by SIGKILL\n"
        "  --> build\n"
        "  help: if it was for want of memory, close other programs"
    )


def test_ctrl_c_is_for_the_parent():
    """At a terminal all get the signal, and the parent ends the others."""
    assert results([lambda: signal.raise_signal(signal.SIGINT) or "done"]) == ["done"]


def test_they_end_where_the_parent_has_a_handler():
    before = signal.signal(signal.SIGTERM, lambda number, frame: None)
    try:
        with pytest.raises(CompileError, match="ended by SIGTERM"):
            results([lambda: signal.raise_signal(signal.SIGTERM)])
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_bug_is_printed(capfd):
    with pytest.raises(AssertionError, match="a process failed"):
        results([lambda: 1 / 0])
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_temporary_files_go_with_the_processes(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (folder,) = results([tempfile.mkdtemp])
    assert folder.startswith(str(tmp_path))
    assert list(tmp_path.iterdir()) == []
