"""Layers that move the values of maps, dilated windows and sequences, against onnxruntime."""

import itertools

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from corgibuilder.diagnostics import CompileError
from corgibuilder.frontend import read, resized
from corgibuilder.frontend.upsample import repeats
from corgibuilder.ir import Conv, DepthToSpace, Pad, Pads, Pool, Threshold, Upsample

from .models import QONNX, Model, check, integers

MAP = (4, 5, 7)
LINE = (4, 17)
PLACES = (
    "half_pixel",
    "pytorch_half_pixel",
    "align_corners",
    "asymmetric",
    "tf_half_pixel_for_nn",
    "half_pixel_symmetric",
    "tf_crop_and_resize",
)
NEAREST = ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")
ACCEPTED = {
    *itertools.product(
        ("half_pixel", "pytorch_half_pixel", "half_pixel_symmetric"),
        ("round_prefer_floor", "round_prefer_ceil"),
    ),
    ("asymmetric", "floor"),
    ("tf_half_pixel_for_nn", "floor"),
}


def weights(*shape, seed=1):
    return np.random.default_rng(seed).integers(-7, 8, shape).astype(np.float32)


def kinds(network):
    return [type(node.op) for node in network.graph][1:]


def refusal(model, tmp_path):
    with pytest.raises(CompileError) as caught:
        read(model.save(tmp_path))
    return str(caught.value)


def resize(model, scales=None, sizes=None, opset=13, **attributes):
    region = model.const(np.zeros(0)) if opset == 11 else ""
    given = model.const([] if scales is None else scales)
    more = [] if sizes is None else [model.const(sizes, np.int64)]
    if sizes is not None and opset > 11:
        given = ""
    model.opset = opset
    model.node("Resize", region, given, *more, **{"mode": "nearest", **attributes})


def executed(place, nearest, factor, rows):
    """What onnxruntime makes of a column of numbered rows."""
    node = helper.make_node(
        "Resize", ["x", "", "scales"], ["y"], mode="nearest",
        coordinate_transformation_mode=place, nearest_mode=nearest,
    )  # fmt: skip
    scales = numpy_helper.from_array(np.array([1, 1, factor, 1], np.float32), "scales")
    shape = (1, 1, rows, 1)
    graph = helper.make_graph(
        [node],
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [scales],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    return session.run(None, {"x": np.arange(rows, dtype=np.float32).reshape(shape)})[0].ravel()


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("nearest", NEAREST)
@pytest.mark.filterwarnings("ignore")
def test_only_what_repeats_pixels_is_an_upsample(place, nearest):
    found = {}
    for factor in (2, 3, 4, 5, 7, 8, 16, 31, 64, 100, 255):
        expected = [
            np.array_equal(
                executed(place, nearest, factor, rows), np.arange(rows * factor) // factor
            )
            for rows in (1, 2, 5, 65535 // factor)
        ]
        found[factor] = repeats(place, nearest, factor)
        assert found[factor] == all(expected) or not found[factor]
        if factor <= 16 and place not in ("align_corners", "tf_crop_and_resize"):
            assert found[factor] == all(expected)
    assert all(found[f] for f in (2, 3, 4, 8)) == ((place, nearest) in ACCEPTED)


@pytest.mark.parametrize(("place", "nearest"), sorted(ACCEPTED))
@pytest.mark.parametrize("opset", [11, 13, 18])
def test_resize_by_scales_and_to_sizes(place, nearest, opset, tmp_path):
    given = {"coordinate_transformation_mode": place, "nearest_mode": nearest, "opset": opset}
    for amount in ({"scales": [1, 1, 2, 3]}, {"sizes": [1, 4, 10, 21]}):
        model = Model(MAP)
        resize(model, **amount, **given)
        model.conv(weights(6, 4, 3, 3), pads=[1, 1, 1, 1])
        network = check(model, tmp_path, integers(0, MAP, -8, 7))
        assert kinds(network) == [Upsample, Conv]
        assert network.fixed == (("resize0",) if "sizes" in amount else ())


@pytest.mark.parametrize(("kind", "opset"), [("Upsample", 7), ("Upsample", 9), ("Resize", 10)])
def test_the_first_versions_of_upsampling(kind, opset, tmp_path):
    model = Model(MAP, opset=opset)
    scales = [1.0, 1.0, 3.0, 2.0]
    if opset == 7:
        model.node(kind, mode="nearest", scales=scales)
    else:
        model.node(kind, model.const(scales), mode="nearest")
    assert kinds(check(model, tmp_path, integers(0, MAP, -8, 7))) == [Upsample]


@pytest.mark.parametrize("scales", ["wide", ["a", "b", "c", "d"], [1.0, 1.0, 2.0], 3.0])
def test_scales_that_are_no_factors(scales, tmp_path):
    model = Model(MAP, opset=7)
    model.node("Upsample", mode="nearest", scales=scales)
    assert "use whole factors for rows and columns" in refusal(model, tmp_path)


def test_resize_of_some_axes(tmp_path):
    model = Model(MAP, opset=18)
    resize(model, scales=[2, 4], opset=18, axes=[3, -2])
    network = check(model, tmp_path, integers(0, MAP, -8, 7))
    assert network.graph["resize0"].op.factors == (4, 2)


def test_functions_of_floats_come_after_what_is_moved(tmp_path):
    model = Model(MAP)
    model.conv(weights(8, 4, 3, 3))
    model.node("Mul", model.const(0.3))
    resize(model, scales=[1, 1, 2, 2])
    model.quant(0.7)
    network = check(model, tmp_path, integers(0, MAP, -8, 7))
    assert kinds(network) == [Conv, Upsample, Threshold]


def test_an_upsampled_network_takes_another_size(tmp_path):
    model = Model(MAP)
    resize(model, scales=[1, 1, 2, 3])
    network = resized(read(model.save(tmp_path)), 9, 6)
    assert network.outputs[0].shape == (4, 12, 27)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"scales": [1, 1, 2, 2], "mode": "linear"}, "Resize with mode linear"),
        ({"scales": [1, 1, 1.5, 2]}, "Resize by [1.0, 1.0, 1.5, 2.0]"),
        ({"scales": [1, 1, 0.5, 0.5]}, "Resize by [1.0, 1.0, 0.5, 0.5]"),
        ({"scales": [1, 2, 2, 2]}, "use whole factors for rows and columns"),
        ({"sizes": [1, 4, 7, 7]}, "Resize by [1.0, 1.0, 1.4, 1.0]"),
        ({"scales": [1, 1, 2]}, "(3,) scales or sizes for axes"),
        (
            {"scales": [1, 1, 2, 2], "nearest_mode": "ceil"},
            "Resize by 2 with coordinate_transformation_mode half_pixel and nearest_mode ceil",
        ),
        (
            {"scales": [1, 1, 2, 2], "coordinate_transformation_mode": "align_corners"},
            "does not repeat each pixel 2 times",
        ),
    ],
)
def test_resizes_that_are_refused(given, problem, tmp_path):
    model = Model(MAP)
    resize(model, **given)
    assert problem in refusal(model, tmp_path)


