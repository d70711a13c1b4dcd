"""Machine code is kept for as long as nothing that it was compiled from changes."""

import importlib
import sys

from corgibuilder.plan.simulation.machine_code import records


def hits():
    """How often the compiled function of a file is found, called once."""
    sys.modules.pop("twice_compiled", None)
    made = records.compiled(importlib.import_module("twice_compiled").twice)
    assert made(21) == 42
    return sum(made.stats.cache_hits.values())


def test_a_change_in_any_of_the_files_compiles_anew(tmp_path, monkeypatch):
    """Also where the file of the function itself is as it was."""
    (tmp_path / "twice_compiled.py").write_text("def twice(x):\n    return 2 * x\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert [hits(), hits()] == [0, 1]
    monkeypatch.setattr(records, "SOURCES", "another")
    assert [hits(), hits()] == [0, 1]
