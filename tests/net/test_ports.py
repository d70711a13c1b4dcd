"""Ports and groups in a word that no planner chooses: values are right, cycles as planned."""

import pytest

from corgibuilder.plan.folding import Folding, WindowSource

from .build import planned
from .case import Case, Edit, network_of
from .compare import compare
from .layers import Conv, MaxPool
from .test_known import at_size, chain, cycles, quant, weights

PADS = (1, 1, 1, 1)
LAYERS = {
    "depthwise": Conv(weights(6, 1, 3, 3), pads=PADS, group=6),
    "strided depthwise": Conv(weights(6, 1, 3, 3), stride=(2, 2), pads=PADS, group=6),
    "grouped": Conv(weights(12, 2, 3, 3), pads=PADS, group=3),
    "strided groups": Conv(weights(12, 2, 3, 3), stride=(2, 2), pads=PADS, group=3),
    "dense": Conv(weights(4, 6, 3, 3), pads=PADS),
    "strided": Conv(weights(4, 6, 3, 3), stride=(2, 2), pads=PADS),
    "pool": MaxPool((3, 3), (2, 2), PADS),
}
TAPS, COLUMNS = WindowSource.TAP_SERIAL, WindowSource.COLUMN_BUFFER


def edited(name, **decisions):
    """A layer between two others, its folding as decided and queues on all edges."""
    case = chain((6, 7, 6), cycles(2000), Conv(weights(6, 6, 1, 1)), quant(), LAYERS[name], quant())
    folding = Folding(**{"inputs": 1, "lanes": 1, "capacity": 0} | decisions)
    fifos = {("n0", 0): 1, ("n2", 0): 3}
    return at_size(
        Case(**{**vars(case), "edit": Edit(
            input_lanes={"input": 2}, foldings={"n2": folding}, fifos=fifos
        )}),
        (7, 6), (4, 5), (7, 6),
    )  # fmt: skip


def agrees(case):
    outcome, (_, plan) = compare(case), planned(case, network_of(case))
    assert case.edit is not None
    wish, made = case.edit.foldings["n2"], plan.stages[1].folding
    for name in ("source", "outputs", "single_port", "groups_per_word"):
        assert getattr(made, name) == getattr(wish, name)
    assert (outcome.refused, outcome.findings) == (None, ())
    assert outcome.compared


@pytest.mark.parametrize("single_port", [False, True], ids=["two ports", "one port"])
@pytest.mark.parametrize(
    ("name", "source"),
    [*((name, TAPS) for name in LAYERS), *((name, COLUMNS) for name in LAYERS if name != "pool")],
)
def test_ports(name, source, single_port):
    agrees(edited(name, source=source, outputs=2, single_port=single_port))


@pytest.mark.parametrize("single_port", [False, True], ids=["two ports", "one port"])
@pytest.mark.parametrize("inputs", [1, 2])
@pytest.mark.parametrize("outputs", [1, 4])
@pytest.mark.parametrize("name", ["grouped", "strided groups"])
def test_words_of_a_group(name, outputs, inputs, single_port):
    decisions = {"outputs": outputs, "inputs": inputs, "single_port": single_port}
    agrees(edited(name, source=TAPS, **decisions))


@pytest.mark.parametrize("single_port", [False, True], ids=["two ports", "one port"])
@pytest.mark.parametrize("name", ["grouped", "strided groups"])
def test_groups_of_several_inputs_in_a_word(name, single_port):
    decisions = {"outputs": 4, "inputs": 2, "groups_per_word": 3, "single_port": single_port}
    agrees(edited(name, source=TAPS, **decisions))


@pytest.mark.parametrize("single_port", [False, True], ids=["two ports", "one port"])
@pytest.mark.parametrize(("outputs", "groups"), [(1, 2), (1, 6), (2, 3)])
@pytest.mark.parametrize("name", ["depthwise", "strided depthwise", "pool"])
def test_groups_in_a_word(name, outputs, groups, single_port):
    decisions = {"outputs": outputs, "groups_per_word": groups, "single_port": single_port}
    agrees(edited(name, source=TAPS, **decisions))
