"""Operators that choose channels, against onnxruntime."""

import itertools

import numpy as np
import pytest

from corgibuilder.diagnostics import CompileError
from corgibuilder.frontend import read
from corgibuilder.ir import Select

from .models import Model, check, integers

MAP = (6, 3, 5)
EACH = np.array([0.5, 0.3, 2, 1, 0.7, 4]).reshape(1, 6, 1, 1)  #: scales of 6 channels
LAST = 2**63 - 1


def quantised(scale=0.5, **given):
    model = Model(MAP, **given)
    model.quant(scale)
    return model


def selected(network):
    """The channels of each selection."""
    return [node.op.channels for node in network.graph if isinstance(node.op, Select)]


def ints(model, *values):
    return [model.const(np.atleast_1d(value), np.int64) for value in values]


def agrees(model, tmp_path, outputs=None):
    return selected(check(model, tmp_path, integers(0, MAP, -8, 7), outputs))


def refusal(model, tmp_path):
    with pytest.raises(CompileError) as caught:
        read(model.save(tmp_path))
    return str(caught.value)


@pytest.mark.parametrize("scale", [0.5, EACH], ids=["one scale", "own scales"])
@pytest.mark.parametrize("indices", [[2], [5, 0, 3], [-1, 1, -6, 1, 1, 2, 3]], ids=str)
def test_gather(indices, scale, tmp_path):
    model = quantised(scale)
    model.node("Gather", model.const(indices, np.int64), axis=1)
    assert agrees(model, tmp_path) == [tuple(i % 6 for i in indices)]


SLICES = {
    "first": (0, 3, 1, 1),
    "from the end": (-2, LAST, 1, 1),
    "every other": (1, 6, 1, 2),
    "backwards": (LAST, -LAST, 1, -1),
    "backwards by two": (-2, 0, -3, -2),
}


@pytest.mark.parametrize("given", SLICES.values(), ids=SLICES)
def test_slice(given, tmp_path):
    model = quantised(EACH)
    model.node("Slice", *ints(model, *given))
    start, end, _, step = given
    assert agrees(model, tmp_path) == [tuple(range(6)[start:end:step])]


def test_slice_of_all_axes_with_attributes(tmp_path):
    model = quantised(opset=9)
    model.node("Slice", starts=[0, 2, 0], ends=[1, 4, LAST], axes=[0, 1, 3])
    assert agrees(model, tmp_path) == [(2, 3)]


def test_a_slice_of_everything_is_nothing(tmp_path):
    model = quantised()
    model.node("Slice", *ints(model, [0, 0], [LAST, 3], [3, 2]))
    assert agrees(model, tmp_path) == []


SPLITS = {
    "equal": (13, lambda model: [], {}),
    "sizes": (13, lambda model: ints(model, [1, 3, 2]), {}),
    "attribute": (11, lambda model: [], {"split": [2, 3, 1]}),
    "number": (18, lambda model: [], {"num_outputs": 2}),
}


@pytest.mark.parametrize("name", SPLITS)
def test_split(name, tmp_path):
    """Each part is a selection of the same input, and so are parts of parts."""
    opset, inputs, given = SPLITS[name]
    model = quantised(EACH, opset=opset)
    count = given.get("num_outputs", 3)
    first = model.node("Split", *inputs(model), axis=1, outputs=count, **given)
    names = [first, *(f"{first}_{k}" for k in range(1, count))]
    found = agrees(model, tmp_path, names)
    assert len(found) == count
    assert sorted(itertools.chain(*found)) == list(range(6))


def test_the_last_part_may_be_smaller(tmp_path):
    model = quantised(opset=18)
    model.node("Slice", *ints(model, 0, 5, 1))
    first = model.node("Split", axis=1, outputs=3, num_outputs=3)
    assert agrees(model, tmp_path, [f"{first}_2"])[-1] == (4,)


def test_only_the_parts_that_are_read_are_there(tmp_path):
    model = quantised()
    first = model.node("Split", axis=1, outputs=3, name="parts")
    network = check(model, tmp_path, integers(0, MAP, -8, 7), [f"{first}_1"])
    assert [n.name for n in network.graph if isinstance(n.op, Select)] == ["parts"]
    assert selected(network) == [(2, 3)]


