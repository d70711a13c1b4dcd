"""Names that mean something elsewhere, all the way: every file and every line that is written."""

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from corgibuilder.build_directory import read_build_directory
from corgibuilder.cli import app
from corgibuilder.model import Model as Software

from .frontend.models import Model
from .synth.cells import liberty

EVIL = (
    *("[/red]", "[/]\x1b[2J\x1b]0;title\x07", "<script>alert(1)</script>", "\u202e a | b\n# break"),
    *(
        "`id` $(id) ;rm {{ 7 * 7 }} {% raw",
        '" \\" )" R"( */ //',
        "%s%n été 猫",
        "../../up",
        "n" * 300,
    ),
    *("endmodule", "clk", "corgi_rom", "file", "x", "X", "x_2"),
)
TARGET = ["--fps", "1000", "--clock", "10MHz"]


def evil_network(folder):
    """A layer, a tensor and an output of every evil name, in a file that is called alike."""
    model = Model((2, 8, 8), "UINT2")
    for name in EVIL:
        model.conv(np.array([[1, 0], [0, 1]]).reshape(2, 2, 1, 1), name=name)
    proto = model.proto([f"t{k}" for k in range(len(EVIL))])
    names = {f"t{k}": name for k, name in enumerate(EVIL)} | {"input": "[/in] <b>"}
    for node in proto.graph.node:
        node.input[0], node.output[0] = names[node.input[0]], names[node.output[0]]
    for info in (*proto.graph.input, *proto.graph.output):
        info.name = names[info.name]
    proto.graph.quantization_annotation[0].tensor_name = names["input"]
    path = Path(folder) / "[red]\x1b[2J <b>|\n\udce9 net.onnx"
    path.write_bytes(proto.SerializeToString())
    return path


def call(*arguments):
    """Standard output of a command that must succeed, and must say nothing that is not text."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 0, (result.output, result.exception)
    shown = result.stdout + result.stderr
    assert all(c.isprintable() or c == "\n" for c in shown)
    return result.stdout


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return evil_network(tmp_path_factory.mktemp("evil"))


@pytest.fixture(scope="module")
def build(source, tmp_path_factory):
    out = tmp_path_factory.mktemp("evil build") / "[i] $x #"
    target = ["--fps", "1000", "--clock", "10MHz", "--image", "9x8"]
    system = ["--system", "neurocorgi", "--classes", "2"]
    call("build", source, *target, *system, "-o", out)
    return out


def test_tables_show_names_as_they_are(source):
    for command in (["inspect", source], ["plan", source, *TARGET]):
        shown = call(*command)
        for name in ("[/red]", r"[/]\x1b[2J\x1b]0;title\x07", r"\u202e a | b\n# break"):
            assert name in shown
        assert set(EVIL) <= set(_names(json.loads(call(*command, "--json"))))


def _names(data):
    return [layer["name"] for layer in data.get("layers") or data["stages"]]


def test_outputs_are_saved_under_their_own_names(source, tmp_path):
    frames = np.arange(128).reshape(1, 2, 8, 8) % 4
    np.save(tmp_path / "x.npy", frames)
    call("run", source, "--input", tmp_path / "x.npy", "--output", tmp_path / "o.npz")
    with np.load(tmp_path / "o.npz") as written:
        assert set(written) == set(EVIL)
        assert all((written[name] == frames).all() for name in written)


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.seen = set()

    def handle_starttag(self, tag, attributes):
        self.seen.add(tag)


def test_the_report_has_no_markup_of_theirs(source, tmp_path):
    call("plan", source, *TARGET, "--report", tmp_path / "plan.html")
    page = (tmp_path / "plan.html").read_text("utf-8")
    tags = Tags()
    tags.feed(page)
    assert not tags.seen & {"script", "b"}
    assert "&lt;script&gt;" in page
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", page)


def test_the_document_of_the_system_keeps_its_tables(build):
    text = (build / "system.md").read_text("utf-8")
    assert "<" not in text.replace("&#60;", "")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {row.count("|") for row in rows} == {5, 8, 10}  # pins, registers, channels
    channels = [row.split(" | ")[0] for row in rows[-len(EVIL) - 1 :]]
    assert channels == [f"| {k}" for k in range(len(EVIL) + 1)]
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text)


def test_files_and_modules_differ_in_any_case(build):
    names = [path.name for path in (build / "rtl").iterdir()]
    assert len({name.lower() for name in names}) == len(names)
    assert all(re.fullmatch(r"[a-z0-9_]{1,80}\.(v|hex)", name) for name in names)
    manifest = read_build_directory(build).manifest
    ports = [stream.port for stream in manifest.network.outputs]
    assert len({port.lower() for port in ports}) == len(EVIL)
    assert [stage.layer for stage in manifest.stages] == list(EVIL)


def test_the_hardware_is_right(build):
    simulator = "icarus" if shutil.which("iverilog") else "verilator"
    found = json.loads(call("simulate", build, "--simulator", simulator, "--json"))
    assert found["passed"]
    assert "[/red]" in call("simulate", build, "--simulator", simulator, "--layer", "[/red]")


def test_the_stages_are_synthesised(build, tmp_path):
    cells = tmp_path / 'a "b" ;#' / "cells $x.lib"
    cells.parent.mkdir()
    cells.write_text(liberty())
    assert "[/red]" in call("synth", build, "--liberty", cells)
    assert not (build / "synth" / "generic" / "cells.lib").exists()


def test_a_folder_in_which_abc_does_not_work(build, tmp_path):
    (tmp_path / "<i>").symlink_to(build)
    (tmp_path / "x.lib").write_text(liberty())
    arguments = ["synth", tmp_path / "<i>", "--liberty", tmp_path / "x.lib"]
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.stderr.startswith("error[CB629]: abc, which maps the cells, does not work in")


def test_the_software_model_names_the_outputs(build):
    frames = np.arange(144).reshape(1, 2, 8, 9) % 4
    outputs = Software(build / "model", flags=("-O0",))(frames)
    assert set(outputs) == set(EVIL)
    assert all((values == frames).all() for values in outputs.values())
