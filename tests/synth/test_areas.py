"""Areas of a chip: memories are macros, gates and flip-flops are counted."""

import shutil
from pathlib import Path

import pytest

from corgibuilder import package_data
from corgibuilder.api import synth
from corgibuilder.diagnostics import CompileError
from tests.verify import toys

from .cells import liberty

HOLDER = """
module holder(input clk, input en, input [8:0] at, input [4:0] d, output [4:0] q, output [6:0] c);
  corgi_ram #(.WIDTH(5), .DEPTH(300), .ADDRESS(9)) ram(
    .clk(clk), .write_en(en), .write_addr(at), .write_data(d),
    .read_en(!en), .read_addr(at), .read_data(q));
  corgi_rom #(.WIDTH(7), .DEPTH(64), .ADDRESS(6), .IMAGE("c.hex")) rom(
    .clk(clk), .en(en), .addr(at[5:0]), .data(c));
endmodule
"""
REGISTER = """
module register(input clk, input en, input d, output reg q);
  always @(posedge clk) if (en) q <= d;
endmodule
"""
OTHER = REGISTER.replace("module register", "module other")


def directory(path, images=(), **modules):
    """Build directory with a stage for each module, and memory images by name."""
    ports = [toys.stream(port, "x", (1, 1, 1), lanes=1, bits=1) for port in "io"]
    (path / "rtl").mkdir(parents=True)
    stages = []
    for name, text in modules.items():
        (path / "rtl" / f"{name}.v").write_text(text)
        stages.append(toys.unit(name, name, [name, "corgi_ram", "corgi_rom"], ports[:1], ports[1:]))
    for name, text in dict(images).items():
        (path / "rtl" / name).write_text(text)
    for wrapper in ("corgi_ram.v", "corgi_rom.v"):
        shutil.copyfile(package_data.templates() / wrapper, path / "rtl" / wrapper)
    return toys.manifest(path, stages[0], stages)


def test_memories_stay_whole(tmp_path):
    build = directory(tmp_path, {"c.hex": "00\n" * 64}, holder=HOLDER)
    report = synth(build)
    (holder,) = report.stages
    assert holder.memory_bits == 300 * 5 + 64 * 7
    assert (holder.flip_flops, holder.cells, holder.transistors) == (0, 2 + 1, 2)  # an inverter
    assert holder.area is None


def test_transistors_and_areas_are_those_of_gates_and_flip_flops(tmp_path):
    (tmp_path / "cells with space.lib").write_text(liberty())
    build = directory(tmp_path / "build", register=REGISTER, other=OTHER)
    seen = []
    report = synth(
        build, liberty=tmp_path / "cells with space.lib", progress=lambda *what: seen.append(what)
    )
    assert sorted(fraction for _, fraction in seen) == [0.5, 1.0, 1.0]
    assert [stage.layer for stage in report.stages] == ["register", "other"]
    stage = report.stages[0]
    assert (stage.cells, stage.flip_flops, stage.transistors) == (2, 1, 12 + 16)
    assert stage.area == 10.5 + 3 * 2 + 1
    assert report.total.area == 2 * stage.area


@pytest.mark.parametrize(
    ("technology", "message"),
    [
        (
            "ecp5",
            (
                "error[CB703]: the cells of ecp5 are not those of a Liberty file\n"
                "  --> nix.lib\n"
                "  help: leave out the Liberty file, or take --technology generic"
            ),
        ),
        (
            "ihp_sg13g2",
            (
                "error[CB704]: there is no such file\n"
                "  --> nix.lib\n"
                "  help: give a file of standard cells, .lib"
            ),
        ),
    ],
    ids=["ecp5", "ihp_sg13g2"],
)
def test_a_liberty_file_that_cannot_be_used_is_refused(tmp_path, technology, message, monkeypatch):
    build = directory(tmp_path, register=REGISTER)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CompileError) as caught:
        synth(build, technology, liberty=Path("nix.lib"))
    assert str(caught.value) == message
    assert not (tmp_path / "synth").exists()
