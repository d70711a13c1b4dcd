"""What is said about files that cannot be read: the exact text, for the user's eyes."""

import random

import numpy as np
import onnx
import pytest
from onnx import TensorProto

from corgibuilder.diagnostics import CompileError
from corgibuilder.frontend import find_problems, read

from .models import QONNX, Model

MAP = (2, 5, 5)


def complaint(path):
    with pytest.raises(CompileError) as caught:
        read(path)
    assert str(find_problems(path)[0]) == str(caught.value)
    return str(caught.value)


def ones(*shape):
    return np.ones(shape, np.float32)


def test_missing_file(tmp_path):
    path = tmp_path / "net.onnx"
    assert complaint(path) == (
        f"error[CB101]: there is no such file: {path}\n  --> net.onnx\n  help: check the path"
    )


def test_folder(tmp_path):
    assert "this is a folder" in complaint(tmp_path)


def test_large_file(tmp_path, monkeypatch):
    monkeypatch.setattr("corgibuilder.frontend.onnx_file.MAX_BYTES", 1000)
    path = tmp_path / "net.onnx"
    path.write_bytes(b"0" * 1001)
    assert complaint(path) == (
        "error[CB102]: the file has more than 1,000 bytes\n"
        "  --> net.onnx\n"
        "  help: use a smaller network: all its weights have to fit onto a chip"
    )


@pytest.mark.parametrize(
    "content", [b"", b"Dear network, hello\n", b"\x1c\0\0\0TFL3", b"\x89PNG\r\n"]
)
def test_a_file_of_another_kind(content, tmp_path):
    path = tmp_path / "net.onnx"
    path.write_bytes(content)
    assert complaint(path) == (
        "error[CB103]: this is not an ONNX model, or it is cut short\n"
        "  --> net.onnx\n"
        "  help: pass the .onnx file as it was exported; compare its size with the original"
    )


def test_truncated_file(tmp_path):
    model = Model(MAP)
    model.conv(ones(3, 2, 3, 3))
    path = model.save(tmp_path)
    path.write_bytes(path.read_bytes()[:-40])
    assert complaint(path).startswith("error[CB103]: this is not an ONNX model, or it is cut short")


def test_unsupported_operators_are_all_listed(tmp_path):
    model = Model(MAP)
    model.conv(ones(3, 2, 3, 3))
    model.node("Hardmax", name="/head/Hardmax")
    model.node("Softmax", name="/head/Softmax")
    path = model.save(tmp_path)
    assert complaint(path) == (
        "error[CB201]: operator Hardmax is not supported\n"
        "  --> model.onnx: /head/Hardmax\n"
        "  help: replace it by supported layers, or cut the network before it"
    )
    assert [p.at.node for p in find_problems(path)] == ["/head/Hardmax", "/head/Softmax"]


def test_operator_of_a_foreign_domain(tmp_path):
    model = Model(MAP)
    model.node("Conv", domain="com.example", name="c")
    assert "operator Conv of domain com.example is not supported" in complaint(model.save(tmp_path))


def test_float_input_without_quantiser(tmp_path):
    model = Model(MAP, annotation="")
    model.conv(ones(3, 2, 3, 3))
    assert complaint(model.save(tmp_path)) == (
        "error[CB305]: the input is float and reaches 'conv0' without a quantiser\n"
        "  --> model.onnx: input\n"
        "  help: insert a Quant node after the input, or say which integers enter:"
        " --input-type uint8 --input-scale 0.0078125"
    )


def test_sum_without_quantiser_before_a_layer(tmp_path):
    model = Model(MAP)
    model.conv(ones(3, 2, 3, 3))
    model.node("Mul", model.const(0.3), name="scale")
    model.conv(ones(3, 3, 3, 3), name="next")
    assert complaint(model.save(tmp_path)) == (
        "error[CB301]: its result is not an integer times a scale, and 'next' needs integers\n"
        "  --> model.onnx: scale\n"
        "  help: insert a Quant node before 'next'"
    )


def test_float_weights(tmp_path):
    model = Model(MAP)
    model.conv(np.random.default_rng(0).normal(size=(3, 2, 3, 3)), name="c")
    assert complaint(model.save(tmp_path)) == (
        "error[CB307]: its weights are not integers times a scale\n"
        "  --> model.onnx: c\n"
        "  help: quantise the weights with a Quant node"
    )


@pytest.mark.parametrize(("change", "problem"), [
    ({"dilations": [2, 2, 1]}, "dilations (2, 2, 1) of a kernel (3, 3)"),
    ({"dilations": [0, 1]}, "dilations (0, 1) of a kernel (3, 3)"),
    ({"dilations": [20000, 20000], "pads": [20000] * 4}, "by which it has 9,600,480,006 weights"),
    ({"group": 2}, "weights of shape (3, 2, 3, 3) in 2 groups do not fit 2 channels"),
    ({"strides": [0, 1]}, "make no sense"),
    ({"group": "x"}, "attribute 'group' has the wrong type"),
    ({"kernel_shape": [5, 5]}, "make no sense"),
])  # fmt: skip
def test_convolutions_that_are_refused(change, problem, tmp_path):
    model = Model(MAP)
    model.conv(ones(3, 2, 3, 3), **change)
    assert problem in complaint(model.save(tmp_path))


def test_kernel_larger_than_the_map(tmp_path):
    model = Model(MAP)
    model.conv(ones(3, 2, 7, 7))
    assert "a kernel of (7, 7) does not fit a map of 2x5x5" in complaint(model.save(tmp_path))


