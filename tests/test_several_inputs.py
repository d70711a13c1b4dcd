"""Networks with several inputs, from the command line to the hardware, whatever they are called."""

import json
import shutil
from fractions import Fraction

import numpy as np
import pytest

from corgibuilder import api
from corgibuilder.build_directory import read_build_directory
from corgibuilder.diagnostics import CompileError
from corgibuilder.ir import InputType
from corgibuilder.model import Model as Software
from corgibuilder.plan import Plan

from .frontend.models import Model, integers, theirs
from .simulators import FAST
from .test_cli import call, data

LEFT, RIGHT, MASK = "[/in] <b>", "endmodule", "EndModule"
SHAPES = {LEFT: (2, 4, 5), RIGHT: (1, 8, 10), MASK: (3, 4, 5)}
VALUES = {LEFT: "UINT4", RIGHT: "INT3", MASK: "BIPOLAR"}
TARGET = ["--fps", "1000", "--clock", "400kHz"]


def proto():
    """Two branches that are added, and the channels of a third input beside them."""
    rng = np.random.default_rng(1)
    others = {name: (SHAPES[name], VALUES[name]) for name in (RIGHT, MASK)}
    model = Model(SHAPES[LEFT], VALUES[LEFT], others=others)
    a = model.conv(rng.integers(-3, 4, (3, 2, 3, 3)), pads=[1, 1, 1, 1], after="input", name="a")
    a = model.quant(2.0, bits=3, after=a, name="qa")
    b = model.conv(rng.integers(-3, 4, (3, 1, 2, 2)), strides=[2, 2], after=RIGHT, name="b")
    b = model.quant(1.0, bits=4, signed=0, after=b, name="qb")
    both = model.node("Add", b, after=a, name="sum")
    model.node("Concat", MASK, after=both, name="beside", axis=1)
    model.conv(rng.integers(-3, 4, (2, 6, 2, 2)), name="last")
    made = model.proto([model.last, b])
    made.graph.input[0].name = made.graph.node[0].input[0] = LEFT
    made.graph.quantization_annotation[0].tensor_name = LEFT
    return made


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    path = tmp_path_factory.mktemp("several") / "net.onnx"
    path.write_bytes(proto().SerializeToString())
    return path


@pytest.fixture(scope="module")
def frames():
    given = {LEFT: integers(1, SHAPES[LEFT], 0, 15), RIGHT: integers(2, SHAPES[RIGHT], -4, 3)}
    return given | {MASK: 2 * integers(3, SHAPES[MASK], 0, 1) - 1}


@pytest.fixture(scope="module")
def files(frames, tmp_path_factory):
    folder = tmp_path_factory.mktemp("frames")
    np.savez(folder / "all.npz", **frames)
    for number, array in enumerate(frames.values()):
        np.save(folder / f"{number}.npy", array)
    return folder


@pytest.fixture(scope="module")
def build(source, tmp_path_factory):
    out = tmp_path_factory.mktemp("built") / "build"
    call("build", source, *TARGET, "-o", out)
    return out


def each_of(files):
    named = (f"{name}={files / f'{number}.npy'}" for number, name in enumerate(SHAPES))
    return [part for text in named for part in ("--input", text)]


def test_inspect_lists_them(source):
    found = data("inspect", source)
    assert list(found["inputs"]) == list(SHAPES)
    assert [tuple(shape) for shape in found["inputs"].values()] == list(SHAPES.values())


@pytest.mark.parametrize("together", [True, False], ids=["npz", "npy"])
def test_run_equals_the_reference(together, source, files, frames, tmp_path):
    given = ["--input", files / "all.npz"] if together else each_of(files)
    call("run", source, *given, "--output", tmp_path / "out.npz")
    expected = theirs(proto(), frames)
    with np.load(tmp_path / "out.npz") as written:
        assert set(written) == set(expected)
        for name, value in expected.items():
            np.testing.assert_array_equal(written[name], value)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (["0.npy"], "0.npy is one array, for several inputs"),
        ([f"{LEFT}=0.npy", f"{RIGHT}=1.npy"], f"no file is given for input '{MASK}'"),
        ([f"{LEFT}=0.npy", "all.npz"], f"two files are given for input '{LEFT}'"),
    ],
)
def test_inputs_without_a_file_of_their_own(given, problem, source, files, monkeypatch):
    monkeypatch.chdir(files)
    options = [part for text in given for part in ("--input", text)]
    said = call("run", source, *options, status=2).stderr
    assert said.startswith(f"error[CB606]: {problem}\n")
    assert f"--input {RIGHT}=FILE" in said


