"""A placed network: its clock, its critical path, what it takes; and what cannot be placed."""

import json
import re
import shutil
from pathlib import Path

import pytest

from corgibuilder import api
from corgibuilder.diagnostics import CompileError
from corgibuilder.examples import DIGITS_NETWORK
from corgibuilder.technology import read_technology, shipped
from tests.verify import toys

from .fake_nextpnr import put_fake
from .test_areas import directory

FLOWS = Path(__file__).parents[2] / "flows"
CLOCK_HZ = 59_000_000
DEVICES = [(name, device.name) for name in shipped() for device in read_technology(name).devices]
WORDS = {"LUTs": "luts", "flip-flops": "flip_flops", "DSPs": "dsps", "block RAMs": "block_rams"}
WORDS |= {"logic cells": "luts"}


def clocked(build):
    """The build directory, as planned for a clock."""
    return toys.edit_manifest(build, lambda fields: fields["target"].update(clock_hz=CLOCK_HZ))


def placed(build, technology, device, **settings):
    report = api.synth(build, technology, device=device, **settings)
    return report, report.placement, build / "synth" / report.technology / "placement"


@pytest.mark.parametrize(("technology", "device"), DEVICES)
def test_a_network_is_placed_on_every_device(tmp_path, technology, device):
    """And the figures of the device are those that nextpnr has."""
    seen = []
    report, placement, folder = placed(
        clocked(toys.toy(tmp_path)), technology, device, progress=lambda *what: seen.append(what)
    )
    assert [what for what, _ in seen] == [
        *("synthesised add", "synthesising the whole network"),
        *(f"placing and routing on {device}", "synthesised"),
    ]
    assert [fraction for _, fraction in seen] == sorted(fraction for _, fraction in seen)
    assert (placement.device, placement.seed, placement.clock_hz) == (device, 1, CLOCK_HZ)
    said = read_technology(technology).device(device)
    for resource in placement.resources:
        if resource.name in WORDS:
            assert resource.available == getattr(said, WORDS[resource.name]), resource
    used = {resource.name: resource.used for resource in placement.resources}
    assert used.get("flip-flops", used.get("logic cells")) >= report.total.flip_flops > 0

    log = (folder / "nextpnr.log").read_text()
    *_, after = re.findall(r"Max frequency for clock \S+ ([\d.]+) MHz", log)
    assert placement.fmax_hz / 1e6 == pytest.approx(float(after), abs=0.01)
    assert placement.slack_ns == pytest.approx(1e9 / CLOCK_HZ - 1e9 / placement.fmax_hz)
    cells = json.loads((folder / "network.json").read_text())["modules"]
    (top,) = (module for module in cells.values() if int(module["attributes"].get("top", "0"), 2))
    for end in (placement.path_from, placement.path_to):
        cell, port = end.rsplit(".", 1)
        assert re.sub(r"_(DFF)?LC$|\$.*$", "", cell) in top["cells"]  # as it was before packing
        assert re.fullmatch(r"\w+", port)
    # once for each of the two files of constraints
    assert log.count("constraining clock net 'clk' to 59.00 MHz") == 2

    kept = json.loads((folder.parent / "report.json").read_text())
    assert kept["placement"]["fmax_hz"] == placement.fmax_hz
    assert [tool["name"] for tool in kept["tools"]] == ["pyosys", f"yowasp-{said.tool.value}"]
    assert re.match(r"\d+\.\d+", kept["tools"][1]["version"])
    assert "placement/nextpnr.log" in kept["files"]


@pytest.mark.parametrize("design", [toys.halve, toys.merge], ids=["resizable", "two inputs"])
def test_all_ports_go_through_registers_where_pins_are_needed(tmp_path, design):
    build = clocked(design(tmp_path))
    _, placement, folder = placed(build, "ice40", "ice40-hx8k")
    (cells,) = folder.glob("*_pins.cells.json")
    kinds = json.loads(cells.read_text())["design"]["num_cells_by_type"]
    flip_flops = sum(number for kind, number in kinds.items() if kind.startswith("SB_DFF"))
    network = json.loads((build / "manifest.json").read_text())["network"]
    entering = sum(s["lanes"] * s["bits"] + 1 for s in network["inputs"])
    entering += len(network["outputs"]) + 32 * network["resizable"]
    leaving = sum(s["lanes"] * s["bits"] + 1 for s in network["outputs"]) + len(network["inputs"])
    assert flip_flops >= entering + leaving - 1  # the last one may be constant
    assert {r.name: r.used for r in placement.resources}["pins"] == 5


@pytest.fixture
def fake(tmp_path, monkeypatch):
    return lambda **settings: put_fake(tmp_path / "bin", monkeypatch, **settings)


@pytest.fixture
def build(tmp_path):
    (tmp_path / "build").mkdir()
    return clocked(toys.toy(tmp_path / "build"))


def refusal(build, technology="ecp5", device="ecp5-25f", **settings):
    """What is said; nothing may be left."""
    with pytest.raises(CompileError) as caught:
        api.synth(build, technology, device=device, **settings)
    assert not (build / "synth").exists()
    return str(caught.value)