def test_channels_with_scales_that_cannot_be_summed(tmp_path):
    model = Model(MAP)
    model.conv(ones(2, 2, 1, 1))
    model.quant(np.array([0.1, 0.037]).reshape(1, 2, 1, 1), name="act")
    model.conv(ones(2, 2, 1, 1), name="next")
    assert complaint(model.save(tmp_path)) == (
        "error[CB304]: its output levels are not integer multiples of one scale\n"
        "  --> model.onnx: act\n"
        "  help: use a zero point and clip limits that are multiples of the scale,"
        " and one scale for the whole tensor"
    )


def test_average_that_leaves_out_its_padding(tmp_path):
    model = Model(MAP)
    model.node("AveragePool", kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    assert "does not count its padding" in complaint(model.save(tmp_path))


def test_transposed_map(tmp_path):
    model = Model(MAP)
    model.conv(ones(2, 2, 1, 1))
    model.node("Transpose", perm=[0, 2, 3, 1])
    assert "Transpose of a 2x5x5 tensor by (0, 2, 3, 1)" in complaint(model.save(tmp_path))


def test_scores_of_different_scale_have_no_winner(tmp_path):
    model = Model((5,))
    model.node("MatMul", model.const(ones(5, 3)))
    model.node("Mul", model.const([0.3, 0.4, 0.5]))
    model.node("ArgMax", axis=1, name="top")
    assert "the scores of 'matmul0' are not ordered like their integers" in complaint(
        model.save(tmp_path)
    )


@pytest.mark.parametrize("dims", [(1, 2, "height", 5), (1, 2, 0, 5), (1,)])
def test_inputs_of_open_size(dims, tmp_path):
    model = Model(MAP)
    model.conv(ones(3, 2, 3, 3))
    proto = model.proto()
    shape = onnx.helper.make_tensor_value_info("input", TensorProto.FLOAT, dims)
    proto.graph.input[0].CopyFrom(shape)
    path = tmp_path / "model.onnx"
    path.write_bytes(proto.SerializeToString())
    assert complaint(path).startswith("error[CB109]: its shape")


def test_data_outside_the_file_is_not_followed(tmp_path):
    model = Model(MAP)
    model.conv(ones(3, 2, 3, 3))
    proto = model.proto()
    tensor = proto.graph.initializer[0]
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/hostname")
    tensor.ClearField("raw_data")
    path = tmp_path / "model.onnx"
    path.write_bytes(proto.SerializeToString())
    assert "tensor 'c0' is stored outside the file" in complaint(path)


@pytest.mark.parametrize(
    ("outputs", "problem"),
    [
        (30, "tensor 'c0' does not hold the numbers of its shape (30, 2, 3, 3)"),
        (2**40, "tensor 'c0' has shape (1099511627776, 2, 3, 3), which is more than 16,777,216"),
    ],
)
def test_tensor_that_promises_more_than_it_holds(outputs, problem, tmp_path):
    model = Model(MAP)
    model.conv(ones(3, 2, 3, 3))
    proto = model.proto()
    proto.graph.initializer[0].dims[0] = outputs
    path = tmp_path / "model.onnx"
    path.write_bytes(proto.SerializeToString())
    assert problem in complaint(path)


def test_circle(tmp_path):
    model = Model(MAP)
    model.node("Relu", after="t1")
    model.node("Relu", after="t0")
    assert "CB107" in complaint(model.save(tmp_path))


def test_infinite_scale(tmp_path):
    model = Model(MAP)
    model.node("Mul", model.const(np.inf))
    assert "infinite or not a number" in complaint(model.save(tmp_path))


def test_no_damage_to_a_file_brings_anything_but_a_clear_error(tmp_path):
    model = Model(MAP)
    model.conv(ones(3, 2, 3, 3), ones(3), pads=[1, 1, 1, 1])
    model.node("BatchNormalization", *(model.const(ones(3)) for _ in range(4)))
    model.quant(0.5)
    model.node("MaxPool", kernel_shape=[2, 2], strides=[2, 2])
    model.node("Flatten", axis=1)
    model.node("Unsqueeze", model.const([2], np.int64))
    model.node("Squeeze", model.const([2], np.int64))
    model.node("Gemm", model.const(ones(12, 4)), model.const(ones(4)))
    model.node("MultiThreshold", model.const(ones(4, 3)), domain=QONNX, out_dtype="UINT2")
    model.node("TopK", model.const([1], np.int64), outputs=2, axis=-1)
    path = model.save(tmp_path)
    whole = path.read_bytes()
    rng = random.Random(1)
    for _ in range(400):
        damaged = bytearray(whole)
        for _ in range(rng.randint(1, 3)):
            damaged[rng.randrange(len(whole))] = rng.choice([0, 255, 127, rng.randrange(256)])
        path.write_bytes(damaged)
        find_problems(path)


def test_pools_that_pad_by_their_kernel(tmp_path):
    """Their windows that lie in the padding as a whole have no value, in onnxruntime neither."""
    model = Model(MAP)
    model.node("MaxPool", kernel_shape=[3, 3], pads=[3, 0, 0, 0], name="pool")
    assert complaint(model.save(tmp_path)) == (
        "error[CB202]: MaxPool with pads (3, 0, 0, 0) as large as its kernel (3, 3) is not"
        " supported\n"
        "  --> model.onnx: pool\n"
        "  help: pad by less than the kernel"
    )
