"""Files that do harm, given to every command: it succeeds, or ends with a message and status 2."""

import numpy as np
import pytest

from corgibuilder.diagnostics import CompileError
from corgibuilder.frontend import read

from .commands import faults
from .crafted import files
from .mutations import mutant, sound

FILES = files()
MUTANTS, IN_A_TEST = 2000, 50
QUICK = 4  #: tests of mutants that every run has


@pytest.fixture(scope="session")
def frames(tmp_path_factory):
    """Input of the most common shape of these networks."""
    path = tmp_path_factory.mktemp("frames") / "x.npy"
    np.save(path, np.zeros((1, 2, 6, 6), np.float32))
    return path


def put(content, path):
    content(path) if callable(content) else path.write_bytes(content)


@pytest.mark.parametrize("name", FILES)
def test_crafted(name, tmp_path, frames):
    path = tmp_path / "net.onnx"
    put(FILES[name], path)
    assert faults(path, frames) == []


def test_there_are_enough_of_them():
    assert len(FILES) >= 150


@pytest.mark.parametrize("name", [name for name in FILES if name not in {*SOUND}])
def test_most_are_refused(name, tmp_path):
    path = tmp_path / "net.onnx"
    put(FILES[name], path)
    with pytest.raises(CompileError):
        read(path)


def test_what_is_damaged_was_sound(tmp_path):
    for model in sound():
        put(model.SerializeToString(), tmp_path / "net.onnx")
        read(tmp_path / "net.onnx")


@pytest.mark.parametrize("first", [
    pytest.param(k, marks=() if k < QUICK * IN_A_TEST else pytest.mark.slow)
    for k in range(0, MUTANTS, IN_A_TEST)
])  # fmt: skip
def test_mutated(first, tmp_path, frames):
    wrong = {}
    for seed in range(first, first + IN_A_TEST):
        put(mutant(seed), tmp_path / "net.onnx")
        if found := faults(tmp_path / "net.onnx", frames, build=seed % IN_A_TEST == 0):
            wrong[seed] = found
    assert wrong == {}
