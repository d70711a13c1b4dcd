import json
import re
import shutil
from dataclasses import asdict

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from corgibuilder.characterise.samples import all_samples
from corgibuilder.cli import app
from corgibuilder.examples import DIGITS_FRAMES, DIGITS_NETWORK
from corgibuilder.technology import read_technology, shipped

from .simulators import FAST
from .verify import toys

DIGITS = str(DIGITS_NETWORK)
FLIPPED = str.maketrans("0123456789abcdef", "1032547698badcfe")  # lowest bit of each digit
TARGET = ["--fps", "10000", "--clock", "59MHz"]


def call(*arguments, status=0):
    """Result of a command that must end with ``status``."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == status, result.output
    return result


def data(*arguments, status=0):
    """JSON that a command prints, and nothing else."""
    return json.loads(call(*arguments, "--json", status=status).stdout)


@pytest.fixture(scope="session")
def build_dir(tmp_path_factory):
    path = tmp_path_factory.mktemp("digits") / "build"
    call("build", DIGITS, *TARGET, "-o", path)
    return path


@pytest.mark.parametrize(
    "command", ["inspect", "run", "plan", "build", "simulate", "synth", "characterise", "demo"]
)
def test_every_command_teaches_by_example(command):
    assert f"corgibuilder {command}" in call(command, "--help").stdout


def test_inspect_counts():
    found = data("inspect", DIGITS)
    assert found["inputs"] == {"image": [1, 8, 8]}
    assert found["problems"] == []
    assert found["macs"] == sum(layer["macs"] for layer in found["layers"]) > 0
    assert "conv1" in call("inspect", DIGITS).stdout


def test_inspect_shows_what_passes_change():
    """Where there is nothing to change; ``test_inspection`` has the rest."""
    assert data("inspect", DIGITS)["passes"] is None
    assert data("inspect", DIGITS, "--passes")["passes"] == []
    shown = call("inspect", DIGITS, "--passes").stdout
    assert shown.endswith("digits: no pass changes anything before it is planned\n")
    assert "conv1" in shown


def test_inspect_names_a_missing_file(tmp_path):
    result = call("inspect", tmp_path / "nix.onnx", status=2)
    assert result.stderr.startswith("error[CB101]: ")
    assert data("inspect", tmp_path / "nix.onnx", status=2)["problems"]


def test_run_equals_the_reference(tmp_path):
    output = tmp_path / "logits.npz"
    found = data("run", DIGITS, "--input", DIGITS_FRAMES, "--output", output)
    with np.load(DIGITS_FRAMES) as frames, np.load(output) as written:
        np.testing.assert_array_equal(written["logits"], frames["output"])
        np.testing.assert_array_equal(
            np.array(found["outputs"]["logits"], np.float32), frames["output"]
        )
        assert [row[0] for row in found["top"]["logits"]] == written["logits"].argmax(1).tolist()
    assert list(tmp_path.iterdir()) == [output]


def test_run_takes_one_frame_and_pictures(tmp_path):
    with np.load(DIGITS_FRAMES) as frames:
        np.save(tmp_path / "x.npy", frames["input"][0])
        pixels = (frames["input"][0, 0] * 15).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "x.png")
    one = data("run", DIGITS, "--input", tmp_path / "x.npy")["outputs"]["logits"]
    assert np.shape(one) == (1, 10)
    picture = tmp_path / "x.png"
    raw = data("run", DIGITS, "--input", picture, "--pixels", "raw")["outputs"]["logits"]
    unit = data("run", DIGITS, "--input", picture)["outputs"]["logits"]
    assert np.shape(raw) == np.shape(unit) == (1, 10)
    assert raw != unit


def message(*arguments):
    return call(*arguments, status=2).stderr


def test_inputs_that_do_not_fit(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((2, 1, 9, 8), np.float32))
    np.savez(tmp_path / "x.npz", a=np.zeros(1))
    (tmp_path / "x.png").write_text("no picture")
    assert message("run", DIGITS, "--input", tmp_path / "nix.npy") == (
        "error[CB601]: there is no such file\n"
        f"  --> {tmp_path}/nix.npy\n"
        "  help: give a .npy or .npz file or a picture\n"
    )
    assert message("run", DIGITS, "--input", tmp_path / "x.npz").startswith(
        "error[CB603]: the file has the arrays a, and none is called 'input' or 'image'\n"
    )
    assert message("run", DIGITS, "--input", tmp_path / "x.png").startswith("error[CB602]: ")
    assert message("run", DIGITS, "--input", tmp_path / "x.npy").startswith("error[CB")


@pytest.mark.parametrize("name", ["x" * 300, "a/" + "x" * 300])
def test_names_that_no_file_can_have(name, build_dir, tmp_path):
    (tmp_path / "a").mkdir()
    long = tmp_path / name
    for command in (
        ("inspect", long),
        ("run", DIGITS, "--input", long),
        ("run", DIGITS, "--input", DIGITS_FRAMES, "--output", long),
        ("plan", DIGITS, *TARGET, "--pin", long),
        ("plan", DIGITS, *TARGET, "--technology", long),
        ("plan", DIGITS, *TARGET, "-o", tmp_path / "plan.json", "--report", long),
        ("build", DIGITS, "--plan", long, "-o", tmp_path / "build"),
        ("build", DIGITS, *TARGET, "-o", long),
        ("build", DIGITS, *TARGET, "-o", long / "build"),
        ("simulate", long),
        ("simulate", build_dir, "--netlist", long.with_suffix(".v")),
        ("synth", long),
        ("characterise", "generic", "--liberty", long),
        ("characterise", "generic", "--out", long),
    ):
        said = message(*command)
        assert said.startswith("error[CB") and "too long" in said, command
    assert list(tmp_path.rglob("*")) == [tmp_path / "a"]


def test_plans_that_cannot_be_read(tmp_path, monkeypatch):
    monkeypatch.setattr("corgibuilder.api.MAX_PLAN_BYTES", 9)
    (tmp_path / "long.json").write_text(" " * 10)
    (tmp_path / "binary.json").write_bytes(b"\xff")
    for name, problem in {
        "none.json": "error[CB616]: there is no such file\n",
        "long.json": "error[CB627]: this is not a plan: the file has more than 9 bytes\n",
        "binary.json": "error[CB627]: this is not a plan: it is not text in UTF-8\n",
        "": "error[CB627]: this is not a plan: this is a folder\n",
    }.items():
        said = message("build", DIGITS, "--plan", tmp_path / name, "-o", tmp_path / "build")
        assert said.startswith(problem)


def test_classes_of_no_system(tmp_path):
    said = message("build", DIGITS, *TARGET, "--classes", 5, "-o", tmp_path / "build")
    assert said == (
        "error[CB634]: a number of classes is given, and no system\n"
        "  --> --classes\n"
        "  help: leave it out, or give both: --system neurocorgi --classes 5\n"
    )


def test_a_report_that_cannot_be_written_leaves_no_plan(tmp_path):
    said = message("plan", DIGITS, *TARGET, "-o", tmp_path / "new" / "p.json", "--report", tmp_path)
    assert said.startswith("error[CB423]: this file cannot be written: Is a directory\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("target", "problem"),
    [
        ([], "error[CB615]: there is no frame rate to plan for\n"),
        (["--fps", "30"], "error[CB615]: there is no clock to plan for\n"),
        (["--fps", "30", "--clock", "fast"], "error[CB611]: 'fast' is not a clock frequency\n"),
        (["--fps", "0", "--clock", "1MHz"], "error[CB613]: '0' is not a frame rate\n"),
        ([*TARGET, "--image", "8"], "error[CB612]: '8' is not an image size\n"),
        ([*TARGET, "--headroom", "0px"], "error[CB617]: '0px' is not a number of pixels\n"),
        (["--fps", "1", "--clock", "400000.5Hz"], "error[CB611]: '400000.5Hz' is not a whole"),
        ([*TARGET, "--image", ""], "error[CB612]: '' is not an image size\n"),
        ([*TARGET, "--latency", ""], "error[CB618]: '' is not a latency\n"),
        (["--fps", "", "--clock", "1MHz"], "error[CB613]: '' is not a frame rate\n"),
    ],
)
def test_targets_that_are_none(tmp_path, target, problem):
    assert message("plan", DIGITS, *target, "-o", tmp_path / "plan.json").startswith(problem)
    assert message("build", DIGITS, *target, "-o", tmp_path / "build").startswith(problem)
    assert list(tmp_path.iterdir()) == []


def test_plan_can_be_saved_and_built(tmp_path, build_dir):
    saved = tmp_path / "plan.json"
    call("plan", DIGITS, *TARGET, "-o", saved)
    made = json.loads(saved.read_text())
    stale = made | {"cycles_per_frame": 1}
    stale["stages"] = [stage | {"multipliers": 1} for stage in made["stages"]]
    saved.write_text(json.dumps(stale))
    printed = data("build", DIGITS, "--plan", saved, "-o", tmp_path / "build")["plan"]
    assert {name: printed[name] for name in made} == made
    assert json.loads((tmp_path / "build/plan.json").read_text()) == made
    for file in build_dir.glob("rtl/*"):
        assert (tmp_path / "build/rtl" / file.name).read_bytes() == file.read_bytes()


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            {"cycles_per_frame": "many"},
            'error[CB411]: this is not a plan: cycles_per_frame is "many"',
        ),
        (
            {"network": "mobilenet"},
            "error[CB415]: the plan is for network 'mobilenet', and this is",
        ),
        ({"input_lanes": 3}, 'error[CB411]: this is not a plan: it has "input_lanes", which'),
        ({"edges": []}, "error[CB411]: this is not a plan: no edge begins at stage"),
    ],
)
def test_a_plan_that_cannot_be_built_leaves_nothing(tmp_path, changes, problem):
    saved = tmp_path / "plan.json"
    call("plan", DIGITS, *TARGET, "-o", saved)
    saved.write_text(json.dumps(json.loads(saved.read_text()) | changes))
    assert message("build", DIGITS, "--plan", saved, "-o", tmp_path / "build").startswith(problem)
    assert list(tmp_path.iterdir()) == [saved]


def test_plan_as_pictures_is_that_of_the_build(tmp_path, build_dir):
    page = tmp_path / "pages" / "plan.html"
    call("plan", DIGITS, *TARGET, "--report", page)
    assert page.read_bytes() == (build_dir / "report.html").read_bytes()
    assert list(page.parent.iterdir()) == [page]


@pytest.mark.parametrize("option", ["--report", "--output"])
def test_plan_into_a_place_that_takes_no_file(tmp_path, option):
    assert message("plan", DIGITS, *TARGET, option, tmp_path) == (
        "error[CB423]: this file cannot be written: Is a directory\n"
        f"  --> {tmp_path}\n"
        "  help: choose another file\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_headroom_is_pixels_a_cycle():
    plain, fast = data("plan", DIGITS, *TARGET), data("plan", DIGITS, *TARGET, "--headroom", "2px")
    assert fast["target"]["headroom"] == 2
    assert fast["edges"][0]["lanes"] == 2 * plain["edges"][0]["lanes"]
    assert "with 2 pixels a cycle" in call("plan", DIGITS, *TARGET, "--headroom", "2").stdout


def test_plan_cuts_memories_into_macros():
    made = data("plan", DIGITS, *TARGET, "--technology", "ihp_sg13g2")
    assert "memories" not in data("plan", DIGITS, *TARGET)
    found = made["memories"]
    assert [stage["name"] for stage in found["stages"]] == [s["name"] for s in made["stages"]]
    listed = [memory for stage in found["stages"] for memory in stage["memories"]]
    assert all(memory["bits"] == memory["depth"] * memory["width"] for memory in listed)
    assert found["totals"]["macros"] == sum(sum(m["macros"].values()) for m in listed)
    for purpose in ("weights", "requantiser"):
        bits = sum(m["bits"] for m in listed if m["purpose"] == purpose)
        assert bits == made["totals"][f"{purpose.removesuffix('s')}_rom_bits"]
    assert found["totals"]["bits_in_roms"] == made["totals"]["rom_bits"]
    table = call("plan", DIGITS, *TARGET, "--technology", "ihp_sg13g2").stdout
    assert "memories in ihp_sg13g2" in table


def test_plan_refuses_what_is_no_technology(tmp_path):
    (tmp_path / "half.toml").write_text("register_bit_area = ")
    assert "error[CB406]" in message("plan", DIGITS, *TARGET, "--technology", "ihp")
    wrong, saved = tmp_path / "half.toml", tmp_path / "plan.json"
    refused = message("plan", DIGITS, *TARGET, "--technology", wrong, "-o", saved)
    assert not saved.exists()
    assert "error[CB407]: this is not a technology: TOMLDecodeError" in refused


def test_a_plan_takes_the_least_area_in_its_technology(tmp_path):
    plain, found = (data("plan", DIGITS, *TARGET, *more) for more in ((), ("--technology", "ecp5")))
    assert "memories" not in found
    assert found["notes"][0] == "areas are in LUTs and FFs of ecp5, with products in logic"
    assert found["totals"]["area"] != plain["totals"]["area"]
    saved = tmp_path / "plan.json"
    call("plan", DIGITS, *TARGET, "--technology", "ecp5", "-o", saved)
    built = data("build", DIGITS, "--plan", saved, "-o", tmp_path / "one")
    again = data("build", DIGITS, *TARGET, "--technology", "ecp5", "-o", tmp_path / "two")
    assert built["plan"] == again["plan"] == found
    refused = message(
        "build", DIGITS, "--plan", saved, "--technology", "ecp5", "-o", tmp_path / "x"
    )
    assert "error[CB614]" in refused


def test_simulation_passes(build_dir):
    report = data("simulate", build_dir, "--simulator", FAST.value, "--frames", 3)
    assert report["passed"]
    assert (report["frames"], report["calm_frames"], report["mismatches"]) == (3, 2, 0)
    assert report["outputs_compared"] == 30
    assert report["inner_compared"] > 3 * 1000
    assert report["cycles_per_frame"] <= report["planned_cycles_per_frame"]
    coverage = report["coverage"]
    # conv4 has steps in ROM, of which the cycles of three frames show some
    shown = {s["layer"]: (s["constants_shown"], s["constants"]) for s in coverage["stages"]}
    few, all_of_them = shown.pop("conv4")
    assert 0.4 * all_of_them < few
    assert all(found == there for found, there in shown.values())
    assert [stage["layer"] for stage in coverage["stages"]][:2] == ["conv1", "conv2"]
    assert all(
        stage["weight_bits_shown"] >= 0.99 * stage["weight_bits"] for stage in coverage["stages"]
    )


def test_simulation_of_one_stage(build_dir):
    report = data(
        "simulate", build_dir, "--simulator", FAST.value, "--layer", "conv1", "--frames", 1
    )
    assert report["passed"]
    assert report["cycles_per_frame"] is None
    assert "error[CB502]" in message("simulate", build_dir, "--layer", "conv9")


def test_wrong_hardware_ends_with_status_1(tmp_path, build_dir):
    spoiled = shutil.copytree(build_dir, tmp_path / "build")
    for image in spoiled.glob("rtl/*.hex"):
        image.write_text(image.read_text().translate(FLIPPED))
    refused = message("simulate", spoiled)
    assert "error[CB513]: the build was changed after it was written: rtl/" in refused
    assert "with --changed" in refused
    assert message("synth", spoiled, "--technology", "ihp_sg13g2") == refused
    result = call(
        "simulate", spoiled, "--simulator", FAST.value, "--changed", "--layer", "conv1", status=1
    )
    assert "outputs differ, the first at" in result.stderr
    assert "│ mismatches" in result.stdout


def test_synthesis_counts(build_dir):
    report = data("synth", build_dir, "--technology", "ice40")
    assert report["total"]["luts"] == sum(stage["luts"] for stage in report["stages"]) > 0
    assert "memories" not in report
    assert report["placement"] is None


def test_synthesis_finds_the_memories_of_the_plan(build_dir):
    report = data("synth", build_dir, "--technology", "ihp_sg13g2")
    planned = {
        stage["name"]: sum(memory["bits"] for memory in stage["memories"])
        for stage in report["memories"]["stages"]
    }
    assert {stage["layer"]: stage["memory_bits"] for stage in report["stages"]} == planned
    assert report["total"]["transistors"] > 0


def test_a_placement_is_shown_next_to_the_plan(tmp_path):
    build = toys.edit_manifest(
        toys.toy(tmp_path), lambda fields: fields["target"].update(clock_hz=59_000_000)
    )
    options = "--technology", "ecp5", "--device", "ecp5-25f", "--seed", 2
    report = data("synth", build, *options)
    placement = report["placement"]
    assert (placement["device"], placement["seed"]) == ("ecp5-25f", 2)
    assert (report["technology"], report["flow"]) == ("ecp5", "ecp5")
    table = call("synth", build, *options).stdout
    assert "placed on ecp5-25f, seed 2" in table
    assert f"{placement['fmax_hz'] / 1e6:,.2f} MHz" in table
    assert "59.00 MHz" in table
    for end in ("path_from", "path_to"):
        assert placement[end] in table


def test_devices_and_technologies_of_the_help_are_there():
    words = (["--help"], ["plan", "--help"], ["synth", "--help"])
    shown = " ".join(call(*line).stdout.replace("│", " ") for line in words)
    shown = " ".join(shown.split())
    named = set(re.findall(r"--technology ([a-z]\w+)", shown))
    assert {"ecp5", "ihp_sg13g2", "xilinx_up"} <= named <= set(shipped())
    devices = {d.name for name in shipped() for d in read_technology(name).devices}
    assert devices == set(re.findall(r"(?:ecp5|ice40)-\w+", shown))
    for name in shipped():
        assert name in shown


def test_a_technology_of_the_users_gets_its_costs(tmp_path, monkeypatch):
    few = [each for each in all_samples() if each.kind in ("router", "buffer")]
    monkeypatch.setattr("corgibuilder.characterise.samples.all_samples", lambda: few)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    mine = tmp_path / "mine.toml"
    mine.write_text('# mine\nflow = "generic"\n[cells]\nflip_flops = ["$_DFF_P_"]\n')
    found = data("characterise", mine, "--out", mine)
    assert (found["technology"], found["old"], found["old_errors"]) == ("mine", None, [])
    assert mine.read_text().startswith("# mine\n")
    assert asdict(read_technology(str(mine)).costs) == found["new"]
    result = call("characterise", mine)
    assert "synthesised" not in result.stderr  # all areas are known
    shown = {line.split("│")[1].strip(): line for line in result.stdout.splitlines() if "│" in line}
    assert shown["registers"].count(f"{found['new']['registers']:g}") == 2
    assert {"router", "buffer"} < shown.keys()
    assert "error[CB406]" in message("characterise", tmp_path / "nix.toml")
    assert "error[CB428]" in message("characterise", mine, "--liberty", mine, "--out", mine)
    assert "error[CB703]" in message("characterise", "ecp5", "--liberty", mine)


def test_demo_ends_with_what_was_compared():
    last = call("demo", "--simulator", FAST.value).stdout.splitlines()[-1]
    assert last == "compared 100 outputs of the hardware with the golden model: 0 mismatches"