def test_parts_meet_again(tmp_path):
    """As in a CSP block: one half goes through a layer, the other past it."""
    model = quantised()
    first = model.node("Split", axis=1, outputs=2)
    weights = np.random.default_rng(1).integers(-7, 8, (4, 3, 3, 3)).astype(np.float32)
    model.conv(weights, after=f"{first}_1", pads=[1, 1, 1, 1])
    model.quant(3.0)
    model.node("Concat", model.last, after=first, axis=1)
    model.quant(0.75)
    assert agrees(model, tmp_path) == [(0, 1, 2), (3, 4, 5)]


def shuffle(model, groups, *, order=(0, 2, 1, 3, 4)):
    channels, rows, columns = MAP
    apart = [1, groups, channels // groups, rows, columns]
    model.node("Reshape", model.const(apart, np.int64))
    model.node("Transpose", perm=list(order))
    model.node("Reshape", model.const([1, *MAP], np.int64))


@pytest.mark.parametrize("weighed", [False, True])
@pytest.mark.parametrize("groups", [2, 3])
def test_channel_shuffle(groups, weighed, tmp_path):
    """As in ShuffleNet, behind a Concat of maps of different scales."""
    model = Model(MAP)
    one = model.quant(0.5)
    two = model.quant(2 ** np.round(np.log2(EACH)) if weighed else EACH, after="input", signed=0)
    halves = [model.node("Gather", model.const([k, 4, 2], np.int64), after=t, axis=1)
              for k, t in enumerate((one, two))]  # fmt: skip
    model.node("Concat", halves[1], after=halves[0], axis=1)
    shuffle(model, groups)
    if weighed:
        model.conv(np.arange(-6, 6).reshape(2, 6, 1, 1).astype(np.float32))
        model.quant(4.0)
    found = agrees(model, tmp_path)
    assert found[-1] == tuple(np.arange(6).reshape(groups, -1).T.ravel().tolist())


def test_functions_before_a_quantiser_move_with_their_channels(tmp_path):
    """A bias for each channel is added before the selection, and the sum quantised after it."""
    model = Model(MAP)
    model.node("Add", model.const(EACH))
    model.node("Gather", model.const([4, 4, 1], np.int64), axis=1)
    model.node("Relu")
    model.quant(0.9, signed=0)
    assert agrees(model, tmp_path) == [(4, 4, 1)]


def test_channels_of_a_vector(tmp_path):
    model = quantised()
    model.node("GlobalMaxPool")
    model.node("Flatten")
    model.node("Slice", *ints(model, 1, 5, 1, 3))
    assert agrees(model, tmp_path) == [(1, 4)]


def rows(model):
    model.node("Gather", model.const([0], np.int64), axis=2)


def flattened(model):
    model.node("Flatten")
    model.node("Slice", *ints(model, 0, 4, 1))


REFUSED = {
    "Gather along axis 2": rows,
    "Slice of a tensor of shape (90,)": flattened,
    "Slice along axis 3": lambda m: m.node("Slice", *ints(m, 1, 4, 3)),
    "Slice of no channels": lambda m: m.node("Slice", *ints(m, 4, 2, 1)),
    "starts, ends, axes and steps are": lambda m: m.node("Slice", *ints(m, 4, 2, 1, 0)),
    "steps are [[0, 1], [2, 3], [1, -3], [1, 1]]": lambda m: m.node(
        "Slice", *ints(m, [0, 1], [2, 3], [1, -3], [1, 1])
    ),
    "Gather with indices of shape ()": lambda m: m.node("Gather", m.const(1, np.int64), axis=1),
    "are not those of 6 channels": lambda m: m.node("Gather", m.const([6], np.int64), axis=1),
    "do not give 2 parts of [1, 2]": lambda m: m.node("Split", *ints(m, [1, 2]), axis=1, outputs=2),
    "Split along axis 0": lambda m: m.node("Split", outputs=1),
    "keep tensors in the order": lambda m: shuffle(m, 2, order=(0, 2, 3, 1, 4)),
}


@pytest.mark.parametrize("problem", REFUSED)
def test_refused(problem, tmp_path):
    model = quantised()
    REFUSED[problem](model)
    assert problem in refusal(model, tmp_path)
