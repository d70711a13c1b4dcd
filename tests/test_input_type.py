"""``--input-type`` and ``--input-scale``: kept in plan and build, and the same in every command."""

import json
from fractions import Fraction

import numpy as np
import pytest

from corgibuilder import api
from corgibuilder.build_directory import read_build_directory
from corgibuilder.diagnostics import CompileError
from corgibuilder.ir import InputType
from corgibuilder.plan import Plan
from corgibuilder.units import parse_input_type

from .frontend.models import Model, theirs
from .simulators import FAST
from .test_cli import call, data

GIVEN = ["--input-type", "uint4", "--input-scale", "0.25"]
QUARTERS = InputType("uint4", Fraction(1, 4))


def model():
    made = Model((2, 5, 4), annotation="")
    made.conv(np.random.default_rng(1).integers(-3, 4, (3, 2, 2, 2)), name="conv")
    made.quant(2.0, bits=3, signed=0)
    return made


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    return model().save(tmp_path_factory.mktemp("float"))


@pytest.fixture(scope="module")
def build(network, tmp_path_factory):
    folder = tmp_path_factory.mktemp("built") / "build"
    call("build", network, "--fps", "1000", "--clock", "1MHz", *GIVEN, "-o", folder)
    return folder


def test_inspect_and_run(network, tmp_path):
    assert "CB305" in data("inspect", network, status=2)["problems"][0]
    entry = data("inspect", network, *GIVEN)["layers"][0]
    assert (entry["lowest"], entry["highest"]) == (0, 15)
    frames = np.random.default_rng(2).integers(0, 16, (3, 2, 5, 4)).astype(np.float32) / 4
    np.save(tmp_path / "frames.npy", frames)
    files = ["--input", tmp_path / "frames.npy", "--output", tmp_path / "out.npz"]
    call("run", network, *GIVEN, *files)
    (expected,) = theirs(model().proto(), frames).values()
    with np.load(tmp_path / "out.npz") as stored:
        (got,) = stored.values()
    np.testing.assert_array_equal(got, expected)


def test_a_build_keeps_it(build, network):
    directory = read_build_directory(build)
    assert api.read_built(directory).input_type == QUARTERS
    assert json.loads(directory.plan.read_text())["target"]["input_type"] == {
        "name": "uint4",
        "scale": "1/4",
    }


def test_frames_of_a_simulation_are_the_files_own_values(build, tmp_path):
    np.save(tmp_path / "frames.npy", np.full((2, 2, 5, 4), 3.75, np.float32))
    call("simulate", build, "--simulator", FAST.value, "--input", tmp_path / "frames.npy")
    np.save(tmp_path / "frames.npy", np.full((2, 2, 5, 4), 3.7, np.float32))
    result = call("simulate", build, "--input", tmp_path / "frames.npy", status=2)
    assert "takes integers 0..15 times 0.25, not 3.7" in result.stderr


def test_a_saved_plan_brings_it(network, tmp_path):
    plan = tmp_path / "plan.json"
    call("plan", network, "--fps", "1000", "--clock", "1MHz", *GIVEN, "-o", plan)
    made = Plan.from_json(plan.read_text())
    assert made.target.input_type == QUARTERS
    assert Plan.from_json(made.to_json()) == made
    call("build", network, "--plan", plan, "-o", tmp_path / "build")
    assert api.read_built(read_build_directory(tmp_path / "build")).input_type == QUARTERS
    result = call("build", network, "--plan", plan, *GIVEN, "-o", tmp_path / "two", status=2)
    assert "CB614" in result.stderr


@pytest.mark.parametrize("field", [{"name": "float"}, {"scale": "-1"}, {"scale": 0.25}, {"x": 1}])
def test_plans_that_say_something_else(field, network, tmp_path):
    plan = tmp_path / "plan.json"
    call("plan", network, "--fps", "1000", "--clock", "1MHz", *GIVEN, "-o", plan)
    changed = json.loads(plan.read_text())
    changed["target"]["input_type"].update(field)
    plan.write_text(json.dumps(changed))
    assert "CB411" in call("build", network, "--plan", plan, "-o", tmp_path / "b", status=2).stderr


def test_a_plan_and_a_build_without_it_say_nothing(tmp_path):
    path = Model((2, 5, 4), "UINT3")
    path.conv(np.ones((1, 2, 2, 2)))
    plan = api.plan(api.read(path.save(tmp_path)), fps=1000, clock_hz=1_000_000)
    assert "input_type" not in plan.to_json()
    assert Plan.from_json(plan.to_json()) == plan
    manifest = api.build(tmp_path / "model.onnx", plan, tmp_path / "build")
    assert "input_type" not in manifest.to_json()
    assert api.read_built(read_build_directory(tmp_path / "build")).input_type is None


@pytest.mark.parametrize(
    ("scale", "value"),
    [(None, 1), ("1/255", Fraction(1, 255)), (" 0.5 ", Fraction(1, 2)), ("5e-3", Fraction(1, 200))],
)
def test_scales_as_people_write_them(scale, value):
    assert parse_input_type("int8", scale) == InputType("int8", Fraction(value))


@pytest.mark.parametrize("name", ["left", "a=b", "0", ""])
def test_a_type_of_one_input(name):
    given = parse_input_type(f"{name}=int8", None)
    assert given == InputType("int8", Fraction(1), name)
    assert str(given) == f"{name}=int8"


@pytest.mark.parametrize(
    ("name", "scale", "code"),
    [
        ("int8", "x", "CB630"),
        ("int8", "1/0", "CB630"),
        ("int8", "1e999", "CB630"),
        ("int8", "-1", "CB630"),
        ("int8", "0", "CB114"),
        ("int0", None, "CB114"),
        (None, "1", "CB631"),
    ],
)
def test_what_is_refused(name, scale, code):
    with pytest.raises(CompileError) as caught:
        parse_input_type(name, scale)
    assert caught.value.code == code


def test_no_type_is_none_and_python_takes_numbers(network):
    assert parse_input_type(None, None) is None
    assert api.read(network, input_type="uint4", input_scale=0.25).input_type == QUARTERS
