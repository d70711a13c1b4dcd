"""The inputs of a file: several of them, each with its own type and shape."""

from fractions import Fraction

import numpy as np
import onnx
import pytest

from corgibuilder.diagnostics import CompileError
from corgibuilder.frontend import find_problems, read, resized
from corgibuilder.ir import InputType, QInt

from .models import Model, check, integers, ours, theirs

MAP = (2, 4, 5)
LARGE = (1, 8, 10)


def weights(*shape):
    return np.random.default_rng(sum(shape)).integers(-3, 4, shape)


def two(join="Add", first="UINT4", second="INT3"):
    """A map and a larger one, whose branches meet."""
    model = Model(MAP, annotation=first, others={"right": (LARGE, second)})
    a = model.conv(weights(3, 2, 3, 3), pads=[1, 1, 1, 1], after="input", name="a")
    a = model.quant(2.0, bits=3, after=a, name="qa")
    b = model.conv(weights(3, 1, 2, 2), strides=[2, 2], after="right", name="b")
    b = model.quant(1.0, bits=4, signed=0, after=b, name="qb")
    more = {"axis": 1} if join == "Concat" else {}
    model.node(join, b, after=a, name="join", **more)
    return model


def frames(first=(0, 15), second=(-4, 3)):
    return {"input": integers(1, MAP, *first), "right": integers(2, LARGE, *second)}


@pytest.mark.parametrize("join", ["Add", "Sub", "Concat"])
def test_branches_of_two_inputs(join, tmp_path):
    network = check(two(join), tmp_path, frames())
    assert [(port.name, port.shape) for port in network.inputs] == [
        ("input", MAP),
        ("right", LARGE),
    ]
    types = [network.graph.type(port.node).range for port in network.inputs]
    assert types == [QInt(0, 15), QInt(-4, 3)]


def test_floats_with_a_quantiser_each_keep_the_order_of_the_file(tmp_path):
    model = Model(MAP, annotation="", others={"right": (MAP, "")})
    b = model.quant(0.5, bits=4, after="right", name="qb")
    a = model.quant(0.25, bits=3, signed=0, after="input", name="qa")
    model.node("Add", a, after=b)
    model.conv(weights(2, 2, 2, 2))
    rng = np.random.default_rng(3)
    given = {name: rng.normal(0, 2, (2, *MAP)).astype(np.float32) for name in ("input", "right")}
    network = check(model, tmp_path, given)
    assert [port.name for port in network.inputs] == ["input", "right"]


def test_an_input_of_several_layers_and_another_of_one(tmp_path):
    model = Model(MAP, annotation="UINT3", others={"right": (MAP, "UINT2")})
    a = model.conv(weights(2, 2, 3, 3), pads=[1, 1, 1, 1], after="input")
    b = model.node("Add", "input", after=a)
    model.node("Concat", "right", after=b, axis=1)
    given = {"input": integers(1, MAP, 0, 7), "right": integers(2, MAP, 0, 3)}
    check(model, tmp_path, given)


def test_an_initializer_is_no_input(tmp_path):
    proto = two().proto()
    for tensor in proto.graph.initializer:
        info = onnx.helper.make_tensor_value_info(tensor.name, 1, list(tensor.dims))
        proto.graph.input.append(info)
    path = tmp_path / "net.onnx"
    path.write_bytes(proto.SerializeToString())
    assert [port.name for port in read(path).inputs] == ["input", "right"]


def complaint(proto, tmp_path, **options):
    path = tmp_path / "net.onnx"
    path.write_bytes(proto.SerializeToString())
    (problem,) = find_problems(path, **options)
    return str(problem)


def test_two_inputs_of_one_name(tmp_path):
    proto = two().proto()
    proto.graph.input.append(proto.graph.input[0])
    assert complaint(proto, tmp_path) == (
        "error[CB108]: 2 inputs have the name 'input'\n"
        "  --> net.onnx: input\n"
        "  help: give every input a name of its own"
    )


def test_no_inputs(tmp_path):
    proto = two().proto()
    del proto.graph.input[:]
    assert complaint(proto, tmp_path).startswith("error[CB108]: the network has no inputs\n")