def test_different_numbers_of_frames(source, frames):
    network = api.read(source)
    with pytest.raises(CompileError, match=r"3 for .*, 2 for 'endmodule', 3 for") as caught:
        api.run(network, frames | {RIGHT: frames[RIGHT][:2]})
    assert caught.value.code == "CB604"
    with pytest.raises(CompileError, match="frames are given for one array, and the inputs are"):
        api.run(network, frames[LEFT])


def test_plan_and_table_have_them_all(source):
    plan = json.loads(call("plan", source, *TARGET, "--json").stdout)
    edges = {edge["producer"]: edge for edge in plan["edges"]}
    assert [edges[name]["channels"] for name in SHAPES] == [2, 1, 3]
    assert (edges[MASK]["lowest"], edges[MASK]["step"]) == (-1, 2)
    shown = call("plan", source, *TARGET).stdout
    assert "input 1x8x10, 1 lane" in shown and LEFT in shown


def test_every_input_is_a_port(build):
    manifest = read_build_directory(build).manifest
    streams = manifest.network.inputs
    assert [stream.node for stream in streams] == list(SHAPES)
    assert [stream.port for stream in streams] == ["i_in_b", "i_endmodule", "i_endmodule_2"]
    assert [stream.shape for stream in streams] == list(SHAPES.values())
    assert [stream.bits for stream in streams] == [4, 3, 1]
    assert (manifest.network.resizable, manifest.network.smallest) == (False, (5, 4))
    top = (build / manifest.network.sources[0]).read_text()
    assert all(f"input {stream.port}__valid;" in top for stream in streams)


@pytest.mark.parametrize("given", [False, True], ids=["chosen", "given"])
def test_the_hardware_is_right(given, build, files):
    options = ["--input", files / "all.npz", "--stalls"] if given else []
    found = data("simulate", build, "--simulator", FAST.value, *options)
    assert found["passed"]
    assert found["input_words"] == found["input_words_expected"]
    if not given:
        assert found["cycles_per_frame"] == found["planned_cycles_per_frame"]
        assert found["latency_frame"] == found["planned_latency_frame"]


def test_frames_of_one_input_only_are_refused(build, frames):
    with pytest.raises(CompileError, match="the inputs are"):
        api.simulate(build, {LEFT: frames[LEFT]})


def test_a_file_whose_inputs_changed_places_is_another_one(build, tmp_path):
    shutil.copytree(build, tmp_path / "build", symlinks=True)
    turned = proto()
    infos = list(turned.graph.input)[::-1]
    del turned.graph.input[:]
    turned.graph.input.extend(infos)
    (tmp_path / "build" / "source" / "net.onnx").write_bytes(turned.SerializeToString())
    with pytest.raises(CompileError, match="CB515"):
        api.simulate(tmp_path / "build", changed=True)


def test_the_software_model_is_right(build, frames):
    model = Software(build / "model", flags=("-O0",))
    entries = [(entry.name, entry.channels) for entry in model.library.inputs]
    assert entries == [(name, shape[0]) for name, shape in SHAPES.items()]
    found = model(*(frames[name].astype(np.int64) for name in SHAPES))
    network = api.read(build / "source" / "net.onnx")
    expected = api.run(network, frames)
    for port in network.outputs:
        np.testing.assert_array_equal(port.convert(found[port.name]), expected[port.name])


def test_there_is_one_camera(source, tmp_path):
    options = ["--system", "neurocorgi", "-o", tmp_path / "chip"]
    said = call("build", source, *TARGET, *options, status=2).stderr
    assert said.startswith("error[CB908]: the system has one camera, and the network 3 inputs: ")
    assert not (tmp_path / "chip").exists()


def test_images_of_another_size_are_refused(source):
    said = call("plan", source, *TARGET, "--image", "9x9", status=2).stderr
    assert said.startswith("error[CB401]: it is one of 3 inputs, and of a network with several all")


def test_a_type_for_one_input_is_kept(tmp_path):
    made = Model((1, 3, 3), "UINT2", others={"b": ((1, 3, 3), "")})
    made.node("Add", "b", after="input")
    source = made.save(tmp_path)
    given = ["--input-type", "b=int3", "--input-scale", "0.5"]
    assert "CB305" in data("inspect", source, status=2)["problems"][0]
    call("build", source, *TARGET, *given, "-o", tmp_path / "build")
    kept = InputType("int3", Fraction(1, 2), "b")
    assert api.read_built(read_build_directory(tmp_path / "build")).input_type == kept
    plan = Plan.from_json((tmp_path / "build" / "plan.json").read_text())
    assert plan.target.input_type == kept
    said = json.loads((tmp_path / "build" / "manifest.json").read_text())["input_type"]
    assert said == {"name": "int3", "scale": "1/2", "input": "b"}
