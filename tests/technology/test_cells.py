"""How cells are called, and what is counted by that."""

from pathlib import Path

import pytest

from corgibuilder.diagnostics import CompileError
from corgibuilder.technology import count
from corgibuilder.technology.technology import parse

TEXT = 'flow = "ice40"\n[cells]\nluts = ["LUT?"]\nflip_flops = ["DFF*"]\n'


@pytest.mark.parametrize(
    ("patterns", "number"),
    [
        ((), 0),
        (("LUT4",), 1),
        (("LUT?",), 1 + 2),
        (("LUT?", "LUT4"), 1 + 2),
        (("LUT*",), 1 + 2 + 4),
        (("lut4",), 0),
        (("$_*_",), 8),
        (("UT4",), 0),
    ],
)
def test_whole_names_are_matched(patterns, number):
    assert count({"LUT4": 1, "LUT5": 2, "LUT6_2": 4, "$_DFF_P_": 8}, patterns) == number


WRONG = {
    "flip_flops = 1": "flip_flops is 1, not a list of 1 to 16 patterns",
    "flip_flops = []": "flip_flops is [], not a list of 1 to 16 patterns",
    f"flip_flops = {['D'] * 17}": "flip_flops is ['D', 'D',",
    "flip_flops = 'D'": "flip_flops is 'D', not a list of 1 to 16 patterns",
    "flip_flops = [1]": "flip_flops has 1, not letters, digits, _, $, * and ?",
    "flip_flops = ['[D]']": "flip_flops has '[D]', not letters, digits, _, $, * and ?",
    "flip_flops = ['']": "flip_flops has '', not letters, digits, _, $, * and ?",
    f"flip_flops = ['{'D' * 101}']": "flip_flops has 'DDDD",
    "": "flip_flops is missing",
    "flip_flops = ['D']\nmuxes = ['M']": "'muxes' is not known",
}


@pytest.mark.parametrize("line", WRONG)
@pytest.mark.parametrize("kind", ["luts", "carries", "flip_flops", "dsps", "block_rams"])
def test_wrong_names_are_refused(line, kind):
    if kind != "flip_flops" and "is missing" in WRONG[line]:
        assert parse(TEXT.replace('luts = ["LUT?"]', "").encode(), Path("toy")).cells.luts == ()
        return
    others = 'flip_flops = ["DFF*"]\n' if kind != "flip_flops" else ""
    text = 'flow = "ice40"\n[cells]\n' + others + line.replace("flip_flops", kind)
    with pytest.raises(CompileError) as caught:
        parse(text.encode(), Path("toy.toml"))
    problem = WRONG[line].replace("flip_flops", kind)
    assert str(caught.value).startswith(f"error[CB407]: this is not a technology: {problem}")
    assert "--> toy.toml: cells\n" in str(caught.value)


def test_cells_are_a_table():
    with pytest.raises(CompileError, match="cells is 5, not a table"):
        parse(b'flow = "ice40"\ncells = 5', Path("toy.toml"))
