"""The build directory: the same bytes every time, nothing missing, nothing else touched."""

import errno
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from corgibuilder import api
from corgibuilder.api import synth
from corgibuilder.diagnostics import CompileError
from corgibuilder.plan import Plan
from corgibuilder.report import plan_page

from ..frontend.models import QONNX, Model
from ..simulators import FAST


def model():
    """Layers of every kind of memory: lines, weights, steps. Names that Verilog does not take."""
    rng = np.random.default_rng(5)
    model = Model((2, 7, 9), "UINT4")
    steps = np.sort(rng.integers(-150, 150, (5, 15)), axis=1)
    model.conv(rng.integers(-7, 8, (5, 2, 3, 3)), pads=[1, 1, 1, 1], name="/stem/conv.0")
    model.node("MultiThreshold", model.const(steps), domain=QONNX, out_dtype="UINT4")
    model.conv(rng.integers(-7, 8, (6, 5, 1, 1)), name="/stem_conv.0")
    model.node("MaxPool", kernel_shape=[2, 2], strides=[2, 2], name="Pool 1")
    return model


def contents(folder):
    """Bytes of every file by its path in the folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return model().save(tmp_path_factory.mktemp("source"))


@pytest.fixture(scope="module")
def plan(source):
    return api.plan(api.read(source), fps=1000, clock_hz=700_000)


@pytest.fixture(scope="module")
def built(source, plan, tmp_path_factory):
    folder = tmp_path_factory.mktemp("built") / "build"
    api.build(source, plan, folder)
    return folder


def test_a_plan_below_its_own_target_is_refused(source, plan, tmp_path):
    data = json.loads(plan.to_json())
    data["stages"][0]["folding"] |= {"inputs": 1}
    with pytest.raises(CompileError) as caught:
        api.build(source, Plan.from_json(json.dumps(data)), tmp_path / "build")
    assert str(caught.value) == (
        "error[CB420]: in the plan 1000 frames/s at 700,000 Hz leave 700 cycles for a frame, and"
        " its stages take 5,670\n"
        "  --> model: target\n"
        "  help: ask for 123.456 frames/s or fewer, or for a clock of 5.67 MHz or more; or give"
        " more inputs or outputs to '/stem/conv.0', which takes 5,670"
    )
    assert not (tmp_path / "build").exists()
    data["target"]["fps"] = "123.456"
    api.build(source, Plan.from_json(json.dumps(data)), tmp_path / "build")


def test_the_same_bytes_again(built, source, plan, tmp_path):
    steps = []
    api.build(source, plan, tmp_path / "again", progress=lambda what, done: steps.append(done))
    assert contents(tmp_path / "again") == contents(built)
    assert steps == sorted(steps)
    assert steps[-1] == 1


BUILD = """
import sys
from corgibuilder import api
from corgibuilder.plan import Plan
source, plan, out = sys.argv[1:]
api.build(source, Plan.from_json(open(plan).read()), out)
"""


@pytest.mark.parametrize("seed", ["0", "4711"])
def test_the_same_bytes_in_another_process(built, source, tmp_path, seed):
    subprocess.run(
        [sys.executable, "-c", BUILD, source, built / "plan.json", tmp_path / "again"],
        env={**os.environ, "PYTHONHASHSEED": seed, "LANG": "C", "TZ": "Asia/Tokyo"},
        check=True,
    )
    assert contents(tmp_path / "again") == contents(built)


@pytest.mark.parametrize("processors", [1, 3])
def test_the_same_bytes_with_any_number_of_processors(
    built, source, plan, tmp_path, monkeypatch, processors
):
    monkeypatch.setattr(os, "cpu_count", lambda: processors)
    api.build(source, plan, tmp_path / "again")
    assert contents(tmp_path / "again") == contents(built)


def test_the_manifest_knows_every_file(built, source):
    manifest = json.loads((built / "manifest.json").read_text())
    files = contents(built)
    del files["manifest.json"]
    assert manifest["files"] == {n: hashlib.sha256(b).hexdigest() for n, b in files.items()}
    kept = manifest["source"]
    assert (built / kept["file"]).read_bytes() == source.read_bytes()
    assert kept["sha256"] == hashlib.sha256(source.read_bytes()).hexdigest()
    for unit in (manifest["network"], *manifest["stages"]):
        assert all(file in files for file in unit["sources"])


def test_the_report_shows_the_plan(built, plan):
    page = (built / "report.html").read_text(encoding="utf-8")
    assert page == plan_page(plan)
    assert "report.html" in json.loads((built / "manifest.json").read_text())["files"]


def test_the_manifest_says_what_was_asked_for(built, plan):
    manifest = json.loads((built / "manifest.json").read_text())
    assert manifest["target"] == {"fps": 1000.0, "clock_hz": 700_000, "cycles_per_frame": 700}
    assert manifest["network"]["cycles_per_frame"] == plan.cycles_per_frame <= 700
    assert manifest["network"]["resizable"]
    assert [unit["layer"] for unit in manifest["stages"]] == [s.name for s in plan.stages]


def test_modules_are_named_after_layers(built):
    manifest = json.loads((built / "manifest.json").read_text())
    modules = {unit["layer"]: unit["module"] for unit in manifest["stages"]}
    assert modules == {
        "/stem/conv.0": "layer_stem_conv_0",
        "/stem_conv.0": "layer_stem_conv_0_2",
        "Pool 1": "layer_pool_1",
    }
    for unit in (manifest["network"], *manifest["stages"]):
        text = (built / "rtl" / f"{unit['module']}.v").read_text()
        assert re.search(rf"^module {unit['module']}\(", text, re.MULTILINE)
        declared = re.findall(r"^module \\\\?([^\s(]+)", text, re.MULTILINE)
        assert all(name.split(".")[0] == unit["module"] for name in declared), declared


def test_memory_contents_are_only_in_images(built):
    images = {path.name for path in (built / "rtl").glob("*.hex")}
    stages = [path.read_text() for path in (built / "rtl").glob("layer_*.v")]
    assert images
    assert images == {name for text in stages for name in re.findall(r'"([^"]+\.hex)"', text)}
    for text in stages:
        assert not re.search(r"\breg\b[^;=]*\[\d+:\d+\];", text)
        assert "$readmem" not in text
        assert "initial begin" not in text  # registers have single initial values


ROM = re.compile(r'\.DEPTH\(32.d(\d+)\),\s*\.IMAGE\("(\S+)"\),\s*\.WIDTH\(32.d(\d+)\)')


def test_images_fill_their_memories(built):
    roms = [m for path in (built / "rtl").glob("layer_*.v") for m in ROM.findall(path.read_text())]
    assert len(roms) == len(list((built / "rtl").glob("*.hex")))
    for depth, image, width in roms:
        rows = (built / "rtl" / image).read_text().split()
        assert len(rows) == int(depth)
        assert all(int(row, 16) < 1 << int(width) for row in rows)
        assert {len(row) for row in rows} == {-(-int(width) // 4)}


def test_an_earlier_build_is_replaced(source, plan, tmp_path, built):
    out = tmp_path / "build"
    shutil.copytree(built, out, symlinks=True)
    synth(out)
    for name in PRODUCTS:
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text("what a bench or the software model left")
    api.build(source, plan, out)
    assert contents(out) == contents(built)
    assert [path.name for path in tmp_path.iterdir()] == ["build"]


PRODUCTS = (
    "sim/model/obj/Vtop.cpp",
    "sim/i.log",
    "sim/results.xml",
    "sim/verdict.json",
    "sim/progress.json",
    "sim/__pycache__/bench.cpython-311.pyc",
    "model/__pycache__/features.cpython-311.pyc",
    "model/.model-0123456789abcdef.so",
)
FOREIGN = {
    "rtl/stale.v was added": "rtl/stale.v",
    "notes.txt was added": "notes.txt",
    "sim/run.log/notes was added": "sim/run.log/notes",
    "synth/generic/notes was added": "synth/generic/notes",
    "synth/mine/report.json was added": "synth/mine/report.json",
    "model/mine.so was added": "model/mine.so",
    "the build was changed after it was written: plan.json was changed": "plan.json",
    "the build was changed after it was written: sim/run.py was changed": "sim/run.py",
    "this manifest cannot be used: its format is null instead of 5": "manifest.json",
}


@pytest.mark.parametrize("problem", FOREIGN)
def test_a_build_with_other_files_in_it_is_left_alone(source, plan, tmp_path, built, problem):
    out = tmp_path / "build"
    shutil.copytree(built, out, symlinks=True)
    mine = out / FOREIGN[problem]
    mine.parent.mkdir(parents=True, exist_ok=True)
    mine.write_text('{"short_name": "a web page", "files": ["years of work"]}')
    before = contents(out)
    with pytest.raises(CompileError) as caught:
        api.build(source, plan, out)
    assert caught.value.code == "CB421"
    assert problem in caught.value.problem
    assert contents(out) == before
    assert [path.name for path in tmp_path.iterdir()] == ["build"]


def test_results_of_synthesis_that_were_edited_are_left_alone(source, plan, tmp_path, built):
    out = tmp_path / "build"
    shutil.copytree(built, out, symlinks=True)
    synth(out)
    edited = next(out.glob("synth/generic/*.log"))
    edited.write_text("notes of mine")
    for call in (lambda: api.build(source, plan, out), lambda: synth(out)):
        with pytest.raises(CompileError, match="CB421"):
            call()
    assert edited.read_text() == "notes of mine"


def test_a_build_from_its_own_network_file_replaces_itself(plan, tmp_path, built):
    out = tmp_path / "build"
    shutil.copytree(built, out, symlinks=True)
    api.build(out / "source" / "model.onnx", plan, out)
    assert contents(out) == contents(built)


def test_a_build_into_the_folder_of_the_network_file_leaves_it_alone(source, plan, tmp_path):
    own = tmp_path / "networks" / "net.onnx"
    own.parent.mkdir()
    own.write_bytes(source.read_bytes())
    with pytest.raises(CompileError, match="CB421"):
        api.build(own, replace(plan, network="net"), own.parent)
    assert contents(tmp_path) == {"networks/net.onnx": source.read_bytes()}


@pytest.mark.parametrize("name", ["rom", "ram"])
def test_a_network_called_like_a_memory_keeps_its_module(source, plan, tmp_path, name):
    namesake = tmp_path / f"{name}.onnx"
    namesake.write_bytes(source.read_bytes())
    manifest = api.build(namesake, replace(plan, network=name), tmp_path / "build")
    texts = [(tmp_path / "build" / file).read_text() for file in manifest.network.sources]
    assert sum(f"module {manifest.network.module}" in text for text in texts) == 1
    assert len(set(manifest.network.sources)) == len(texts)


def test_an_empty_folder_is_taken(source, plan, tmp_path, built):
    (tmp_path / "build").mkdir()
    api.build(source, plan, tmp_path / "build")
    assert contents(tmp_path / "build") == contents(built)


def test_a_folder_of_something_else_is_left_alone(source, plan, tmp_path):
    out = tmp_path / "thesis"
    out.mkdir()
    (out / "chapter.txt").write_text("years of work")
    with pytest.raises(CompileError) as caught:
        api.build(source, plan, out)
    assert str(caught.value) == (
        "error[CB421]: this exists and is not something to replace: it has no manifest.json\n"
        f"  --> {out}\n"
        "  help: choose another folder, or remove this one"
    )
    assert contents(tmp_path) == {"thesis/chapter.txt": b"years of work"}


def test_a_file_is_left_alone(source, plan, tmp_path):
    out = tmp_path / "notes.txt"
    out.write_text("mine")
    with pytest.raises(CompileError, match="CB421"):
        api.build(source, plan, out)
    assert out.read_text() == "mine"


@pytest.mark.parametrize("earlier", [False, True], ids=["nothing before", "a build before"])
def test_a_build_that_fails_leaves_nothing_behind(source, plan, tmp_path, monkeypatch, earlier):
    out = tmp_path / "build"
    if earlier:
        api.build(source, plan, out)
    before = contents(tmp_path)

    def fail(*given):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(api.verify, "write_stimulus", fail)
    with pytest.raises(CompileError) as caught:
        api.build(source, plan, out)
    assert str(caught.value) == (
        "error[CB426]: the disk takes no more: No space left on device\n"
        f"  --> {out}\n"
        "  help: free space there, or choose another place"
    )
    assert contents(tmp_path) == before
    assert [path.name for path in tmp_path.iterdir()] == ["build"] * earlier


def test_a_plan_of_another_network_leaves_nothing_behind(source, tmp_path):
    other = Model((3, 4, 5), "UINT4")
    other.conv(np.ones((2, 3, 1, 1)), name="point")
    plan = api.plan(api.read(other.save(tmp_path)), fps=1, clock_hz=1000)
    with pytest.raises(CompileError, match="CB412"):
        api.build(source, plan, tmp_path / "out" / "build")
    assert not (tmp_path / "out").exists()


def test_a_build_in_another_build_is_refused(source, plan, built):
    before = contents(built)
    with pytest.raises(CompileError, match="CB429"):
        api.build(source, plan, built / "sub")
    assert contents(built) == before


def test_another_network_in_a_build_is_refused(source, plan, built, tmp_path):
    shutil.copytree(built, tmp_path / "build")
    other = Model((2, 7, 9), "UINT4")
    other.conv(np.ones((1, 2, 1, 1)), name="other")
    shutil.copyfile(other.save(tmp_path), next((tmp_path / "build/source").iterdir()))
    with pytest.raises(CompileError, match="CB515"):
        api.simulate(tmp_path / "build", changed=True)


@pytest.mark.parametrize("netlist", ["nothing.v", "plan.json"])
def test_what_is_no_netlist_is_refused(built, netlist):
    with pytest.raises(CompileError, match="CB516"):
        api.simulate(built, netlist=built / netlist)


def test_a_file_that_the_bench_writes_too_is_left_alone(built, tmp_path):
    shutil.copytree(built, tmp_path / "build")
    added = tmp_path / "build/rtl/i.hex"
    added.write_text("precious")
    api.simulate(tmp_path / "build", frames=1, simulator=FAST, changed=True)
    assert added.read_text() == "precious"