@pytest.mark.parametrize("kind", [onnx.TensorProto.FLOAT, onnx.TensorProto.INT8], ids=str)
def test_an_input_that_nothing_reads(kind, tmp_path):
    proto = two().proto()
    unread = onnx.helper.make_tensor_value_info("mask", kind, (1, 4))
    proto.graph.input.append(unread)
    assert complaint(proto, tmp_path) == (
        "error[CB108]: no output depends on this input\n"
        "  --> net.onnx: mask\n"
        "  help: remove it from the inputs of the file"
    )


def test_an_input_that_only_a_dead_node_reads(tmp_path):
    model = Model(MAP, others={"right": (LARGE, "INT3")})
    kept = model.conv(weights(2, 2, 1, 1), after="input")
    model.conv(weights(1, 1, 2, 2), after="right", name="dead")
    assert "no output depends on this input" in complaint(model.proto([kept]), tmp_path)


@pytest.mark.parametrize("side", [0, "rows"])
def test_an_input_of_unknown_size(side, tmp_path):
    proto = two().proto()
    dim = proto.graph.input[1].type.tensor_type.shape.dim[2]
    if side:
        dim.dim_param = side
    else:
        dim.dim_value = side
    shown = side or "?"
    assert complaint(proto, tmp_path) == (
        f"error[CB109]: its shape (1, 1, {shown}, 10) is not fixed, or has no batch dimension\n"
        "  --> net.onnx: right\n"
        "  help: export the network with a fixed image size; only the batch may be open"
    )


def test_batches_of_different_size(tmp_path):
    proto = two().proto()
    dim = proto.graph.input[1].type.tensor_type.shape.dim[0]
    dim.dim_value = 4
    assert complaint(proto, tmp_path).startswith(
        "error[CB109]: its inputs have different numbers of frames: 1 at 'input', 4 at 'right'\n"
    )
    dim.dim_param = "N"
    path = tmp_path / "net.onnx"
    path.write_bytes(proto.SerializeToString())
    assert len(read(path).inputs) == 2


def test_one_float_without_a_quantiser(tmp_path):
    text = complaint(two(second="").proto(), tmp_path)
    assert text.startswith("error[CB305]: the input is float and reaches 'b' without a quantiser\n")
    assert "--> net.onnx: right\n" in text


@pytest.mark.parametrize("name", [None, "right"])
def test_a_type_for_what_the_file_leaves_open(name, tmp_path):
    model = two(second="")
    network = read(model.save(tmp_path), input_type=InputType("int3", Fraction(1, 2), name))
    given = frames()
    given["right"] = given["right"] / 2
    assert network.graph.type("right").range == QInt(-4, 3)
    assert network.graph.type("input").range == QInt(0, 15)
    for output, value in ours(network, given).items():
        np.testing.assert_array_equal(value, theirs(model.proto(), given)[output])


def test_a_type_for_all(tmp_path):
    model = two(first="", second="")
    network = read(model.save(tmp_path), input_type=InputType("int2"))
    assert {network.graph.type(p.node).range for p in network.inputs} == {QInt(-2, 1)}


def test_a_type_for_one_leaves_the_other_open(tmp_path):
    proto = two(first="", second="").proto()
    given = InputType("uint4", input="input")
    assert "--> net.onnx: right" in complaint(proto, tmp_path, input_type=given)


def test_a_type_for_an_input_that_says_it_itself(tmp_path):
    text = complaint(two().proto(), tmp_path, input_type=InputType("uint4", input="right"))
    assert text.startswith("error[CB115]: the file itself says that it holds integers -4..3\n")
    assert "--> net.onnx: right\n" in text


def test_a_type_for_an_input_that_is_not_there(tmp_path):
    text = complaint(two().proto(), tmp_path, input_type=InputType("uint4", input="rihgt"))
    assert text == (
        "error[CB116]: there is no input 'rihgt' to be of type uint4\n"
        "  --> net.onnx\n"
        "  help: name one of its inputs: input, right"
    )


def test_several_inputs_keep_their_sizes(tmp_path):
    network = read(two().save(tmp_path))
    with pytest.raises(CompileError) as caught:
        resized(network, 5, 4)
    assert str(caught.value) == (
        "error[CB401]: it is one of 2 inputs, and of a network with several all keep their sizes in"
        " the file\n"
        "  --> model.onnx: input\n"
        "  help: export the network for that size, or make one input of them"
    )
