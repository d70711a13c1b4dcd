"""Functions of one value, monotone or not, against onnxruntime at every value that can occur."""

import re

import numpy as np
import pytest
from onnx import TensorProto

from corgibuilder import golden
from corgibuilder.diagnostics import CompileError
from corgibuilder.frontend import read
from corgibuilder.frontend.curves import Curve, CurveKind
from corgibuilder.ir import Conv, Table, Threshold

from .models import QONNX, Model, check, integers, ours, theirs

ALL = (2, 16, 16)  #: a frame that holds every value of 8 bits in each channel
OPSET = 20
ATTRIBUTES = {
    "LeakyRelu": {"alpha": 0.1},
    "Elu": {"alpha": 0.7},
    "Celu": {"alpha": 1.3},
    "HardSigmoid": {"alpha": 0.25, "beta": 0.4},
    "ThresholdedRelu": {"alpha": 0.3},
}
DEFAULTS = {"Selu": (1.67326319217681884765625, 1.05070102214813232421875)}
PLAIN = sorted(
    {kind.value for kind in CurveKind} - {"PRelu", "Pow 2", "Pow 3", "Gelu tanh", "Log", "Sqrt"}
)
BENT = {"Abs", "HardSwish", "Mish", "Gelu"}


def every(shape=ALL, low=-128):
    """All integers of 8 bits, in each channel in an order of its own."""
    rng = np.random.default_rng(3)
    rows = [rng.permutation(np.arange(low, low + 256)) for _ in range(shape[0])]
    return np.array(rows, np.float32).reshape(1, *shape)


def eight_bits(scale=1 / 16, annotation="INT8"):
    """A model whose activations have 256 values, ``scale`` apart."""
    model = Model(ALL, annotation=annotation, opset=OPSET)
    model.node("Mul", model.const(scale))
    return model


def at_risk(network):
    """How many steps or entries the notes count."""
    return sum(int(re.match(r"\d+", note)[0]) for note in network.notes)


def check_risk(model, tmp_path, frames):
    """Assert that only as many values of a channel differ as the notes say, and by one level."""
    network = read(model.save(tmp_path))
    (port,) = network.outputs
    found, expected = ours(network, frames)[port.name], theirs(model.proto(), frames)[port.name]
    wrong = found != expected
    values = golden.run(network.graph, network.inputs[0].convert(frames))
    reader = network.graph[port.node]
    arguments = np.broadcast_to(values[reader.inputs[0]], wrong.shape)[wrong]
    channel = np.argwhere(wrong)[:, 1]
    assert len(set(zip(channel, arguments.tolist(), strict=True))) <= at_risk(network)
    return network


def executor(kind, x, constants, attributes):
    model = Model(x.shape[1:], annotation="", opset=OPSET)
    model.node(kind, *map(model.const, constants), **attributes)
    return theirs(model.proto(), x)[model.last]