def test_what_nextpnr_is_told(build, fake):
    fake()
    _, placement, folder = placed(build, "ecp5", "ecp5-25f", seed=7)
    assert (placement.fmax_hz, placement.seed) == (1e8, 7)
    assert placement.hard_multipliers is False  # there are no products
    assert json.loads((folder / "arguments.json").read_text()) == [
        *("--25k", "--package", "CABGA381", "--speed", "6", "--json", "network.json"),
        *("--sdc", "clock.sdc", "--lpf", "clock.lpf", "--lpf-allow-unconstrained"),
        *("--out-of-context", "--seed", "7", "--timing-allow-fail", "--report", "timing.json"),
    ]
    assert (folder / "clock.lpf").read_text() == 'FREQUENCY PORT "clk" 59.0 MHZ;\n'
    assert (folder / "clock.sdc").read_text() == (
        "create_clock -name clk -period 16.949153 [get_ports clk]\n"
    )


@pytest.mark.parametrize(
    ("settings", "code"),
    [({"report": None}, "CB709"), ({"status": 1}, "CB706"), ({"version": ""}, "CB706")],
)
def test_a_program_that_does_otherwise_leaves_nothing(build, fake, settings, code):
    fake(**settings)
    assert f"error[{code}]: " in refusal(build)


def own(tmp_path, **figures):
    """A technology like ECP5, whose devices have other figures."""
    text = (FLOWS / "technology" / "ecp5.toml").read_text()
    for key, figure in figures.items():
        text, changed = re.subn(rf"^{key} = \d+$", f"{key} = {figure}", text, flags=re.MULTILINE)
        assert changed
    (tmp_path / "own.toml").write_text(text)
    return str(tmp_path / "own.toml")


def test_what_does_not_fit_by_the_count_of_cells_is_not_placed(build, tmp_path, fake):
    fake(report=None)  # which would be refused
    technology = own(tmp_path, flip_flops=27, luts=1)
    said = refusal(build, technology)
    assert re.match(
        r"error\[CB707\]: the network does not fit into ecp5-25f: it takes \d+ of 1 LUTs and 28 of"
        r" 27 flip-flops\n  --> toy\n",
        said,
    )


PRODUCTS = """
module products(input clk, input [7:0] a, input [7:0] b, output reg [15:0] p, output reg [15:0] q);
  always @(posedge clk) begin p <= a * b; q <= a * p[7:0]; end
endmodule
"""


@pytest.mark.parametrize(("dsps", "used"), [(2, 2), (1, 0), (0, 0)])
def test_products_are_in_dsps_if_there_are_enough_for_all(tmp_path, fake, dsps, used):
    fake()
    build = clocked(directory(tmp_path / "build", products=PRODUCTS))
    report, placement, folder = placed(build, own(tmp_path, dsps=dsps), "ecp5-25f")
    assert report.total.dsps == 2
    assert placement.hard_multipliers == (used > 0)
    cells = json.loads((folder / "products.cells.json").read_text())
    assert cells["design"]["num_cells_by_type"].get("MULT18X18D", 0) == used


def test_a_missing_program_is_told_before_any_work(build, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda *args, **settings: None)
    begun = []
    said = refusal(build, progress=lambda *what: begun.append(what))
    assert said.startswith("error[CB705]: there is no nextpnr-ecp5\n")
    assert begun == []


def test_a_device_of_another_technology_is_refused_before_any_work(build):
    begun = []
    said = refusal(build, "ice40", progress=lambda *what: begun.append(what))
    assert said.startswith("error[CB410]: the technology ice40 has no device 'ecp5-25f'\n")
    assert begun == []


def test_a_build_without_a_clock_is_refused_before_any_work(tmp_path):
    build = toys.toy(tmp_path)
    assert refusal(build) == (
        "error[CB708]: this build does not say for which clock it was planned\n"
        f"  --> {build}/manifest.json\n"
        "  help: build the network again"
    )


@pytest.mark.parametrize("seed", [-1, 2**30 + 1])
def test_a_seed_out_of_range_is_refused(build, seed):
    assert refusal(build, seed=seed).startswith(f"error[CB625]: {seed} is out of range")


def test_the_same_seed_gives_the_same_clock(build):
    first, again, other = (
        placed(build, "ecp5", "ecp5-25f", seed=seed)[1].fmax_hz for seed in (1, 1, 2)
    )
    assert first == again != other


@pytest.mark.slow
def test_the_example_is_placed(tmp_path):
    plan = api.plan(api.read(DIGITS_NETWORK), fps=3000, clock_hz=CLOCK_HZ)
    api.build(DIGITS_NETWORK, plan, tmp_path / "build")
    _, placement, _ = placed(tmp_path / "build", "ecp5", "ecp5-85f")
    assert 25e6 < placement.fmax_hz < 200e6
    assert placement.hard_multipliers
    assert placement.path_from.startswith("layer_")
