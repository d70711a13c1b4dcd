"""The program that model.cpp is by itself."""

import subprocess

import numpy as np
import pytest

from corgibuilder import golden
from corgibuilder.ir import Conv, Input, Pads, QInt, Shape, Window
from corgibuilder.model import write_model
from corgibuilder.model.runtime import find_compiler

from ..random_networks import frames_of
from ..toys import network, stereo, stereo_frames


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """A network with two outputs, and a function that runs its program."""
    folder = tmp_path_factory.mktemp("program")
    rng = np.random.default_rng(4)
    pads = Pads(top=1, left=1, bottom=1, right=1)
    conv = Conv(
        weights=rng.integers(-99, 99, (5, 2, 3, 3)),
        bias=rng.integers(-99, 99, 5),
        window=Window(kernel=(3, 3), stride=(2, 2), pads=pads),
    )
    entry = Input(shape=Shape(2, 5, 7), range=QInt(-100, 100))
    net = network([("in", entry, ""), ('co"nv\\', conv, "in")], ['co"nv\\', "in"])
    write_model(net, folder)
    binary = folder / "model"
    command = [find_compiler(), "-O1", "-std=c++17", "-pthread", folder / "model.cpp", "-o", binary]
    subprocess.run(command, check=True, timeout=120)

    def run(*words, given=b""):
        done = subprocess.run([binary, *words], input=given, capture_output=True, timeout=60)
        return done.returncode, done.stdout, done.stderr.decode()

    return net, run


@pytest.mark.parametrize("layout", ["chw", "hwc"])
def test_frames_in_outputs_out(program, layout):
    net, run = program
    frames = frames_of(net, 1, count=3).astype(np.int8)
    values = golden.run(net.graph, frames)
    axes = (0, 1, 2) if layout == "chw" else (1, 2, 0)
    parts = []
    for number in range(len(frames)):
        for name, dtype in (('co"nv\\', "<i4"), ("in", "i1")):
            parts.append(values[name][number].transpose(axes).astype(dtype).tobytes())
    given = b"".join(frame.transpose(axes).tobytes() for frame in frames)
    status, outputs, said = run(f"--{layout}", "--threads", "2", "7", "5", given=given)
    assert (status, said) == (0, "")
    assert outputs == b"".join(parts)


def test_a_truncated_frame(program):
    _, run = program
    status, outputs, said = run("7", "5", given=bytes(71))
    assert (status, said) == (1, "error: frame 2 is truncated: 1 of 70 bytes\n")
    assert outputs  # of the first


def test_no_frame(program):
    assert program[1]("7", "5")[::2] == (1, "error: frame 1 is truncated: 0 of 70 bytes\n")


def test_values_beyond_the_range(program):
    status, outputs, said = program[1]("7", "5", given=bytes([101]) + bytes(69))
    assert (status, outputs) == (1, b"")
    assert said == "error: frame 1: values are 0..101, and the input takes -100..100\n"


@pytest.mark.parametrize("words", [(), ("7",), ("7", "5", "3"), ("--unknown", "7")])
def test_wrong_words(program, words):
    status, _, said = program[1](*words)
    assert status == (2 if len(words) != 2 else 1)
    assert said.startswith("usage: model" if len(words) != 2 else "error: ")


def test_a_size_that_is_none(program):
    assert program[1]("0", "5")[::2] == (1, "error: width and height must be at least 1\n")


def test_help_names_the_outputs(program):
    status, text, _ = program[1]("--help")
    assert status == 0
    assert '  co"nv\\: 5 channels, int32\n  in: 2 channels, int8\n' in text.decode()


@pytest.fixture(scope="module")
def stereo_program(tmp_path_factory):
    """A function that runs the program of a network with two inputs."""
    folder = tmp_path_factory.mktemp("stereo")
    write_model(stereo(), folder)
    binary = folder / "model"
    command = [find_compiler(), "-O1", "-std=c++17", "-pthread", folder / "model.cpp", "-o", binary]
    subprocess.run(command, check=True, timeout=120)

    def run(*words, given=b""):
        done = subprocess.run([binary, *words], input=given, capture_output=True, timeout=60)
        return done.returncode, done.stdout, done.stderr.decode()

    return run


@pytest.mark.parametrize("layout", ["chw", "hwc"])
def test_a_frame_has_a_map_for_each_input(stereo_program, layout):
    net, frames = stereo(), stereo_frames(3)
    values = golden.run(net.graph, frames)
    axes = (0, 1, 2) if layout == "chw" else (1, 2, 0)
    types = {"left": "u1", "right": "i1"}
    given = b"".join(
        frames[name][number].transpose(axes).astype(dtype).tobytes()
        for number in range(3)
        for name, dtype in types.items()
    )
    status, outputs, said = stereo_program(f"--{layout}", given=given)
    assert (status, said) == (0, "")
    parts = [
        values[node][number].transpose(axes).astype(dtype).tobytes()
        for number in range(3)
        for node, dtype in (("c", "<i2"), ("b_act", "u1"))
    ]
    assert outputs == b"".join(parts)


def test_sizes_of_several_inputs_are_not_given(stereo_program):
    status, _, said = stereo_program("8", "6")
    assert status == 2
    assert said.startswith("usage: model [--chw | --hwc] [--threads N] < frames.bin")
    assert "  right: 1 x 12 x 16 values of type int8 from -4 to 3\n" in said


def test_faults_name_the_input(stereo_program):
    left, right = bytes([15]) * 3 * 6 * 8, bytes([3]) * 12 * 16
    assert stereo_program(given=left + right)[::2] == (0, "")
    assert stereo_program(given=left + right[:-1] + b"\x04")[::2] == (
        1,
        "error: frame 1: values are 3..4, and the input takes -4..3 at input right\n",
    )
    assert stereo_program(given=left)[::2] == (
        1,
        "error: frame 1 is truncated: 144 of 336 bytes\n",
    )
