"""Technology files: read whole or refused with a reason."""

import re
from pathlib import Path

import pytest

from corgibuilder.diagnostics import CompileError
from corgibuilder.technology import CellNames, Flow, Macro, read_technology, shipped
from corgibuilder.technology.cells import FAMILIES
from corgibuilder.technology.technology import parse

FLOWS = Path(__file__).parents[2] / "flows"
LEFS = Path(__file__).parents[3] / "shared/pdk/ihp-sg13g2/libs.ref/sg13g2_sram/lef"
TEXT = """flow = "generic"
register_bit_area = 85.5
rom_bit_area = 1
[cells]
flip_flops = ["DFF*"]
[[macro]]
name = "sram_64x8"
words = 64
bits = 8
ports = 1
area = 5000.25
"""
FPGA = """flow = "xilinx"
family = "xc7"
[cells]
luts = ["LUT?"]
carries = ["CARRY4"]
flip_flops = ["FDRE", "FDSE"]
dsps = ["DSP48E1"]
block_rams = ["RAMB*"]
"""


def refusal(text):
    content = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(CompileError) as caught:
        parse(content, Path("toy.toml"))
    return str(caught.value)


def test_a_file_is_read():
    toy = parse(TEXT.encode(), Path("some/toy.toml"))
    assert (toy.name, toy.flow, toy.family, toy.devices) == ("toy", Flow.GENERIC, None, ())
    assert (toy.register_bit_area, toy.rom_bit_area) == (85.5, 1.0)
    assert toy.macros == (Macro(name="sram_64x8", words=64, bits=8, ports=1, area=5000.25),)
    assert toy.cells == CellNames(flip_flops=("DFF*",))
    assert parse(TEXT.replace("rom_bit_area = 1\n", "").encode(), Path("t")).rom_bit_area is None


def test_a_file_without_macros_is_read():
    fpga = parse(FPGA.encode(), Path("fpga.toml"))
    assert (fpga.flow, fpga.family) == (Flow.XILINX, "xc7")
    assert (fpga.macros, fpga.register_bit_area, fpga.rom_bit_area) == ((), None, None)
    assert fpga.cells == CellNames(
        luts=("LUT?",),
        carries=("CARRY4",),
        flip_flops=("FDRE", "FDSE"),
        dsps=("DSP48E1",),
        block_rams=("RAMB*",),
    )


def test_every_flow_has_a_script_and_every_script_a_flow():
    scripts = {path.name for path in FLOWS.glob("synth_*.ys.j2")}
    assert scripts == {f"synth_{flow.value}.ys.j2" for flow in Flow}


@pytest.mark.parametrize("name", shipped())
def test_shipped_files_are_read(name):
    found = read_technology(name)
    assert found.name == name
    assert (found.family is not None) == (found.flow in FAMILIES)
    assert bool(found.macros) == (found.register_bit_area is not None) == (name == "ihp_sg13g2")


def test_a_technology_is_found_by_name_and_by_file(tmp_path, monkeypatch):
    assert shipped() == ("ecp5", "generic", "ice40", "ihp_sg13g2", "xilinx7", "xilinx_up")
    file = FLOWS / "technology" / "ihp_sg13g2.toml"
    assert read_technology("ihp_sg13g2") == read_technology(str(file))
    (tmp_path / "own.toml").write_text(TEXT)
    assert read_technology(str(tmp_path / "own.toml")).name == "own"
    monkeypatch.chdir(tmp_path)
    assert read_technology("own.toml").name == "own"


def test_a_shipped_name_is_not_a_file_of_the_same_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("ecp5", "ecp5.toml"):
        Path(name).write_text(FPGA)
    assert read_technology("ecp5").flow is Flow.ECP5
    for name in ("./ecp5", "ecp5.toml", str(tmp_path / "ecp5")):
        own = read_technology(name)
        assert (own.name, own.flow) == ("ecp5", Flow.XILINX)


@pytest.mark.parametrize("name", ["nix", "nix.toml", "", ".", "../technology/ihp_sg13g2", "a\0b"])
def test_what_is_not_there_is_refused(name):
    with pytest.raises(CompileError) as caught:
        read_technology(name)
    assert caught.value.code == "CB406"
    if name == "nix":
        assert str(caught.value) == (
            "error[CB406]: there is no such technology\n"
            "  --> nix\n"
            "  help: take ecp5, generic, ice40, ihp_sg13g2, xilinx7, xilinx_up, or the name of a"
            " technology file"
        )