@pytest.mark.parametrize("kind", CurveKind)
def test_the_executor_is_within_the_margin_of_each_function(kind):
    rng = np.random.default_rng(1)
    parts = [rng.uniform(-r, r, 20_000) for r in (100, 20, 9, 2)]
    parts += [s * np.exp(rng.uniform(-20, 4, 20_000)) for s in (1, -1)]
    x = np.concatenate(parts).astype(np.float32)
    x = np.abs(x) if kind in (CurveKind.LOG, CurveKind.SQRT) else x[np.abs(x) < 85]
    x = x[: len(x) // 4 * 4].reshape(1, 4, -1, 1)
    name, _, variant = kind.value.partition(" ")
    attributes, constants, parameters = ATTRIBUTES.get(name, {}), [], DEFAULTS.get(name, ())
    if kind is CurveKind.PRELU:
        constants = [np.array([0.1, -0.3, 2, 0]).reshape(4, 1, 1)]
        parameters = constants
    elif name == "Pow":
        constants = [float(variant)]
    elif kind is CurveKind.GELU_TANH:
        attributes = {"approximate": "tanh"}
    else:
        parameters = parameters or tuple(attributes.values())
    curve = Curve(kind, tuple(np.asarray(p, np.float32) for p in parameters))
    with np.errstate(all="ignore"):
        y = curve(x)
    assert y.dtype == np.float32
    expected = executor(name, x, constants, attributes).astype(np.float64)
    if curve.approximated:
        assert (np.abs(expected - y) <= curve.margin(y)).all()
    else:
        np.testing.assert_array_equal(y, expected)


@pytest.mark.parametrize("kind", CurveKind)
def test_functions_turn_where_they_are_said_to(kind):
    parameters = [np.float32(0.5)] * {"HardSigmoid": 2, "Selu": 2}.get(kind.value, 1)
    takes = {"Celu", "Elu", "HardSigmoid", "LeakyRelu", "PRelu", "Selu", "ThresholdedRelu"}
    curve = Curve(kind, tuple(map(np.asarray, parameters)) if kind.value in takes else ())
    low = 0.001 if kind in (CurveKind.LOG, CurveKind.SQRT) else -9
    x = np.linspace(low, 9, 20_001, dtype=np.float32)
    pieces = np.split(x, np.searchsorted(x, curve.turns))
    for piece in pieces:
        y = curve(piece).astype(np.float64)
        slack = 4e-7 * (1 + np.abs(y[1:]))
        assert (np.diff(y) >= -slack).all() or (np.diff(y) <= slack).all()
    whole = np.diff(curve(x).astype(np.float64))
    assert bool(curve.turns) == bool((whole < -1e-6).any())


@pytest.mark.parametrize("kind", PLAIN)
@pytest.mark.parametrize("quantiser", [(0.0625, 8, 1), (0.07, 6, 1), (0.5, 4, 0)])
def test_activations_before_a_quantiser(kind, quantiser, tmp_path):
    scale, bits, signed = quantiser
    model = eight_bits()
    model.node(kind, **ATTRIBUTES.get(kind, {}))
    model.quant(scale, bits=bits, signed=signed)
    network = check_risk(model, tmp_path, every())
    assert at_risk(network) <= 12
    last = network.graph[network.outputs[0].node].op
    assert isinstance(last, Table if kind in BENT else Threshold)
    if kind in BENT:
        assert last.values.shape == (1, 256)


@pytest.mark.parametrize("kind", ["Sqrt", "Log"])
def test_activations_of_positive_values(kind, tmp_path):
    model = eight_bits(annotation="UINT8")
    model.node("Add", model.const(0.125))
    model.node(kind)
    model.quant(0.0625, bits=8)
    network = check_risk(model, tmp_path, every(low=0))
    assert isinstance(network.graph[network.outputs[0].node].op, Threshold)


def test_roots_of_negative_values_are_refused(tmp_path):
    model = eight_bits()
    model.node("Sqrt", name="root")
    model.quant(0.0625)
    with pytest.raises(CompileError, match=r"CB324.*'root' has no result"):
        read(model.save(tmp_path))


def test_slopes_for_each_channel(tmp_path):
    for slopes, expected in (([0.1, 0.3], Threshold), ([0.1, -0.3], Table)):
        model = eight_bits()
        model.node("PRelu", model.const(np.array(slopes).reshape(2, 1, 1)))
        model.quant(0.25, bits=6)
        network = check(model, tmp_path, every())
        assert isinstance(network.graph[network.outputs[0].node].op, expected)


def silu(model):
    x = model.last
    model.node("Sigmoid")
    model.node("Mul", x)


def hard_swish(model):
    x = model.last
    model.node("Add", model.const(3.0))
    model.node("Clip", model.const(0.0), model.const(6.0))
    model.node("Div", model.const(6.0))
    model.node("Mul", x)


def gelu(model):
    x = model.last
    model.node("Div", model.const(np.sqrt(2)))
    model.node("Erf")
    model.node("Add", model.const(1.0))
    model.node("Mul", x)
    model.node("Mul", model.const(0.5))


def gelu_of_half(model):
    """One side has been scaled by a power of two before."""
    x = model.last
    model.node("Mul", model.const(0.5))
    half = model.last
    model.node("Div", model.const(np.sqrt(2)), after=x)
    model.node("Erf")
    model.node("Add", model.const(1.0))
    model.node("Mul", half)


def square(model):
    model.node("Mul", model.last)


def softened(model):
    x = model.last
    model.node("Abs")
    model.node("Add", model.const(1.0))
    below = model.last
    model.node("Div", below, after=x)


def cubed(model):
    x = model.last
    model.node("Pow", model.const(3.0))
    model.node("Mul", model.const(0.044715))
    model.node("Add", x)
    model.node("Mul", model.const(0.7978846))
    model.node("Tanh")
    model.node("Add", model.const(1.0))
    model.node("Mul", x)


SPELT = [silu, hard_swish, gelu, gelu_of_half, square, softened, cubed]


@pytest.mark.parametrize("spelling", SPELT)
@pytest.mark.parametrize("scale", [0.0625, 0.07])
def test_a_tensor_joined_with_a_function_of_itself(spelling, scale, tmp_path):
    model = eight_bits()
    spelling(model)
    model.quant(scale, bits=8)
    network = check_risk(model, tmp_path, every())
    assert at_risk(network) <= 8
    assert len(list(network.graph)) == 2


def test_what_is_quantised_before_keeps_the_table_small(tmp_path):
    model = Model((3, 6, 5), "INT4")
    model.conv(np.random.default_rng(1).integers(-7, 8, (4, 3, 3, 3)))
    model.node("Mul", model.const(0.01))
    model.quant(0.25, bits=6, name="before")
    silu(model)
    model.quant(0.125, bits=6, name="after")
    model.conv(np.ones((2, 4, 1, 1)))
    network = check(model, tmp_path, integers(0, (3, 6, 5), -8, 7))
    ops = [type(node.op) for node in network.graph][1:]
    assert ops == [Conv, Threshold, Table, Conv]
    assert network.graph["after"].op.values.shape[1] <= 64


def test_one_quantised_value_is_one_layer_for_all_that_read_it(tmp_path):
    model = Model((3, 6, 5), "INT4")
    model.conv(np.random.default_rng(1).integers(-7, 8, (4, 3, 3, 3)))
    model.quant(8.0, name="before")
    tap = model.last
    model.node("HardSwish")
    model.opset = 14
    model.quant(0.5, name="after", bits=6)
    network = check(model, tmp_path, integers(0, (3, 6, 5), -8, 7), [tap, model.last])
    assert [type(node.op) for node in network.graph][1:] == [Conv, Threshold, Table]


def test_large_sums_take_monotone_functions_only(tmp_path):
    for kind in ("Sigmoid", "Mish"):
        model = Model((8, 6, 5), "INT8", opset=18)
        model.conv(np.full((2, 8, 3, 3), 100.0))
        model.node("Mul", model.const(2.0**-18))
        model.node(kind, name="act")
        model.quant(0.0625, name="q", bits=6)
        if kind == "Sigmoid":
            network = check_risk(model, tmp_path, integers(0, (8, 6, 5), -128, 127))
            assert isinstance(network.graph["q"].op, Threshold)
            continue
        with pytest.raises(CompileError) as caught:
            read(model.save(tmp_path))
        assert str(caught.value) == (
            "error[CB322]: 'act' neither rises nor falls everywhere, and it has 1,836,001 values in"
            " each of 2 channels before it\n"
            "  --> model.onnx: q\n"
            "  help: insert a Quant node before it: 65,536 values, and 8,388,608 in all, are the"
            " most"
        )


def test_steps_at_risk_are_counted_with_the_function(tmp_path):
    """The output of 1 / 2 is half way between two levels."""
    model = eight_bits()
    model.node("Sigmoid", name="act")
    model.quant(1.0, name="q")
    network = check_risk(model, tmp_path, every())
    (note,) = network.notes
    assert note == (
        "2 of 2 steps of 'q' lie within float32 rounding of 'act': there the file's own executor"
        " may round either way"
    )


def test_entries_at_risk_are_counted(tmp_path):
    model = eight_bits()
    silu(model)
    model.quant(2.0**-20, bits=24, name="q")
    with pytest.raises(CompileError, match="CB303"):
        read(model.save(tmp_path))
    model = eight_bits()
    silu(model)
    model.quant(2.0**-12, bits=16, name="q")
    network = check_risk(model, tmp_path, every())
    assert re.match(r"\d+ of 512 entries of 'q' lie within float32 rounding of", network.notes[0])


def test_an_activation_that_ends_the_network_is_noted(tmp_path):
    model = eight_bits()
    model.node("Tanh", name="act")
    network = read(model.save(tmp_path))
    (note,) = network.notes
    assert note == (
        "output 't1' ends in 'act', which the file's own executor approximates: the last bits may"
        " differ"
    )
    found, expected = (
        f[model.last] for f in (ours(network, every()), theirs(model.proto(), every()))
    )
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_a_float_input_through_an_activation_is_noted(tmp_path):
    model = Model(ALL, annotation="", opset=OPSET)
    model.node("Tanh", name="act")
    model.quant(0.25)
    assert "the input passes 'act'" in read(model.save(tmp_path)).notes[0]


def test_a_float_input_is_quantised_before_a_table(tmp_path):
    model = Model(ALL, annotation="", opset=OPSET)
    model.quant(0.125, bits=6)
    model.node("HardSwish")
    model.quant(0.125, bits=6)
    frames = np.random.default_rng(0).normal(0, 3, (3, *ALL)).astype(np.float32)
    network = check(model, tmp_path, frames)
    assert [type(node.op) for node in network.graph][1:] == [Table]
    assert network.notes == ()


def test_maxima_of_what_does_not_rise_are_refused(tmp_path):
    model = eight_bits()
    model.node("Abs", name="act")
    model.node("MaxPool", kernel_shape=[2, 2])
    with pytest.raises(CompileError, match="MaxPool of 'act', which neither rises nor falls"):
        read(model.save(tmp_path))


@pytest.mark.parametrize(("kind", "constants", "attributes", "problem"), [
    ("Pow", [2.5], {}, "Pow with exponent 2.5"),
    ("Gelu", [], {"approximate": "x"}, "Gelu with approximate x"),
    ("Celu", [], {"alpha": -1.0}, "Celu with [-1.0]"),
])  # fmt: skip
def test_activations_that_are_refused(kind, constants, attributes, problem, tmp_path):
    model = eight_bits()
    model.node(kind, *map(model.const, constants), **attributes)
    with pytest.raises(CompileError, match=re.escape(problem)):
        read(model.save(tmp_path))


def look_up(model, table, dtype=np.float32, to=TensorProto.INT64, name="look"):
    model.node("Cast", to=to, name=f"{name}_cast")
    indices = model.last
    model.node("Gather", indices, after=model.const(table, dtype), name=name)


@pytest.mark.parametrize("to", [TensorProto.INT32, TensorProto.INT64])
@pytest.mark.parametrize("scale", [1.0, 0.37])
def test_lookups_of_steps(scale, to, tmp_path):
    model = Model((4, 9, 7))
    model.conv(np.random.default_rng(1).integers(-7, 8, (6, 4, 3, 3)))
    steps = model.const(np.sort(np.random.default_rng(2).integers(-90, 90, (6, 15)), axis=1))
    model.node("MultiThreshold", steps, domain=QONNX, out_dtype="UINT4", name="steps")
    look_up(model, np.random.default_rng(0).integers(-99, 99, 16) * np.float32(scale), to=to)
    network = check(model, tmp_path, integers(0, (4, 9, 7), -8, 7))
    assert [type(node.op) for node in network.graph][1:] == [Conv, Threshold, Table]


@pytest.mark.parametrize("dtype", [np.int8, np.int64])
def test_lookups_of_integers_with_indices_from_the_end(dtype, tmp_path):
    model = Model((4, 9, 7))
    look_up(model, np.random.default_rng(0).integers(-99, 99, 8), dtype)
    model.node("Cast", to=TensorProto.FLOAT)
    model.conv(np.ones((2, 4, 1, 1)))
    network = check(model, tmp_path, integers(0, (4, 9, 7), -8, 7))
    assert [type(node.op) for node in network.graph][1:] == [Table, Conv]


def test_casts_cut_off_fractions(tmp_path):
    model = Model((4, 9, 7))
    model.node("Mul", model.const(0.3))
    look_up(model, np.arange(8) * 3 % 7)
    check(model, tmp_path, integers(0, (4, 9, 7), -8, 7))


def test_lookups_beyond_the_table_are_refused(tmp_path):
    model = Model((4, 9, 7))
    look_up(model, np.arange(7.0))
    with pytest.raises(CompileError, match=r"CB324.*'look' has no result"):
        read(model.save(tmp_path))


def test_integers_of_the_file_are_for_lookups_only(tmp_path):
    model = Model((4, 9, 7))
    model.node("Cast", to=TensorProto.INT64)
    with pytest.raises(CompileError, match="output 't0' is of an integer type"):
        read(model.save(tmp_path))
    model.node("Div", model.const(2, np.int64))
    with pytest.raises(CompileError, match="Div of an integer type is not supported"):
        read(model.save(tmp_path))


def test_two_lookups_of_one_index(tmp_path):
    model = Model((4, 9, 7))
    model.quant(1.0, bits=4, signed=0)
    model.node("Cast", to=TensorProto.INT64)
    index = model.last
    first = model.node("Gather", index, after=model.const(np.arange(16) * 5 % 16))
    second = model.node("Gather", index, after=model.const(np.arange(16) * 3 % 16))
    check(model, tmp_path, integers(0, (4, 9, 7), -8, 7), [first, second])
