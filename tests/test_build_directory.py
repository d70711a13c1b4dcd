"""What is read of a build directory is what was written, or is refused."""

import json
import os

import pytest

from corgibuilder.api import synth
from corgibuilder.build_directory import LONGEST, read_build_directory
from corgibuilder.diagnostics import CompileError
from corgibuilder.verify import lint, simulate

from .simulators import FAST
from .verify import toys


def refused(path, **settings):
    with pytest.raises(CompileError) as caught:
        read_build_directory(path, **settings)
    return caught.value


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


CHANGES = {
    "rtl/add.v was changed": lambda path: edit(path / "rtl/add.v", "part", "$system; part"),
    "rtl/add.v is missing": lambda path: (path / "rtl/add.v").unlink(),
    "rtl/add_bias.hex was changed": lambda path: (path / "rtl/add_bias.hex").write_text("00"),
    "rtl/more.hex was added": lambda path: (path / "rtl/more.hex").write_text("00"),
    "rtl/toy.sv was added": lambda path: (path / "rtl/toy.sv").write_text("module toy; endmodule"),
    "late.v was added": lambda path: (path / "late.v").write_text(""),
    "source/none.onnx was changed": lambda path: (path / "source/none.onnx").write_text("x"),
    "manifest.json was edited": lambda path: edit(
        path / "manifest.json", '"lanes": 3', '"lanes": 4'
    ),
}


@pytest.mark.parametrize("problem", CHANGES)
def test_a_build_that_was_changed_is_refused(tmp_path, problem):
    x, golden = toys.toy_frames(1)
    build = toys.toy(tmp_path)
    CHANGES[problem](build)
    for call in (lambda: simulate(build, frames=[x], golden=golden), lambda: synth(build)):
        with pytest.raises(CompileError) as caught:
            call()
        assert str(caught.value) == (
            f"error[CB513]: the build was changed after it was written: {problem}\n"
            f"  --> {build}\n"
            "  help: build the network again, or say that this is meant, with --changed"
        )
    if "missing" not in problem:
        read_build_directory(build, changed=True)


def test_a_file_that_leads_elsewhere_is_a_change(tmp_path):
    (tmp_path / "build").mkdir()
    build = toys.toy(tmp_path / "build")
    (build / "rtl/add.v").rename(tmp_path / "add.v")
    (build / "rtl/add.v").symlink_to(tmp_path / "add.v")
    assert "rtl/add.v leads out of the directory" in refused(build).problem


def test_a_few_of_many_changes_are_named(tmp_path):
    build = toys.toy(tmp_path)
    for number in range(9):
        (build / f"rtl/{number}.v").write_text("")
    assert refused(build).problem.endswith(
        ": rtl/0.v was added, rtl/1.v was added, rtl/2.v was added, and 6 more"
    )


def test_what_is_no_part_of_the_design_may_be_added(tmp_path):
    build = toys.toy(tmp_path)
    for name in ("notes.txt", "sim/model/sim.v", "synth/ecp5/netlist.v"):
        (build / name).parent.mkdir(parents=True, exist_ok=True)
        (build / name).write_text("mine")
    read_build_directory(build)


def test_hidden_files_are_a_change(tmp_path, monkeypatch):
    build = toys.toy(tmp_path)

    def walk(folder, onerror):
        onerror(PermissionError(13, "Permission denied", "rtl/locked"))

    monkeypatch.setattr(os, "walk", walk)
    assert refused(build).problem.endswith("rtl/locked: Permission denied")


def test_what_was_changed_and_meant_is_used(tmp_path):
    x, golden = toys.toy_frames(1)
    build = toys.toy(tmp_path)
    edit(build / "rtl/add.v", "endmodule", "// mine\nendmodule")
    report = simulate(build, frames=[x], golden=golden, simulator=FAST, changed=True)
    assert report.passed
    assert synth(build, changed=True).total.cells > 0


