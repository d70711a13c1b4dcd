"""Costs in technology files."""

import tomllib
from dataclasses import replace

import pytest

from corgibuilder.diagnostics import CompileError
from corgibuilder.technology import (
    read_technology,
    shipped,
    technology_file,
    with_costs,
)
from corgibuilder.technology.technology import parse

COSTS = replace(read_technology("generic").costs, unit="um2", adders=123.25)


@pytest.mark.parametrize("name", shipped())
def test_all_but_the_costs_stays(name, tmp_path):
    text = technology_file(name).read_text()
    rewritten = with_costs(technology_file(name), COSTS)
    made = parse(rewritten.encode(), tmp_path / f"{name}.toml")
    assert made == replace(read_technology(name), costs=COSTS)
    comments = [
        [line for line in t.splitlines() if line.startswith("#")] for t in (text, rewritten)
    ]
    assert comments[0] == comments[1]
    (tmp_path / "again.toml").write_text(rewritten)
    assert with_costs(tmp_path / "again.toml", COSTS) == rewritten


def test_a_table_at_the_end_is_replaced(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text('flow = "generic"\n[cost]\nunit = "old"  # of mine\nadders = 1\n')
    rewritten = with_costs(file, COSTS)
    assert rewritten.startswith('flow = "generic"\n[cost]\nunit = "um2"\nproducts = ')
    assert tomllib.loads(rewritten)["cost"]["adders"] == 123.25
    assert rewritten.endswith("\n") and rewritten.count("[cost]") == 1


@pytest.mark.parametrize(
    "text", ['cost = { unit = "a" }\n', '[ cost ]\nunit = "a"\n', "[x]\n[cost.a]\n"]
)
def test_costs_written_in_another_way_are_refused(text, tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(text)
    with pytest.raises(CompileError) as caught:
        with_costs(file, COSTS)
    assert str(caught.value) == (
        "error[CB435]: the costs in this file cannot be replaced\n"
        f"  --> {file}\n"
        "  help: write them as a table, [cost], with a line for each, or leave them out"
    )
