"""The chip around a network in the build directory, and networks that do not go into one."""

import json
import re

import numpy as np
import pytest
from typer.testing import CliRunner

from corgibuilder import api
from corgibuilder.build_directory import read_build_directory
from corgibuilder.cli import app
from corgibuilder.diagnostics import CompileError
from corgibuilder.plan import Plan
from corgibuilder.system import System

from ..frontend.models import QONNX, Model

CLASSES = 3


def network(shape=(2, 9, 12), *, head=False):
    """Two layers with a tap after each; a classifier ties it to its size."""
    rng = np.random.default_rng(5)
    model = Model(shape, "UINT4")
    steps = np.sort(rng.integers(-150, 150, (4, 15)), axis=1)
    model.conv(rng.integers(-7, 8, (4, shape[0], 3, 3)), pads=[1, 1, 1, 1], name="stem")
    model.node("MultiThreshold", model.const(steps), domain=QONNX, out_dtype="UINT4")
    taps = [model.last]
    model.conv(rng.integers(-7, 8, (6, 4, 1, 1)), name="point", strides=[2, 2])
    taps.append(model.last)
    if head:
        model.node("Flatten")
        size = 6 * -(-shape[1] // 2) * -(-shape[2] // 2)
        model.node("MatMul", model.const(rng.integers(-3, 4, (size, 2))), name="head")
        taps = None
    return model, taps


def planned(folder, model, taps, **target):
    source = model.save(folder, taps)
    return source, api.plan(api.read(source), **{"fps": 1000, "clock_hz": 700_000} | target)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("chip")
    source, plan = planned(folder, *network())
    api.build(source, plan, folder / "build", system=System(classes=CLASSES))
    return folder / "build"


def test_a_chip_is_built_with_the_same_bytes_again(built, tmp_path):
    plan = Plan.from_json((built / "plan.json").read_text())
    source = built / "source" / "model.onnx"
    api.build(source, plan, tmp_path / "again", system=System(classes=CLASSES))
    files = [path.relative_to(built) for path in sorted(built.rglob("*")) if path.is_file()]
    assert all((built / p).read_bytes() == (tmp_path / "again" / p).read_bytes() for p in files)


def test_the_network_is_the_same_with_and_without_a_chip_around_it(built, tmp_path):
    plan = Plan.from_json((built / "plan.json").read_text())
    manifest = api.build(built / "source" / "model.onnx", plan, tmp_path / "alone")
    assert manifest.system is None
    assert manifest.network == read_build_directory(built).manifest.network
    for path in (tmp_path / "alone" / "rtl").iterdir():
        assert path.read_bytes() == (built / "rtl" / path.name).read_bytes()


def test_the_manifest_describes_the_chip(built):
    directory = read_build_directory(built)
    chip = directory.manifest.system
    text = (built / "rtl" / f"{chip.module}.v").read_text()
    for pin in chip.pins:
        width = rf"\[{pin.bits - 1}:0\] " if pin.bits > 1 else ""
        assert re.search(rf"^  {pin.direction}put {width}{pin.name};", text, re.MULTILINE), pin
    assert all(path.is_file() for path in directory.paths(chip))
    assert [(c.tag, c.name, c.stream.channels) for c in chip.channels] == [
        (0, "t1", 4),
        (1, "t2", 6),
        (2, "classifier", CLASSES),
    ]
    assert (chip.smallest, chip.largest) == ((8, 8), (12, 9))
    assert chip.classifier.node == "point"
    assert chip.classifier.memory_words == CLASSES * 2 + CLASSES
    assert json.loads(directory.manifest.to_json()) == json.loads(
        (built / "manifest.json").read_text()
    )


def test_every_register_is_in_the_document(built):
    text = (built / "system.md").read_text()
    chip = read_build_directory(built).manifest.system
    for register in chip.registers:
        assert f"| {register.address} | {register.name} | {register.access} | " in text
        assert register.doc in text
        assert all(f" | {field.name} | {field.reset} | " in text for field in register.fields)


@pytest.mark.parametrize(
    ("model", "system", "message"),
    [
        (
            network(head=True),
            System(),
            "error[CB901]: the system takes images of any size, and the network is tied by 'head'",
        ),
        (
            network((5, 9, 12)),
            System(),
            "error[CB902]: a camera gives whole pixels, and 1 of 5 channels enter the network",
        ),
        (network(), System(classes=0), "error[CB903]: there are 0 classes"),
        (network(), System(), "error[CB904]: 1000 classes take"),
        (
            network((2, 7, 12)),
            System(classes=1),
            "error[CB905]: the largest frame is 12x7, which is smaller than the smallest one",
        ),
    ],
    ids=["fixed", "channels", "no classes", "classes", "small"],
)
def test_what_does_not_suit_is_refused(tmp_path, model, system, message):
    source, plan = planned(tmp_path, *model)
    with pytest.raises(CompileError) as fault:
        api.build(source, plan, tmp_path / "out", system=system)
    assert str(fault.value).startswith(message)
    assert not (tmp_path / "out").exists()


def test_the_command_line_asks_for_it(tmp_path):
    source = network()[0].save(tmp_path)
    settings = ["--fps", "1000", "--clock", "700kHz", "-o", str(tmp_path / "chip"), "--json"]
    chip = ["--system", "neurocorgi", "--classes", "2"]
    result = CliRunner().invoke(app, ["build", str(source), *settings, *chip])
    assert result.exit_code == 0, result.output
    system = read_build_directory(tmp_path / "chip").manifest.system
    assert (system.style, system.classifier.classes) == ("neurocorgi", 2)


def test_more_than_a_link_can_carry_is_refused(tmp_path):
    source, plan = planned(tmp_path, *network(), fps=1000, clock_hz=156_000)
    with pytest.raises(CompileError, match=r"CB906.*141 words, and it has 156 cycles"):
        api.build(source, plan, tmp_path / "out", system=System(classes=CLASSES))
