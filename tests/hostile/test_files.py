"""Files that do harm, given to every command: it succeeds, or ends with a message and status 2."""

import numpy as np
import pytest

from corgibuilder.frontend import read

from .commands import NAMES, outcome
from .crafted import files
from .mutations import mutant, sound

FILES = files()
#: Odd, and yet networks.
READABLE = {
    *("weights tiny", "weights large", "weights uneven", "weights of two kinds", "a long chain"),
    *("an output that is the input", "the input and another", "conv strides 5", "conv pads 0"),
    *("name with markup", "name with an escape", "name of keywords", "conv group 1", "clip"),
    *("input (4611686018427387904, 2, 6, 6)", "input (1, 2, 30000, 30000)", "clip far"),
    *("quant with 3.7 bits", "quant with 30 bits", "quant with 64 bits"),
    *("quant with scale 1e-45", "quant with a large zero"),
}
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
    taken, wrong = outcome(path, frames, ["inspect", "plan"])
    assert wrong == []
    assert ("inspect" in taken) == (name in READABLE)


@pytest.mark.slow
@pytest.mark.parametrize("command", NAMES)
def test_crafted_for_every_command(command, tmp_path, frames):
    wrong = {}
    for number, (name, content) in enumerate(FILES.items()):
        path = tmp_path / str(number) / "net.onnx"
        path.parent.mkdir()
        put(content, path)
        if name not in READABLE:
            wrong[name] = outcome(path, frames, [command])[1]
    assert {name: found for name, found in wrong.items() if found} == {}


def test_there_are_enough_of_them():
    assert len(FILES) >= 150


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
        names = NAMES if first >= QUICK * IN_A_TEST else ["inspect", "plan"]
        taken, found = outcome(tmp_path / "net.onnx", frames, [n for n in names if n != "build"])
        if "plan" not in taken and names is NAMES:  # what can be planned can be built
            found += outcome(tmp_path / "net.onnx", frames, ["build"])[1]
        if found:
            wrong[seed] = found
    assert wrong == {}