STREAM = toys.stream("x", "x", (4, 4, 5), lanes=3, bits=4)
WRONG = {
    "its format is 99 instead of 5": {"format": 99},
    "its format is null instead of 5": {"format": None},
    "generator is ": {"generator": "webpack 5"},
    'it has "more", which nothing is called here': {"more": 1},
    "network.module is ": {"network.module": "toy dut(); initial $system(`x`); toy"},
    "network.inputs[0].port is ": {"network.inputs.0.port": "i(1), ."},
    "network.inputs[0].lanes is 0, and should be a number": {"network.inputs.0.lanes": 0},
    "network.inputs[0].lanes is 1099511627776": {"network.inputs.0.lanes": 1 << 40},
    "network.inputs[0].bits is 65, and": {"network.inputs.0.bits": 65},
    "network.inputs[0].width is true": {"network.inputs.0.width": True},
    'network.latency_first is "2", and should be an integer': {"network.latency_first": "2"},
    'network.sources[0] is "../../etc/passwd", and should be the path of': {
        "network.sources": ["../../etc/passwd"]
    },
    'network.sources[0] is "/etc/passwd"': {"network.sources": ["/etc/passwd"]},
    'network.sources[0] is "rtl/../../x.v"': {"network.sources": ["rtl/../../x.v"]},
    "rtl/x.v of toy is not among its files": {"network.sources": ["rtl/x.v"]},
    'source.file is "../none.onnx"': {"source.file": "../none.onnx"},
    "source/none.onnx is not among its files": {"source.sha256": "0" * 64},
    "image is a list of 1, and should be a list of 2": {"image": [8]},
    "files.rtl/x.v is ": {"files": {"rtl/x.v": "12"}},
    'files is "/etc/passwd", and': {"files": {"/etc/passwd": "0" * 64}},
    "toy has no inputs": {"network.inputs": []},
    "toy has no outputs": {"network.outputs": []},
    "the smallest map of toy is larger than its largest": {"network.inputs.0.height": 3},
    "two ports of toy have the same name: i, x, x": {"network.outputs": [STREAM, STREAM]},
    "target.fps is ": {"target": {"fps": "many"}},
}


@pytest.mark.parametrize("problem", WRONG)
def test_a_manifest_that_cannot_be_used_is_refused(tmp_path, problem):
    """Also where its digest is that of what it says, and where changes are meant."""

    def change(fields):
        for path, value in WRONG[problem].items():
            *parents, name = path.split(".")
            place = fields
            for parent in parents:
                place = place[int(parent) if parent.isdigit() else parent]
            place[name] = value

    build = toys.edit_manifest(toys.toy(tmp_path), change)
    for fault in (refused(build), refused(build, changed=True)):
        assert fault.code == "CB510", fault
        assert fault.problem.startswith(f"this manifest cannot be used: {problem}")
        assert str(fault.at) == str(build / "manifest.json")


@pytest.mark.parametrize("name", ["format", "digest", "network", "files", "system"])
def test_a_manifest_without_a_field_is_refused(tmp_path, name):
    build = toys.toy(tmp_path)
    fields = json.loads((build / "manifest.json").read_text())
    del fields[name]
    (build / "manifest.json").write_text(json.dumps(fields))
    assert refused(build).code == ("CB513" if name == "digest" else "CB510")


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"format": 5}', b" " * (LONGEST + 1)]
)
def test_what_is_no_manifest_at_all_is_refused(tmp_path, content):
    (tmp_path / "manifest.json").write_bytes(content)
    assert refused(tmp_path, changed=True).code == "CB510"


def test_lint_refuses_what_was_changed(tmp_path):
    (toys.toy(tmp_path) / "rtl/add.v").write_text("")
    with pytest.raises(CompileError, match="CB513"):
        lint(tmp_path)


def test_a_build_without_one_of_its_files_is_refused_whatever_was_meant(tmp_path):
    path = toys.toy(tmp_path)
    (path / "rtl/add.v").unlink()
    with pytest.raises(CompileError, match="CB514"):
        read_build_directory(path, changed=True)
