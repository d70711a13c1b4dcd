"""Whoever ends a command gets one line and status 130 or 143, and finds nothing left of it."""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

from corgibuilder import api
from corgibuilder.examples import DIGITS_NETWORK
from corgibuilder.interrupts import held, run_program

from .verify import toys

TARGET = ["--fps", "10000", "--clock", "59MHz"]
SAID = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}
# Libraries are loaded before anything is done that has to be cleared up.
LOADED = """
import corgibuilder.cli, sys
from corgibuilder.__main__ import main
print('started', file=sys.stderr)
main()
"""
LONGEST = 10  # seconds until a command must have ended


@pytest.fixture(scope="module")
def build_dir(tmp_path_factory):
    path = tmp_path_factory.mktemp("digits") / "build"
    api.build(DIGITS_NETWORK, api.plan(api.read(DIGITS_NETWORK), fps=1, clock_hz=59_000_000), path)
    return path


def files(folder):
    """When each file was written; that something was made in a folder and removed is no matter."""
    return {path: path.stat().st_mtime_ns if path.is_file() else None for path in folder.rglob("*")}


class Command:
    """A command in a process group of its own, all of whose processes and files can be found."""

    def __init__(self, folder, *words, program=("-c", LOADED)):
        self.mark = uuid.uuid4().hex
        self.folder, self.temporary = folder, folder / "tmp"
        self.temporary.mkdir()
        self.before = files(folder)
        self.process = subprocess.Popen(
            [sys.executable, *program, *map(str, words)],
            cwd=folder,
            env={**os.environ, "TMPDIR": str(self.temporary), "MARK": self.mark},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        self.lines = []

    def wait_for(self, what):
        """Until it says that it does this."""
        for line in self.process.stderr:
            self.lines.append(line.rstrip())
            if line.startswith(what):
                return
        raise AssertionError(f"it never said {what!r}: {self.lines}")

    def wait_for_handlers(self):
        """Until it handles SIGTERM, which Python itself leaves to the system."""
        status, caught = Path(f"/proc/{self.process.pid}/status"), 0
        limit = time.monotonic() + LONGEST
        while not caught >> (signal.SIGTERM - 1) & 1:
            assert time.monotonic() < limit
            caught = int(re.search(r"SigCgt:\s*(\w+)", status.read_text())[1], 16)

    def wait_for_programs(self, count):
        """Until it has started so many processes, children of children among them."""
        limit = time.monotonic() + LONGEST
        while len(self.processes()) <= count:
            assert self.process.poll() is None, self.lines
            assert time.monotonic() < limit, self.processes()

    def end(self, number):
        """End it as a terminal does, which tells the whole group, or as ``kill`` does."""
        if number == signal.SIGINT:
            os.killpg(self.process.pid, number)
        else:
            self.process.send_signal(number)
        _, rest = self.process.communicate(timeout=LONGEST)
        self.lines += rest.splitlines()

    def processes(self):
        """Those still running of all that it started."""
        found = []
        for path in Path("/proc").glob("[0-9]*/environ"):
            try:
                if f"MARK={self.mark}".encode() in path.read_bytes():
                    found.append((path.parent / "cmdline").read_bytes())
            except OSError:
                continue  # it ended meanwhile, or is another user's
        return found

    def check(self, number, *, complete=()):
        """It said so and left nothing, or all that it makes, ``complete``."""
        assert self.process.returncode == 128 + number, self.lines
        assert self.lines[-1] == SAID[number]
        self.check_left(complete)

    def check_left(self, complete):
        """What is there now, and no longer runs."""
        assert not [line for line in self.lines if "Traceback" in line or "rror" in line]
        assert self.processes() == []
        made = self.made()
        assert made == set() or made == set(complete)

    def made(self):
        new = files(self.folder).keys() - self.before.keys()
        return {path.relative_to(self.folder) for path in new}


WORDS = {
    "build": ["build", DIGITS_NETWORK, *TARGET, "-o", "deep/build"],
    "simulate": ["simulate"],
    "synth": ["synth"],
    "demo": ["demo"],
}


def command(name, folder, build_dir):
    words = WORDS[name]
    return Command(folder, *words, *([build_dir] if name in ("simulate", "synth") else []))


@pytest.mark.parametrize(
    ("name", "says", "programs", "number"),
    [
        ("build", "emitted", 1, signal.SIGINT),
        ("build", "emitted", 1, signal.SIGTERM),
        ("build", "writing the software model", 0, signal.SIGINT),
        ("simulate", "compiling", 3, signal.SIGINT),
        ("simulate", "compiling", 3, signal.SIGTERM),
        ("synth", "synthesised", 1, signal.SIGINT),
        ("synth", "synthesised", 1, signal.SIGTERM),
        ("demo", "compiling", 1, signal.SIGTERM),
    ],
)
def test_nothing_is_left_of_a_command(tmp_path, build_dir, name, says, programs, number):
    before = files(build_dir)
    ended = command(name, tmp_path, build_dir)
    ended.wait_for(says)
    ended.wait_for_programs(programs)
    ended.end(number)
    ended.check(number)
    assert files(build_dir) == before


@pytest.mark.parametrize(
    ("says", "number"),
    [("synthesising the whole", signal.SIGINT), ("placing and routing", signal.SIGTERM)],
)
def test_nothing_is_left_of_a_placement(tmp_path, says, number):
    """Of a small network, as that stages are synthesised before is no matter here."""
    (tmp_path / "build").mkdir()
    clock = {"clock_hz": 59_000_000}
    build = toys.edit_manifest(
        toys.toy(tmp_path / "build"), lambda fields: fields["target"].update(clock)
    )
    ended = Command(tmp_path, "synth", build, "--technology", "ecp5", "--device", "ecp5-85f")
    ended.wait_for(says)
    ended.wait_for_programs(1)
    ended.end(number)
    ended.check(number)


@pytest.mark.parametrize(
    ("number", "seconds"),
    [*((signal.SIGINT, seconds) for seconds in (0, 0.1, 0.3, 0.6)), (signal.SIGTERM, 0.2)],
)
def test_nothing_is_left_while_libraries_are_loaded(tmp_path, number, seconds):
    ended = Command(tmp_path, "demo", program=("-m", "corgibuilder"))
    ended.wait_for_handlers()
    time.sleep(seconds)
    ended.end(number)
    ended.check(number)


def test_handlers_are_there_before_the_libraries():
    """And importing the package loads none, while its verbs are there all the same."""
    text = """
import sys
import corgibuilder.__main__
assert not {"numpy", "onnx", "typer", "corgibuilder.api"} & sys.modules.keys()
from corgibuilder.plan import Plan
assert corgibuilder.plan.__name__ == "plan" and corgibuilder.plan.__module__ == "corgibuilder.api"
assert all(callable(getattr(corgibuilder, name)) for name in corgibuilder.__all__)
assert not hasattr(corgibuilder, "nothing")
"""
    subprocess.run([sys.executable, "-c", text], check=True)


@pytest.mark.slow
@pytest.mark.parametrize("name", WORDS)
def test_nothing_is_left_at_any_moment(tmp_path, build_dir, name):
    """Or the command was done: the last moments are those in which it ends."""
    rng = random.Random(name)
    interrupted = 0
    for turn in range(11):  # the first one shows how long it takes and what it makes
        folder, number = tmp_path / str(turn), rng.choice(list(SAID))
        folder.mkdir()
        used = shutil.copytree(build_dir, folder / "used")
        before = files(used)
        ended = command(name, folder, used)
        ended.wait_for("started")
        ended.wait_for_handlers()
        began = time.monotonic()
        if not turn:
            ended.process.communicate(timeout=600)
            taken, complete = time.monotonic() - began, ended.made()
            assert ended.process.returncode == 0
            continue
        time.sleep(taken * (rng.random() if turn % 2 else rng.uniform(0.95, 1)))
        ended.end(number)
        if ended.process.returncode == 0:
            ended.check_left(complete)
            assert ended.made() == complete
            taken *= 0.8  # the first one took longer than the others
            continue
        interrupted += 1
        ended.check(number, complete=complete)
        assert ended.made() or files(used) == before
    assert interrupted >= 3


@pytest.fixture
def handlers():
    """Python's own signal handlers, also where whoever started the tests ignores signals."""
    own = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}
    before = {number: signal.signal(number, handler) for number, handler in own.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_held_signals_come_at_the_end_of_the_block(handlers):
    done = []
    with pytest.raises(KeyboardInterrupt):
        with held():
            with held():
                signal.raise_signal(signal.SIGINT)
                done.append("inner")
            done.append("outer")
        done.append("after")
    assert done == ["inner", "outer"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize("number", SAID)
def test_clearing_up_is_not_disturbed(handlers, capsys, number):
    cleared = []

    def program():
        try:
            signal.raise_signal(number)
        finally:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGTERM)
            cleared.append("all")

    with pytest.raises(SystemExit) as ended:
        run_program(program)
    assert ended.value.code == 128 + number
    assert cleared == ["all"]
    assert capsys.readouterr().err == f"{SAID[number]}\n"


def test_a_signal_that_is_ignored_stays_ignored(handlers):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    run_program(lambda: signal.raise_signal(signal.SIGTERM))
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN


@pytest.mark.parametrize("number", SAID)
def test_a_signal_after_the_program_has_no_effect(handlers, number):
    run_program(lambda: None)
    signal.raise_signal(number)


class Swallows:
    """Something that ends in the middle of a program, in whose destructor a signal arrives."""

    def __del__(self):
        signal.raise_signal(signal.SIGTERM)


def test_a_signal_that_a_library_swallows_comes_again(handlers, capsys):
    def program():
        Swallows()
        time.sleep(LONGEST)

    with pytest.raises(SystemExit) as ended:
        run_program(program)
    assert ended.value.code == 128 + signal.SIGTERM
    assert capsys.readouterr().err == "terminated\n"


def test_another_exception_in_a_destructor_is_told_as_ever(handlers, monkeypatch):
    told = []
    monkeypatch.setattr(sys, "unraisablehook", lambda fault: told.append(fault.exc_type))

    class Faulty:
        def __del__(self):
            raise KeyError

    run_program(lambda: Faulty() and None)
    assert told == [KeyError]


def test_the_signal_behind_one_that_is_ignored_counts(handlers):
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def program():
        with held():
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGTERM)

    with pytest.raises(SystemExit) as ended:
        run_program(program)
    assert ended.value.code == 128 + signal.SIGTERM


class Broken:
    def write(self, text):
        raise BrokenPipeError


@pytest.mark.parametrize("stderr", [None, Broken()])
def test_a_line_that_nobody_takes(handlers, monkeypatch, stderr):
    monkeypatch.setattr(sys, "stderr", stderr)
    with pytest.raises(SystemExit) as ended:
        run_program(lambda: signal.raise_signal(signal.SIGINT))
    assert ended.value.code == 128 + signal.SIGINT


def test_both_signals_at_once(tmp_path):
    ended = Command(tmp_path, "demo")
    ended.wait_for_handlers()
    ended.process.send_signal(signal.SIGSTOP)
    for number in SAID:
        ended.process.send_signal(number)
    ended.end(signal.SIGCONT)
    number = ended.process.returncode - 128
    assert number in SAID
    assert len(ended.lines) == 2, ended.lines
    ended.check(number)
