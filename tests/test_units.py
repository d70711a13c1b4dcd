"""Quantities on the command line: what they mean, and which are refused, naming the option."""

import json
from fractions import Fraction
from importlib import import_module

import numpy as np
import pytest
from typer.testing import CliRunner

from corgibuilder import api, units
from corgibuilder.cli import app
from corgibuilder.examples import DIGITS_FRAMES, DIGITS_NETWORK

CHOOSE = import_module("corgibuilder.stimulus.choose")  # its package has a function of that name
TARGET = {"--fps": "10000", "--clock": "59MHz"}


@pytest.mark.parametrize(
    ("parse", "text", "value"),
    [
        (units.parse_clock, "59MHz", 59_000_000),
        (units.parse_clock, " 59e6 ", 59_000_000),
        (units.parse_clock, "0.1 GHz", 100_000_000),
        (units.parse_clock, "33.3333333MHz", 33_333_333),
        (units.parse_clock, "1000000.4Hz", 1_000_000),
        (units.parse_fps, "29.97", Fraction("29.97")),
        (units.parse_fps, "30000/1001", Fraction(30000, 1001)),
        (units.parse_fps, "1e-3", Fraction(1, 1000)),
        (units.parse_image, "1280x720", (1280, 720)),
        (units.parse_pixels, "4px", 4),
        (units.parse_latency, "7.2ms", Fraction("0.0072")),
        (units.parse_latency, "1e-9s", Fraction(1, 10**9)),
        (units.parse_latency, "40ns", Fraction(4, 10**8)),
    ],
)
def test_quantities(parse, text, value):
    assert parse(text) == value


@pytest.mark.parametrize(
    ("option", "text"),
    [
        *(("--fps", text) for text in ("1e999999999", "1e400", "1e99", "1e-9", "1/0", "nan", "-1")),
        *(
            ("--clock", text)
            for text in ("1e400", "1e99", "0MHz", "1.5Hz", "9" * 5000, "1.2.3MHz", "infHz")
        ),
        *(("--image", text) for text in ("99999999999x1", "0x5", "65536x1", "9" * 5000 + "x1")),
        *(("--headroom", text) for text in ("65536px", "9" * 5000, "-1")),
        *(("--latency", text) for text in ("1e400s", "1001s", "0.0000001ms", "9" * 5000 + "s")),
    ],
)
def test_what_is_out_of_range_is_refused(option, text, tmp_path):
    given = TARGET | {option: text}
    target = [word for pair in given.items() for word in pair]
    result = CliRunner().invoke(
        app, ["plan", str(DIGITS_NETWORK), *target, "-o", str(tmp_path / "p")]
    )
    assert result.exit_code == 2
    assert result.stderr.startswith("error[CB6")
    assert f"--> {option}\n" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    out = tmp_path_factory.mktemp("digits") / "build"
    result = CliRunner().invoke(
        app, ["build", str(DIGITS_NETWORK), "--fps", "10000", "--clock", "59MHz", "-o", str(out)]
    )
    assert result.exit_code == 0
    return out


@pytest.mark.parametrize(
    ("option", "value"),
    [("--seed", "-5"), ("--seed", str(2**64)), ("--frames", "0"), ("--frames", "999999999999"),
     ("--frames", "-1")],
)  # fmt: skip
def test_numbers_of_a_simulation(build, option, value):
    result = CliRunner().invoke(app, ["simulate", str(build), option, value])
    assert result.exit_code == 2
    assert f"--> {option}\n" in result.stderr
    assert result.stderr.startswith("error[CB62")


def test_frames_that_do_not_fit_into_memory(build, monkeypatch):
    monkeypatch.setattr(CHOOSE, "MAX_RANDOM_VALUES", 5 * 64 + 63)
    result = CliRunner().invoke(app, ["simulate", str(build), "--frames", "6"])
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        "error[CB628]: 6 frames of 1x8x8 do not fit into memory",
        "  --> --frames",
        "  help: take 5 frames or fewer",
    ]


def test_a_build_has_as_many_frames_as_fit_into_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(CHOOSE, "MAX_RANDOM_VALUES", 1)
    network = api.read(DIGITS_NETWORK)
    api.build(DIGITS_NETWORK, api.plan(network, fps=1, clock_hz=10**6), tmp_path / "build")
    (instance,) = json.loads((tmp_path / "build/sim/bench.json").read_text())["instances"]
    assert instance["frames"] == 1


@pytest.mark.parametrize("command", ["plan", "build", "simulate"])
def test_the_help_states_every_range(command):
    shown = " ".join(CliRunner().invoke(app, [command, "--help"]).stdout.replace("│", " ").split())
    limits = [units.FRAMES, units.SEED]
    if command != "simulate":
        limits = [units.FPS, units.CLOCK_HZ, units.IMAGE_SIDE, units.HEADROOM, units.LATENCY]
    assert all(str(limit) in shown for limit in limits)


@pytest.mark.parametrize(
    "content",
    [b"[" * 100_000, b"\xff\xfe{}", b"", b"{}", b'{"target": ' * 5000, b" " * 2**24 + b"{}"],
)
def test_files_that_are_no_plans(content, tmp_path):
    (tmp_path / "plan.json").write_bytes(content)
    arguments = [str(DIGITS_NETWORK), "--plan", str(tmp_path / "plan.json"), "-o"]
    result = CliRunner().invoke(app, ["build", *arguments, str(tmp_path / "build")])
    assert result.exit_code == 2
    assert result.stderr.startswith("error[CB")
    assert not (tmp_path / "build").exists()


def _header(shape):
    text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


GOOD = DIGITS_FRAMES.read_bytes()
FRAMES = {
    "huge.npy": _header((2**40, 8, 8)) + bytes(100),
    "huger.npy": _header((2**62, 2**62)) + bytes(100),
    "negative.npy": _header((-1, 8, 8)) + bytes(100),
    "nested.npy": _header("(" * 3000) + bytes(100),
    "long.npy": b"\x93NUMPY\x02\x00\xff\xff\xff\x7f" + bytes(100),
    "version.npy": b"\x93NUMPY\x09\x00" + bytes(100),
    "empty.npy": b"",
    "none.npy": _header((0, 1, 8, 8)),
    "cut.npz": GOOD[:-100],
    "short.npz": GOOD[:200],
    "damaged.npz": GOOD[:60] + bytes(500) + GOOD[560:],
    "other.npz": b"no archive",
    "cut.png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xff\xff\xff\xff\xff\xff\xff\xff\x08\x02\0\0\0",
}


@pytest.mark.parametrize("name", FRAMES)
def test_files_that_are_no_frames(name, tmp_path):
    (tmp_path / name).write_bytes(FRAMES[name])
    result = CliRunner().invoke(app, ["run", str(DIGITS_NETWORK), "--input", str(tmp_path / name)])
    assert result.exit_code == 2, result.exception
    assert result.stderr.startswith("error[CB60")


def test_outputs_go_where_there_is_no_folder_yet(tmp_path):
    out = tmp_path / "nodir" / "o.npz"
    arguments = ["run", str(DIGITS_NETWORK), "--input", str(DIGITS_FRAMES), "--output", str(out)]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    with np.load(out) as written:
        assert list(written) == ["logits"]


def test_the_least_and_the_most_that_help_names_can_be_given():
    parsers = ((units.LATENCY, units.parse_latency), (units.CLOCK_HZ, units.parse_clock))
    for limits, parse in parsers:
        least, most = str(limits).split(" to ")
        assert parse(least) == limits.least
        assert parse(most.replace(",", "")) == limits.most
