"""What a flow makes of a network still computes the same, with Yosys' own models of the cells."""

import re
from pathlib import Path

import pyosys
import pytest

from corgibuilder.build_directory import read_build_directory
from corgibuilder.processes import Children
from corgibuilder.synth.scripts import Scripts
from corgibuilder.synth.yosys import find_yosys
from corgibuilder.verify import Simulator, simulate
from tests.simulators import needs_icarus
from tests.verify import toys

SHARE = Path(pyosys.__file__).parent / "share"
MODELS = {"ice40": SHARE / "ice40/cells_sim.v", "ecp5": SHARE / "lattice/cells_sim_ecp5.v"}


def model(file):
    """The models of cells in one text, without what Icarus 11 does not read."""
    text = re.sub(r"\$error\(.*\);", "", file.read_text())
    return re.sub(r'`include "(\S+)"', lambda found: model(file.parent / found[1]), text)


@needs_icarus
@pytest.mark.parametrize("flow", MODELS)
def test_mapped_cells_compute_the_same(tmp_path, flow):
    (tmp_path / "build").mkdir()
    build = read_build_directory(toys.toy(tmp_path / "build"))
    with Children() as children:
        scripts = Scripts(yosys=find_yosys(), children=children, rtl=build.path / "rtl")
        network = build.manifest.network
        scripts.run(
            "place",
            network.module,
            build.paths(network),
            tmp_path,
            flow=flow,
            family=None,
            hard_multipliers=True,
        )
        (tmp_path / "verilog.ys").write_text(
            "read_json network.json\nwrite_verilog -noattr toy.v\n"
        )
        scripts.yosys.run("verilog.ys", children, cwd=tmp_path, log=tmp_path / "log")
    netlist = tmp_path / "netlist.v"
    netlist.write_text(
        (tmp_path / "toy.v").read_text()
        + "\n`define NO_ICE40_DEFAULT_ASSIGNMENTS\n`define NO_INCLUDES\n"
        + model(MODELS[flow])
    )
    x, golden = toys.toy_frames(2)
    report = simulate(
        build.path, frames=[x], golden=golden, netlist=netlist, simulator=Simulator.ICARUS
    )
    assert report.faults == ()
    assert report.outputs_compared > 0
