"""A failure becomes a small test: shown on hardware and arithmetic that are broken on purpose."""

from fractions import Fraction

import numpy as np
import pytest

from corgibuilder.golden import steps
from corgibuilder.hw.requantisers import DataPath
from corgibuilder.ir import Threshold
from corgibuilder.plan import Target
from corgibuilder.plan.components import AdderConfig
from corgibuilder.plan.requantisers import kinds as activations

from . import compare as comparison
from .case import Case, Layer
from .compare import compare
from .generate import generate
from .layers import Add, Concat, Conv, MaxPool, MultiThreshold, Quant
from .reduce import reduced
from .show import as_test


def big():
    """Three layers, of which the first one has weights, steps and padding."""
    rng = np.random.default_rng(2)
    layers = (
        Layer("conv", Conv(rng.integers(-3, 4, (4, 2, 3, 3)), pads=(1, 1, 1, 1))),
        Layer("steps", MultiThreshold(np.sort(rng.integers(-9, 9, (4, 7)), axis=1)), ("conv",)),
        Layer("pool", MaxPool((2, 2), (2, 2)), ("steps",)),
        Layer("point", Conv(rng.integers(-3, 4, (3, 4, 1, 1))), ("pool",)),
    )
    return Case(
        shape=(2, 6, 6),
        values="UINT3",
        layers=layers,
        outputs=("steps", "point"),
        target=Target(fps=Fraction(1), clock_hz=300),
        calm=2,
        sizes=((6, 6), (4, 5)),
        stalled=1,
    )


def in_the_same_way(kind):
    return lambda case: kind in {finding.kind for finding in compare(case).wrong}


@pytest.fixture
def broken_requantiser(monkeypatch):
    """Hardware whose binary search, always taken, compares with ``>`` in place of ``>=``."""
    lookup = DataPath.lookup

    def late(self, rows, *more):
        return lookup(self, rows + 1, *more)

    def searches(*arguments):
        yield next(found(*arguments))

    found = activations.KINDS[Threshold]
    monkeypatch.setitem(activations.KINDS, Threshold, searches)
    monkeypatch.setattr(DataPath, "lookup", late)


def test_broken_hardware_is_reduced_to_one_small_layer(broken_requantiser):
    kinds = [finding.kind for finding in compare(big()).wrong]
    assert kinds[0] == "RTL: values"
    small = reduced(big(), in_the_same_way(kinds[0]))
    assert in_the_same_way(kinds[0])(small)
    assert len(small.layers) <= 2
    assert np.prod(small.shape) <= 2
    assert (small.frames, small.stalled) == (1, 0)
    assert small.outputs == ("steps",)


def test_the_text_of_a_test_does_what_the_case_does(broken_requantiser):
    small = reduced(big(), in_the_same_way("RTL: values"), seconds=5)
    run: dict = {}
    exec(as_test(small, "test_pasted", "wrong"), run)  # the text is what is tested
    with pytest.raises(AssertionError):
        run["test_pasted"]()


def test_the_text_passes_where_nothing_is_broken():
    for case in (big(), generate(11)):
        run: dict = {}
        exec(as_test(case, "test_pasted", "wrong"), run)
        run["test_pasted"]()


def test_broken_golden_is_found_by_the_executor(monkeypatch):
    right = steps.threshold
    monkeypatch.setattr(
        steps, "threshold", lambda op, x: np.maximum(right(op, x), op.base + 1).astype(np.int64)
    )
    (finding,) = compare(big()).wrong
    assert finding.kind == "executor"
    small = reduced(big(), in_the_same_way("executor"))
    assert [layer.name for layer in small.layers][-1] == "steps"
    assert small.frames == 1


def test_a_crash_is_a_finding_and_keeps_its_place(monkeypatch):
    def crash(*_):
        raise KeyError("folding")

    monkeypatch.setattr(comparison, "planned", crash)
    (finding,) = compare(big()).wrong
    assert finding.kind.startswith("KeyError in")
    small = reduced(big(), in_the_same_way(finding.kind))
    assert len(small.layers) == 1


def branches():
    """A sum of two branches, beside their input, with a layer behind; the sum is what is broken."""
    rng = np.random.default_rng(3)
    layers = (
        Layer("conv", Conv(rng.integers(-3, 4, (3, 2, 3, 3)), pads=(1, 1, 1, 1))),
        Layer("act", Quant(4.0), ("conv",)),
        Layer("short", Conv(rng.integers(-3, 4, (3, 2, 1, 1)))),
        Layer("sum", Add(), ("act", "short")),
        Layer("all", Concat(), ("sum", "input")),
        Layer("end", Conv(rng.integers(-3, 4, (2, 5, 1, 1))), ("all",)),
    )
    return Case(
        shape=(2, 4, 4),
        values="UINT2",
        layers=layers,
        outputs=("end",),
        target=Target(fps=Fraction(1), clock_hz=100),
        calm=2,
    )


def test_a_broken_sum_is_reduced_to_a_sum(monkeypatch):
    right = AdderConfig.code_offset.fget
    monkeypatch.setattr(AdderConfig, "code_offset", property(lambda config: right(config) + 1))
    failing = in_the_same_way("RTL: values")
    assert failing(branches())
    small = reduced(branches(), failing, seconds=60)
    assert failing(small)
    assert any(isinstance(layer.op, Add) for layer in small.layers)
    assert len(small.layers) <= 2
    assert small.frames == 1