@pytest.mark.parametrize("mode", ["DCR", "CRD"])
@pytest.mark.parametrize("block", [1, 2, 3])
def test_depth_to_space(mode, block, tmp_path):
    model = Model((18 if block == 3 else 12, 3, 5))
    model.node("DepthToSpace", blocksize=block, mode=mode)
    model.conv(weights(5, model.shape[0] // block**2, 3, 3), pads=[1, 1, 1, 1])
    assert kinds(check(model, tmp_path, integers(0, model.shape, -8, 7))) == [DepthToSpace, Conv]


@pytest.mark.parametrize("mode", ["DCR", "CRD"])
def test_depth_to_space_of_sums_before_their_quantiser(mode, tmp_path):
    """The scale, and what is added, differ between channels that do not become one."""
    model = Model(MAP)
    part = np.repeat([0.5, 2.0], 4) if mode == "CRD" else np.tile([0.5, 2.0], 4)
    real = weights(8, 4, 3, 3) * part.reshape(-1, 1, 1, 1).astype(np.float32)
    scale = model.const(part.reshape(-1, 1, 1, 1))
    name = model.node(
        "Quant", scale, model.const(0.0), model.const(4.0), domain=QONNX,
        after=model.const(real), signed=1, narrow=1, rounding_mode="ROUND",
    )  # fmt: skip
    model.last = "input"
    model.conv(name)
    model.node("Add", model.const((part * 0.3).reshape(1, -1, 1, 1)))
    model.node("DepthToSpace", blocksize=2, mode=mode)
    model.node("Relu")
    model.quant(0.7, signed=0)
    network = check(model, tmp_path, integers(0, MAP, -8, 7))
    assert kinds(network) == [Conv, DepthToSpace, Threshold]


def test_depth_to_space_of_channels_that_differ(tmp_path):
    model = Model(MAP)
    model.node("Add", model.const(np.array([0.1, 0.2, 0.3, 0.4]).reshape(1, 4, 1, 1)))
    model.node("DepthToSpace", blocksize=2)
    assert "the channels that become one have different scales" in refusal(model, tmp_path)


def test_depth_to_space_of_a_quantiser_with_a_scale_for_each_channel(tmp_path):
    model = Model(MAP)
    model.quant(np.array([0.5, 1, 2, 4]).reshape(1, 4, 1, 1))
    model.node("DepthToSpace", blocksize=2)
    model.conv(weights(2, 1, 3, 3))
    check_or_refused = refusal(model, tmp_path)
    assert "CB320" in check_or_refused


@pytest.mark.parametrize(("given", "problem"), [
    ({"blocksize": 3}, "blocks of 3 do not fit 4 channels"),
    ({"blocksize": 0}, "blocks of 0 do not fit 4 channels"),
    ({"blocksize": 2, "mode": "XYZ"}, "DepthToSpace with mode XYZ"),
])  # fmt: skip
def test_blocks_that_are_refused(given, problem, tmp_path):
    model = Model(MAP)
    model.node("DepthToSpace", **given)
    assert problem in refusal(model, tmp_path)


def pad(model, pads, value=0.0, opset=13, axes=None):
    model.opset = opset
    if opset < 11:
        model.node("Pad", mode="constant", pads=pads, value=value)
        return
    more = [] if axes is None else [model.const(axes, np.int64)]
    constant = [model.const(value)] if value or axes else []
    model.node("Pad", model.const(pads, np.int64), *constant, *more, mode="constant")


@pytest.mark.parametrize(("opset", "axes"), [(2, None), (11, None), (13, None), (18, [2, -1])])
@pytest.mark.parametrize("value", [0.0, 3.0, -11.0])
def test_pad(opset, axes, value, tmp_path):
    model = Model(MAP)
    pads = [1, 2, 0, 3] if axes else [0, 0, 1, 2, 0, 0, 0, 3]
    pad(model, pads, value, opset, axes)
    padded = model.last
    model.node("MaxPool", kernel_shape=[2, 2])
    network = check(model, tmp_path, integers(0, MAP, -8, 7), [padded, model.last])
    assert network.graph["pad0"].op == Pad(
        pads=Pads(top=1, left=2, bottom=0, right=3), value=int(value)
    )


@pytest.mark.parametrize("scale", [2.0, 0.3])
def test_pad_of_a_scaled_value(scale, tmp_path):
    model = Model(MAP)
    model.quant(scale, bits=5)
    pad(model, [0, 0, 1, 1, 0, 0, 1, 1], float(np.float32(scale) * 3))
    network = check(model, tmp_path, integers(0, MAP, -8, 7))
    assert network.graph["pad1"].op.value == 3


def test_averages_and_maxima_of_a_padded_map(tmp_path):
    for kind in ("AveragePool", "MaxPool"):
        model = Model(MAP)
        pad(model, [0, 0, 1, 1, 0, 0, 1, 1])
        model.node(kind, kernel_shape=[3, 3])
        assert kinds(check(model, tmp_path, integers(0, MAP, -8, -1))) == [Pad, Pool]


@pytest.mark.parametrize(("pads", "value", "problem"), [
    ([0, 0, -1, 0, 0, 0, 0, 0], 0.0, "it can cut nothing off"),
    ([0, 1, 0, 0, 0, 0, 0, 0], 0.0, "Pad of channels"),
    ([0, 0, 1, 0, 0, 0, 0, 0], 0.3, "it pads with 0.3, for which its input has no integer"),
    ([0, 0, 1, 0, 0, 0], 0.0, "pads of shape (6,)"),
])  # fmt: skip
def test_pads_that_are_refused(pads, value, problem, tmp_path):
    model = Model(MAP)
    pad(model, pads, value)
    assert problem in refusal(model, tmp_path)


def test_reflections_are_refused(tmp_path):
    model = Model(MAP)
    model.node("Pad", model.const([0, 0, 1, 1, 0, 0, 1, 1], np.int64), mode="reflect")
    assert "Pad with mode reflect is not supported" in refusal(model, tmp_path)


@pytest.mark.parametrize(
    "attributes",
    [
        {"dilations": [2, 2]},
        {"dilations": [1, 3], "pads": [1, 3, 1, 3]},
        {"dilations": [2, 1], "strides": [2, 2], "pads": [2, 0, 1, 1], "group": 2},
        {"dilations": [2, 3], "auto_pad": "VALID"},
    ],
)
def test_dilated_convolutions(attributes, tmp_path):
    shape = (4, 9, 11)
    model = Model(shape)
    model.conv(weights(6, 4 // attributes.get("group", 1), 3, 3), weights(6), **attributes)
    model.quant(8.0)
    check(model, tmp_path, integers(0, shape, -8, 7))


def test_dilated_weights_keep_their_scale(tmp_path):
    model = Model((4, 9, 11))
    real = np.random.default_rng(4).normal(0, 2, (6, 4, 3, 3))
    scale = model.const(np.array([0.5, 0.25, 0.125, 1, 2, 0.5]).reshape(6, 1, 1, 1))
    name = model.node(
        "Quant", scale, model.const(0.0), model.const(4.0), domain=QONNX,
        after=model.const(real), signed=1, narrow=1, rounding_mode="ROUND",
    )  # fmt: skip
    model.last = "input"
    model.conv(name, dilations=[3, 2])
    network = check(model, tmp_path, integers(0, model.shape, -8, 7))
    assert network.notes == ()


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"pads": [1, 2], "strides": [2]},
        {"dilations": [3], "group": 2},
        {"auto_pad": "SAME_UPPER", "strides": [2]},
    ],
)
def test_convolution_of_sequences(attributes, tmp_path):
    model = Model(LINE)
    model.conv(weights(6, 4 // attributes.get("group", 1), 3), weights(6), **attributes)
    batch = [np.array([1.3, -0.7, 0.5, 2, 1, -1]), *np.random.default_rng(0).normal(size=(2, 6))]
    model.node("BatchNormalization", *map(model.const, (*batch, np.full(6, 99.0))))
    model.quant(np.array([0.25, 0.5, 1, 0.25, 0.5, 1]).reshape(1, 6, 1))
    network = check(model, tmp_path, integers(0, LINE, -8, 7))
    assert network.graph.type("conv0").shape.height == 1


@pytest.mark.parametrize(
    ("kind", "attributes"),
    [
        ("MaxPool", {"kernel_shape": [3], "strides": [2], "pads": [1, 0]}),
        ("AveragePool", {"kernel_shape": [3], "strides": [2]}),
        ("AveragePool", {"kernel_shape": [2], "pads": [1, 1], "count_include_pad": 1}),
        ("GlobalAveragePool", {}),
        ("GlobalMaxPool", {}),
        ("ReduceMean", {"axes": [2], "keepdims": 0}),
        ("ReduceMean", {"axes": [-1], "keepdims": 1}),
    ],
)
def test_pools_of_sequences(kind, attributes, tmp_path):
    model = Model(LINE)
    model.node(kind, **attributes)
    average = model.last
    model.quant(0.5)
    check(model, tmp_path, integers(0, LINE, -8, 7), [average, model.last])


def test_a_sequence_through_everything(tmp_path):
    model = Model(LINE)
    model.node("Pad", model.const([0, 0, 2, 0, 0, 1], np.int64), model.const(1.0))
    resize(model, scales=[1, 1, 3])
    model.conv(weights(6, 4, 3))
    model.quant(4.0)
    model.node("Unsqueeze", model.const([2], np.int64))
    model.conv(weights(5, 6, 1, 3))
    model.node("Squeeze", model.const([2], np.int64))
    model.node("MaxPool", kernel_shape=[2], strides=[2])
    check(model, tmp_path, integers(0, LINE, -8, 7))


def test_a_float_sequence_is_quantised_as_it_enters(tmp_path):
    model = Model(LINE, annotation="")
    model.quant(np.array([0.25, 0.5, 0.25, 1]).reshape(1, 4, 1))
    model.conv(weights(6, 1, 3)[:4], group=4)
    frames = np.random.default_rng(0).normal(0, 2, (3, *LINE)).astype(np.float32)
    check(model, tmp_path, frames)


def test_sequences_of_another_length_have_one_row(tmp_path):
    model = Model(LINE)
    model.conv(weights(6, 4, 3))
    network = read(model.save(tmp_path))
    longer = resized(network, 40, 1)
    assert (longer.inputs[0].shape, longer.outputs[0].shape) == ((4, 40), (6, 38))
    with pytest.raises(CompileError, match="sequences, which have one row, not 2"):
        resized(network, 40, 2)


def test_a_sequence_inside_ties_maps_to_their_size(tmp_path):
    model = Model((4, 1, 17))
    model.node("Squeeze", model.const([2], np.int64))
    model.conv(weights(6, 4, 3), name="line")
    network = check(model, tmp_path, integers(0, model.shape, -8, 7))
    with pytest.raises(CompileError, match="ties the network to images of 17x1"):
        resized(network, 17, 2)


def test_layers_of_other_dimensions_are_refused(tmp_path):
    model = Model(LINE)
    model.conv(weights(6, 4, 3, 3))
    assert "use one- or two-dimensional convolutions" in refusal(model, tmp_path)
    model = Model(LINE)
    model.node("MaxPool", kernel_shape=[2, 2])
    assert "use one- or two-dimensional layers" in refusal(model, tmp_path)
    model = Model(MAP)
    model.conv(weights(6, 4, 3, 3), auto_pad="SAME_UPPER", dilations=[2, 2])
    assert "Conv with auto_pad SAME_UPPER" in refusal(model, tmp_path)
    model = Model(MAP)
    model.node("MaxPool", kernel_shape=[2, 2], dilations=[2, 1])
    assert "MaxPool with dilations (2, 1)" in refusal(model, tmp_path)
