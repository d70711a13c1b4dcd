"""Technology files: read whole or refused with a reason."""

import re
from pathlib import Path

import pytest

from corgibuilder.diagnostics import CompileError
from corgibuilder.technology.technology import Macro, parse, read_technology, shipped

FLOWS = Path(__file__).parents[2] / "flows"
LEFS = Path(__file__).parents[3] / "shared/pdk/ihp-sg13g2/libs.ref/sg13g2_sram/lef"
TEXT = """register_bit_area = 85.5
rom_bit_area = 1
[[macro]]
name = "sram_64x8"
words = 64
bits = 8
ports = 1
area = 5000.25
"""


def refusal(text):
    content = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(CompileError) as caught:
        parse(content, Path("toy.toml"))
    return str(caught.value)


def test_a_file_is_read():
    toy = parse(TEXT.encode(), Path("some/toy.toml"))
    assert (toy.name, toy.register_bit_area, toy.rom_bit_area) == ("toy", 85.5, 1.0)
    assert toy.macros == (Macro(name="sram_64x8", words=64, bits=8, ports=1, area=5000.25),)
    assert parse(TEXT.replace("rom_bit_area = 1\n", "").encode(), Path()).rom_bit_area is None


def test_a_technology_is_found_by_name_and_by_file(tmp_path):
    assert shipped() == ("ihp_sg13g2",)
    file = FLOWS / "technology" / "ihp_sg13g2.toml"
    assert read_technology("ihp_sg13g2") == read_technology(str(file))
    (tmp_path / "own.toml").write_text(TEXT)
    assert read_technology(str(tmp_path / "own.toml")).name == "own"


@pytest.mark.parametrize("name", ["nix", "nix.toml", "", ".", "../technology/ihp_sg13g2", "a\0b"])
def test_what_is_not_there_is_refused(name):
    with pytest.raises(CompileError) as caught:
        read_technology(name)
    assert caught.value.code == "CB406"
    if name == "nix":
        assert str(caught.value) == (
            "error[CB406]: there is no such technology\n"
            "  --> nix\n"
            "  help: take ihp_sg13g2, or the name of a technology file"
        )


WRONG_MACRO = {
    ("words = 64", "words = 0"): "words is 0, not a whole number from 1 to 1048576",
    ("words = 64", "words = 1048577"): "words is 1048577, not a whole number from 1 to 1048576",
    ("words = 64", "words = 64.0"): "words is 64.0, not a whole number from 1 to 1048576",
    ("words = 64", "words = true"): "words is True, not a whole number from 1 to 1048576",
    ("bits = 8", "bits = 4097"): "bits is 4097, not a whole number from 1 to 4096",
    ("ports = 1", "ports = 3"): "ports is 3, not a whole number from 1 to 2",
    ("ports = 1", "ports = '1'"): "ports is '1', not a whole number from 1 to 2",
    ("5000.25", "0.0"): "area is 0.0, not an area in um2 above 0 and up to 1e+09",
    ("5000.25", "nan"): "area is nan, not an area in um2 above 0 and up to 1e+09",
    ("5000.25", "inf"): "area is inf, not an area in um2 above 0 and up to 1e+09",
    ("5000.25", "true"): "area is True, not an area in um2 above 0 and up to 1e+09",
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
        "  help: write it like flows/technology/ihp_sg13g2.toml"
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "macro is missing"),
        (TEXT.replace("register_bit_area = 85.5\n", ""), "register_bit_area is missing"),
        (TEXT.replace("85.5", "-1"), "register_bit_area is -1, not an area in um2 above 0"),
        (TEXT.replace("rom_bit_area = 1", "rom_bit_area = '1'"), "rom_bit_area is '1', not an"),
        ("unit = 1\n" + TEXT, "'unit' is not known"),
        ("register_bit_area = 1\nmacro = []", "macro has to be 1 to 64 tables [[macro]]"),
        ("register_bit_area = 1\nmacro = 5", "macro has to be 1 to 64 tables [[macro]]"),
        ("register_bit_area = 1\nmacro = [1]", "1 is not a table"),
        (TEXT + TEXT[TEXT.index("[[") :] * 64, "macro has to be 1 to 64 tables [[macro]]"),
        (TEXT + TEXT[TEXT.index("[[") :], "two macros are called 'sram_64x8'"),
        ("[", "TOMLDecodeError at "),
        (b"\xff\xfe", "UnicodeDecodeError at "),
        ("a = " + "[" * 100_000, "RecursionError at "),
        ("a = " + "9" * 10_000, "ValueError at "),
        (b"#" * (1 << 20) + b"\n", "it has more than 1,048,576 bytes"),
    ],
    ids=range(15),
)
def test_a_wrong_file_is_refused(text, problem):
    assert refusal(text).startswith(f"error[CB407]: this is not a technology: {problem}")


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
