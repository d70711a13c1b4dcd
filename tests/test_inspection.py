"""What passes change, as data and as a table."""

import json
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from corgibuilder import api, frontend
from corgibuilder.cli import app
from corgibuilder.inspection import inspect
from corgibuilder.ir import Clamp, Conv, QInt

from .passes.graphs import entry, graph_of
from .simulators import FAST
from .toys import POINT, steps

WEIGHTS = np.array([[1, 0], [2, 0], [3, 0]])[..., None, None]
HALF_READ = Conv(weights=WEIGHTS, bias=np.zeros(3, np.int64), window=POINT)


@pytest.fixture
def toy(monkeypatch, tmp_path):
    """A file that is read as a network with a dead channel, an unused node, and an output to move.

    The clamp, which is the output, joins the steps before it.
    """
    first = Conv(weights=np.full((2, 3, 1, 1), 3), bias=np.arange(2), window=POINT)
    layers = [("x", entry(3, 4, 5)), ("a", first, "x"), ("s", steps(2, 6), "a")]
    layers += [("b", HALF_READ, "s"), ("t", steps(3, 7), "b"), ("c", Clamp(range=QInt(1, 5)), "t")]
    network = graph_of([*layers, ("unused", steps(3, 2), "b")], ["c"])
    network = replace(network, fixed=("a",))
    monkeypatch.setattr(frontend, "read", lambda path, **given: network)
    monkeypatch.setattr(frontend, "find_problems", lambda path, **given: [])
    path = tmp_path / "toy.onnx"
    path.write_bytes(b"as it is read")
    return path


def test_changes_as_data(toy):
    assert inspect(toy).passes is None
    found = {p.name: p for p in inspect(toy, passes=True).passes}
    assert list(found) == ["remove_unused_nodes", "merge_thresholds", "remove_dead_channels"]
    unused, merged, dead = found.values()
    assert [(c.layer, c.after) for c in unused.layers] == [("unused", None)]
    assert unused.layers[0].before.startswith("Threshold 0.., steps 3x2 ")
    assert [c.layer for c in merged.layers] == ["t", "c"]
    (moved,) = merged.outputs
    assert (moved.layer, moved.before, moved.after) == ("out_c", "c", "t")
    assert [c.layer for c in dead.layers] == ["a", "s", "b"]
    assert "weights 2x3x1x1" in dead.layers[0].before
    assert "weights 1x3x1x1" in dead.layers[0].after


def test_changes_as_a_table_and_as_json(toy):
    shown = CliRunner().invoke(app, ["inspect", str(toy), "--passes"])
    assert shown.exit_code == 0
    for text in ("remove unused nodes", "merge thresholds", "removed", "output out_c"):
        assert text in shown.stdout
    found = json.loads(CliRunner().invoke(app, ["inspect", str(toy), "--passes", "--json"]).stdout)
    assert [p["name"] for p in found["passes"]][-1] == "remove_dead_channels"
    assert found["passes"][1]["outputs"] == [{"layer": "out_c", "before": "c", "after": "t"}]


def test_hardware_whose_output_has_moved(toy, tmp_path):
    plan = api.plan(api.read(toy), fps=1_000_000, clock_hz=59_000_000)
    api.build(toy, plan, tmp_path / "build")
    report = api.simulate(tmp_path / "build", simulator=FAST)
    assert report.passed and report.outputs_compared > 0
