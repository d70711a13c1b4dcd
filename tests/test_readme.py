"""What the README tells people to type works as written."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from corgibuilder.examples import DIGITS_NETWORK

README = (Path(__file__).parents[1] / "README.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the files that the README's lines name."""
    path = tmp_path_factory.mktemp("readme")
    shutil.copyfile(DIGITS_NETWORK, path / "net.onnx")
    Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8)).save(path / "photo.png")
    return path


def commands():
    lines = [line for kind, text in BLOCKS if kind == "sh" for line in text.splitlines()]
    return [line for line in lines if line.startswith("corgibuilder ")]


def test_every_command_is_shown():
    shown = {shlex.split(line)[1] for line in commands()}
    assert shown == {"inspect", "run", "plan", "build", "simulate", "synth", "characterise"}
    assert "corgibuilder demo" in README


def test_the_commands_work_one_after_the_other(folder):
    program = Path(sys.executable).with_name("corgibuilder")
    for line in commands():
        words = shlex.split(line, comments=True)
        if words[1] == "characterise":  # takes minutes: tests/characterise does it
            continue
        done = subprocess.run([program, *words[1:]], cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, f"{line}\n{done.stderr}"


def test_the_python_works(folder):
    (text,) = [text for kind, text in BLOCKS if kind == "python"]
    done = subprocess.run([sys.executable, "-c", text], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_installation_is_that_of_the_gate():
    gate = (Path(__file__).parents[1] / ".ci" / "run").read_text()
    assert "-e '.[test]'" in README
    assert "-e '.[test]'" in gate
    assert 'pytest -n 2 -m "not slow"' in README
    assert 'pytest" -n 2 -m "not slow"' in gate
