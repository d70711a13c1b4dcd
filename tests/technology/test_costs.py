"""What bits take in a technology."""

import re
from pathlib import Path

import pytest

from corgibuilder.technology import Costs, read_technology
from corgibuilder.technology.costs import NUMBERS
from corgibuilder.technology.technology import parse

from .test_technology import refusal

COSTS = "".join(f"{name} = {k}.5\n" for k, name in enumerate(NUMBERS, start=1))
TEXT = f"""flow = "generic"
[cells]
flip_flops = ["DFF*"]
[cost]
unit = "NAND2"
{COSTS}"""


def parsed(text):
    return parse(text.encode(), Path("toy.toml"))


def test_costs_are_read():
    numbers = {name: k + 0.5 for k, name in enumerate(NUMBERS, start=1)}
    assert parsed(TEXT).costs == Costs(unit="NAND2", **numbers)


def test_a_technology_need_not_have_costs():
    assert parsed(TEXT.split("[cost]")[0]).costs is None
    assert read_technology("generic").costs is not None


@pytest.mark.parametrize("name", ["unit", *NUMBERS])
def test_every_cost_is_needed(name):
    text = re.sub(rf"^{name} = .*\n", "", TEXT, flags=re.MULTILINE)
    assert f"{name} is missing" in refusal(text)


@pytest.mark.parametrize("value", ["0", "-1", "inf", "nan", "true", '"2"', "2e9"])
def test_a_cost_is_an_area(value):
    text = re.sub(r"^adders = .*$", f"adders = {value}", TEXT, flags=re.MULTILINE)
    assert "adders is" in refusal(text)


@pytest.mark.parametrize("unit", ['""', '"a\\nb"', "3", '"123456789012345678901"'])
def test_a_unit_is_a_short_word(unit):
    assert "unit is" in refusal(TEXT.replace('"NAND2"', unit))


def test_what_is_no_cost_is_refused():
    assert "'gates' is not known" in refusal(TEXT + "gates = 1\n")
    assert "cost is 3, not a table" in refusal("cost = 3\n" + TEXT.split("[cost]")[0])
