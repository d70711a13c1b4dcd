"""Files that do harm, given to every command: it succeeds, or ends with a message and status 2."""

import numpy as np
import pytest

from corgibuilder.frontend import read

from .commands import NAMES, outcomes
from .crafted import files
from .mutations import mutant, sound

FILES = files()
#: Odd, and yet networks.
READABLE = {
    *("weights tiny", "weights large", "weights uneven", "weights of two kinds", "a long chain"),
    *("an output that is the input", "the input and another", "conv strides 5", "conv pads 0"),
    *("many operands", "inputs that meet", "inputs that never meet", "inputs that cancel out"),
    "many inputs",
    *("name with markup", "name with an escape", "name of keywords", "conv group 1", "clip"),
    *(
        "input (4611686018427387904, 2, 6, 6)",
        "input (1, 2, 30000, 30000)",
        "clip far",
        "conv pads 5",
    ),
    *("quant with 3.7 bits", "quant with 30 bits", "quant with 64 bits"),
    *("quant with scale 1e-45", "quant with a large zero"),
}
MUTANTS, IN_A_TEST = 2000, 50
QUICK = 200  #: of the mutants, in every run of the tests


@pytest.fixture(scope="session")
def frames(tmp_path_factory):
    """Input of the most common shape of these networks."""
    path = tmp_path_factory.mktemp("frames") / "x.npy"
    np.save(path, np.zeros((1, 2, 6, 6), np.float32))
    return path


def faults(names, found):
    """What is wrong, by the name of the file."""
    return {name: wrong for name, (_, wrong) in zip(names, found, strict=False) if wrong}


@pytest.mark.parametrize("kind", FILES)
def test_crafted(kind, frames):
    found = outcomes(FILES[kind].values(), frames, ["inspect", "plan"])
    assert faults(FILES[kind], found) == {}
    taken = {n for n, (taken, _) in zip(FILES[kind], found, strict=True) if "inspect" in taken}
    assert taken == READABLE & FILES[kind].keys()


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", FILES)
def test_crafted_for_every_command(kind, name, frames):
    assert faults(FILES[kind], outcomes(FILES[kind].values(), frames, [name])) == {}


def test_there_are_enough_of_them():
    assert sum(map(len, FILES.values())) >= 150


def test_what_is_damaged_was_sound(tmp_path):
    for model in sound():
        (tmp_path / "net.onnx").write_bytes(model.SerializeToString())
        read(tmp_path / "net.onnx")


def test_mutated(frames):
    seeds = range(QUICK)
    assert faults(seeds, outcomes([*map(mutant, seeds)], frames, ["inspect", "plan"])) == {}


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, MUTANTS, IN_A_TEST))
def test_mutated_for_every_command(first, frames):
    seeds = range(first, first + IN_A_TEST)
    assert faults(seeds, outcomes([*map(mutant, seeds)], frames, NAMES)) == {}
