"""How long signals take in a technology."""

import re
from pathlib import Path

import pytest

from corgibuilder.technology import Delays, read_technology
from corgibuilder.technology.delays import TIMES
from corgibuilder.technology.technology import parse

from .test_technology import refusal

NUMBERS = "".join(f"{name} = {k}.5\n" for k, name in enumerate(TIMES, start=1))
TEXT = f"""flow = "generic"
[cells]
flip_flops = ["DFF*"]
[delay]
block_depth = 2048
{NUMBERS}"""


def parsed(text):
    return parse(text.encode(), Path("toy.toml"))


def test_delays_are_read():
    times = {name: k + 0.5 for k, name in enumerate(TIMES, start=1)}
    assert parsed(TEXT).delays == Delays(block_depth=2048, **times)


def test_a_technology_need_not_have_delays():
    assert parsed(TEXT.split("[delay]")[0]).delays is None
    assert read_technology("generic").delays is not None
    assert read_technology("ecp5").delays is not None


@pytest.mark.parametrize("name", ["block_depth", *TIMES])
def test_every_delay_is_needed(name):
    text = re.sub(rf"^{name} = .*\n", "", TEXT, flags=re.MULTILINE)
    assert f"{name} is missing" in refusal(text)


@pytest.mark.parametrize("value", ["0", "5e-324", "-1", "inf", "nan", "true", '"2"', "2e6"])
def test_a_delay_is_a_time(value):
    text = re.sub(r"^level = .*$", f"level = {value}", TEXT, flags=re.MULTILINE)
    assert "not a delay in ns" in refusal(text)


def test_what_is_no_delay_is_refused():
    assert "'wire' is not known" in refusal(TEXT + "wire = 1\n")
    assert "block_depth is -1" in refusal(TEXT.replace("2048", "-1"))
    assert "delay is 3, not a table" in refusal("delay = 3\n" + TEXT.split("[delay]")[0])