WRONG_MACRO = {
    ("words = 64", "words = 0"): "words is 0, not a whole number from 1 to 1048576",
    ("words = 64", "words = 1048577"): "words is 1048577, not a whole number from 1 to 1048576",
    ("words = 64", "words = 64.0"): "words is 64.0, not a whole number from 1 to 1048576",
    ("words = 64", "words = true"): "words is True, not a whole number from 1 to 1048576",
    ("bits = 8", "bits = 4097"): "bits is 4097, not a whole number from 1 to 4096",
    ("ports = 1", "ports = 3"): "ports is 3, not a whole number from 1 to 2",
    ("ports = 1", "ports = '1'"): "ports is '1', not a whole number from 1 to 2",
    ("5000.25", "0.0"): "area is 0.0, not an area in um2 from 1e-09 to 1e+09",
    ("5000.25", "1e-10"): "area is 1e-10, not an area in um2 from 1e-09 to 1e+09",
    ("5000.25", "nan"): "area is nan, not an area in um2 from 1e-09 to 1e+09",
    ("5000.25", "inf"): "area is inf, not an area in um2 from 1e-09 to 1e+09",
    ("5000.25", "true"): "area is True, not an area in um2 from 1e-09 to 1e+09",
    ("bits = 8\n", ""): "bits is missing",
    ("bits = 8", "bits = 8\nvolts = 1"): "'volts' is not known",
    ('"sram_64x8"', '"a b"'): "name is 'a b', not a word of letters, digits and _",
    ('"sram_64x8"', "7"): "name is 7, not a word of letters, digits and _",
}


@pytest.mark.parametrize("change", WRONG_MACRO, ids=lambda change: change[1].strip() or "none")
def test_a_wrong_macro_is_refused(change):
    assert refusal(TEXT.replace(*change)) == (
        f"error[CB407]: this is not a technology: {WRONG_MACRO[change]}\n"
        "  --> toy.toml: macro 1\n"
        "  help: write it like one of those in flows/technology/"
    )


HEAD = 'flow = "generic"\ncells = {flip_flops = ["D"]}\n'
MACRO = TEXT[TEXT.index("[[") :]
WRONG = {
    "": "cells is missing",
    HEAD.replace("flow", "flows"): "flow is missing",
    HEAD.replace('"generic"', '"asic"'): ("flow is 'asic', not generic or xilinx or ecp5 or ice40"),
    HEAD.replace('"generic"', "1"): "flow is 1, not generic or xilinx or ecp5 or ice40",
    HEAD.replace('"generic"', '["ecp5"]'): "flow is ['ecp5'], not generic or",
    HEAD + 'family = "xc7"': "family is given, and the flow generic has only one",
    FPGA.replace('family = "xc7"\n', ""): "family is missing: xc7 or xcup",
    FPGA.replace('"xc7"', '"xc6"'): "family is 'xc6', not xc7 or xcup",
    FPGA.replace('"xc7"', "7"): "family is 7, not xc7 or xcup",
    TEXT.replace("register_bit_area = 85.5\n", ""): "register_bit_area is missing",
    TEXT.replace(MACRO, ""): "macro is missing",
    HEAD + "rom_bit_area = 1": "macro is missing",
    TEXT.replace("85.5", "-1"): "register_bit_area is -1, not an area in um2 from 1e-09",
    TEXT.replace("rom_bit_area = 1", "rom_bit_area = '1'"): "rom_bit_area is '1', not an",
    "unit = 1\n" + TEXT: "'unit' is not known",
    HEAD + "register_bit_area = 1\nmacro = []": "macro has to be 1 to 64 tables [[macro]]",
    HEAD + "register_bit_area = 1\nmacro = 5": "macro has to be 1 to 64 tables [[macro]]",
    HEAD + "register_bit_area = 1\nmacro = [1]": "macro 1 is 1, not a table",
    TEXT + MACRO * 64: "macro has to be 1 to 64 tables [[macro]]",
    TEXT + MACRO: "two macros are called 'sram_64x8'",
    "[": "TOMLDecodeError at ",
    b"\xff\xfe": "UnicodeDecodeError at ",
    "a = " + "[" * 100_000: "RecursionError at ",
    "a = " + "9" * 10_000: "ValueError at ",
}


@pytest.mark.parametrize(("text", "problem"), WRONG.items(), ids=range(len(WRONG)))
def test_a_wrong_file_is_refused(text, problem):
    assert refusal(text).startswith(f"error[CB407]: this is not a technology: {problem}")


@pytest.mark.parametrize("name", ["a b.toml", "..", "", "ä.toml", "-x.toml", "a" * 101])
def test_a_file_whose_name_can_be_no_folder_of_results_is_refused(name):
    with pytest.raises(CompileError, match="not letters, digits, _, - and") as caught:
        parse(TEXT.encode(), Path(name))
    assert caught.value.code == "CB407"


def test_a_long_file_is_refused(tmp_path):
    (tmp_path / "long.toml").write_bytes(b"#" * (1 << 20) + b"\n")
    with pytest.raises(
        CompileError, match="this is not a technology: the file has more than 1,048,576"
    ):
        read_technology(str(tmp_path / "long.toml"))


def test_a_file_cut_short_is_refused_or_whole():
    content = TEXT.encode()
    for length in range(content.index(b"5000")):
        refusal(content[:length])


def test_areas_are_those_of_the_lef_files():
    if not LEFS.is_dir():
        pytest.skip(f"the process data is not here: {LEFS}")
    sizes = {}
    for file in LEFS.glob("*.lef"):
        text = file.read_text()
        width, height = re.search(r"SIZE ([\d.]+) BY ([\d.]+)", text).groups()
        sizes[re.search(r"MACRO (\w+)", text)[1]] = pytest.approx(float(width) * float(height))
    macros = read_technology("ihp_sg13g2").macros
    assert {macro.name: macro.area for macro in macros} == sizes
    assert all(f"_{m.ports}P_{m.words}x{m.bits}_" in m.name for m in macros)
