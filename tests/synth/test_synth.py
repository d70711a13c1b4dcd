import json
import re

import pytest

from corgibuilder.api import synth
from corgibuilder.diagnostics import CompileError
from corgibuilder.synth.report import read_cost
from corgibuilder.technology import CellNames, Flow, read_technology, shipped
from corgibuilder.verify import simulate
from tests.simulators import FAST
from tests.verify import toys

from .test_areas import directory


@pytest.mark.parametrize("technology", [name for name in shipped() if "xilinx" not in name])
def test_every_stage_is_counted(tmp_path, technology):
    seen = []
    report = synth(toys.toy(tmp_path), technology, progress=lambda *what: seen.append(what))
    (add,) = report.stages
    assert (add.layer, add.module, add.memory_bits) == ("add", "add", 36)
    assert 18 + 1 + 1 <= add.flip_flops <= 18 + 1 + 1 + 16 + 36  # word, valid, part, count, table
    assert (add.luts > 0) == (add.carries > 0) == (report.flow is not Flow.GENERIC)
    assert (add.dsps, add.block_rams) == (0, 0)
    assert report.total.cells == add.cells >= add.luts + add.carries + add.flip_flops
    assert seen == [("synthesised add", 1.0), ("synthesised", 1.0)]
    kept = json.loads((tmp_path / "synth" / technology / "report.json").read_text())
    assert kept["stages"][0]["cells"] == add.cells
    assert (kept["technology"], kept["flow"]) == (technology, report.flow.value)
    (yosys,) = kept["tools"]
    assert yosys["name"] == "pyosys" and re.fullmatch(r"\d+\.\d+.*", yosys["version"])
    assert [path.name for path in (tmp_path / "synth").iterdir()] == [technology]


MIXED = """
module mixed(
  input clk, input en, input [11:0] a, input [15:0] b,
  output reg [15:0] read, output reg [31:0] product, output reg [31:0] sum
);
  reg [15:0] words[0:4095];
  always @(posedge clk) begin
    if (en) words[a] <= b;
    read <= words[~a];
    product <= read * b;
    sum <= sum + product;
  end
endmodule
"""
FPGAS = [name for name in shipped() if read_technology(name).flow is not Flow.GENERIC]


@pytest.mark.parametrize("technology", FPGAS)
def test_every_kind_of_cell_is_counted(tmp_path, technology):
    (stage,) = synth(directory(tmp_path, mixed=MIXED), technology).stages
    assert stage.luts > 0
    assert stage.carries >= 32 / 4
    assert stage.flip_flops > 0
    assert (stage.dsps > 0) == (technology != "ice40")
    assert stage.block_rams > 0
    assert stage.memory_bits == 4096 * 16


TABLE = """
module table_of_constants(input clk, input [3:0] a, output reg [7:0] q);
  reg [7:0] found;
  always @* case (a)
{cases}
  endcase
  always @(posedge clk) q <= found;
endmodule
"""


@pytest.mark.parametrize("technology", ["generic", "ice40"])
def test_a_table_of_constants_is_no_memory(tmp_path, technology):
    cases = "\n".join(f"    4'd{k}: found = 8'd{k * k * 29 % 251};" for k in range(16))
    build = directory(tmp_path, table_of_constants=TABLE.format(cases=cases))
    (stage,) = synth(build, technology).stages
    assert (stage.memory_bits, stage.block_rams) == (0, 0)
    assert stage.cells > 8 + stage.flip_flops


@pytest.mark.parametrize("stalls", [False, True], ids=["free", "stalls"])
def test_netlist_computes_the_same(tmp_path, stalls):
    report = synth(toys.toy(tmp_path), netlist=True)
    assert "$" not in report.netlist.read_text().split("module toy")[1].split(";")[0]
    x, golden = toys.toy_frames(2)
    report = simulate(
        tmp_path,
        frames=[x],
        golden=golden,
        netlist=report.netlist,
        simulator=FAST,
        stalls=stalls,
    )
    assert report.faults == ()


def test_verilog_that_yosys_refuses_leaves_nothing(tmp_path):
    directory = toys.toy(tmp_path, add=("part <= !part;", "part <= ;"))
    with pytest.raises(
        CompileError, match=r"^error\[CB702\]: pyosys cannot synthesise this: .*ERROR"
    ):
        synth(directory)
    assert not (tmp_path / "synth").exists()


def test_results_that_are_cut_off_are_a_full_disk(tmp_path):
    (tmp_path / "add.memories.json").write_text('{"design": ')
    with pytest.raises(OSError, match="No space left on device"):
        read_cost(tmp_path, "add", "add", CellNames(), 1.0)
