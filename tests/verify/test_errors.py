import shutil

import numpy as np
import pytest

from corgibuilder.build_directory import read_build_directory
from corgibuilder.diagnostics import CompileError
from corgibuilder.verify import Simulator, lint, simulate
from corgibuilder.verify.simulators import environment

from ..simulators import FAST
from . import toys


def message(call, *arguments, **named):
    with pytest.raises(CompileError) as caught:
        call(*arguments, **named)
    return str(caught.value)


def test_not_a_build_directory(tmp_path):
    assert message(read_build_directory, tmp_path) == (
        "error[CB501]: this is not a build directory: it has no manifest.json\n"
        f"  --> {tmp_path}\n"
        "  help: create one with: corgibuilder build NETWORK --fps 30 --clock 59MHz -o build/"
    )


def test_unknown_layer_names_near_ones(tmp_path):
    build = read_build_directory(toys.toy(tmp_path))
    assert message(build.unit, "adds") == (
        "error[CB502]: no stage is called 'adds'\n"
        f"  --> {tmp_path}/manifest.json\n"
        "  help: take one of the 1 stages, such as add"
    )


def test_missing_simulator(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda program, path: None)
    assert message(environment, Simulator.ICARUS) == (
        "error[CB503]: the simulator icarus is not installed\n"
        "  --> iverilog\n"
        "  help: install it with: apt install iverilog, or take --simulator verilator"
    )


@pytest.mark.parametrize(
    ("frames", "problem"),
    [
        (np.zeros((0, 4, 4, 5), np.int64), "error[CB506]: there are 0 frames"),
        (
            np.zeros((1, 4, 5, 4), np.int64),
            "error[CB507]: frame 0 is 4x5x4, the hardware takes 4x4x5",
        ),
        (
            np.full((1, 4, 4, 5), 16),
            "error[CB508]: frame 0 has values 16..16, the port takes 0..15",
        ),
    ],
)
def test_frames_that_do_not_fit(tmp_path, frames, problem):
    text = message(simulate, toys.toy(tmp_path), frames=[frames], golden={"add": frames})
    assert text.splitlines()[0] == problem


def test_verilog_that_does_not_compile(tmp_path):
    x, golden = toys.toy_frames(1)
    directory = toys.toy(tmp_path, add=("part <= !part;", "part <= nothing_here;"))
    text = message(simulate, directory, frames=[x], golden=golden, simulator=FAST)
    assert text.startswith("error[CB504]: the simulator does not compile the Verilog\n")
    assert "nothing_here" in text


def test_lint_finds_what_is_not_driven(tmp_path):
    assert lint(toys.toy(tmp_path)) == ()
    (tmp_path / "rtl/add.v").unlink()
    undriven = toys.DESIGNS.joinpath("add.v").read_text().replace("part <= !part;", "")
    (tmp_path / "rtl/add.v").write_text(undriven.replace("part <= 0;", ""))
    (warning,) = lint(toys.edit_manifest(tmp_path))
    assert warning.startswith("%Warning-UNDRIVEN: ")
    assert "part" in warning
