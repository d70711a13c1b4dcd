"""Every layer and quantiser that is read, against qonnx and onnxruntime, bit for bit."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corgibuilder.frontend import read
from corgibuilder.ir import Clamp, Conv, Pool, QInt, Threshold

from .models import QONNX, Model, check, integers, ours, theirs

MAP = (4, 9, 7)
THRESHOLDS = np.sort(np.random.default_rng(9).normal(0, 40, (6, 7)).astype(np.float32), axis=1)


def weights(*shape, low=-7, high=7, seed=1):
    return np.random.default_rng(seed).integers(low, high, shape, endpoint=True).astype(np.float32)


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"pads": [1, 1, 1, 1]},
        {"pads": [0, 1, 2, 0], "strides": [2, 1]},
        {"strides": [2, 3]},
        {"auto_pad": "SAME_UPPER", "strides": [2, 2]},
        {"auto_pad": "SAME_LOWER"},
        {"auto_pad": "VALID"},
        {"pads": [0, 0, 1, 1], "strides": [2, 2]},
        {"pads": [3, 0, 1, 5]},
        {"pads": [4, 1, 0, 3], "strides": [2, 3]},
        {"pads": [5, 2, 6, 0], "dilations": [2, 1]},
    ],
)
def test_convolution_moves_as_onnxruntime_does(attributes, tmp_path):
    model = Model(MAP)
    model.conv(weights(6, 4, 3, 3), weights(6), **attributes)
    check(model, tmp_path, integers(0, MAP, -8, 7))


@pytest.mark.parametrize(
    ("shape", "group"), [((6, 2, 3, 2), 2), ((4, 1, 3, 3), 4), ((8, 1, 1, 1), 4)]
)
def test_groups_and_depthwise(shape, group, tmp_path):
    model = Model(MAP)
    model.conv(weights(*shape), group=group, pads=[1, 0, 1, 0] if shape[2] > 1 else [0] * 4)
    model.quant(8.0)
    check(model, tmp_path, integers(0, MAP, -8, 7))


@pytest.mark.parametrize(("scale", "bias"), [(1.0, 0.0), (2.0, -1.0), (0.5, 3.0), (-1.0, 2.0)])
@pytest.mark.parametrize("rows", [1, 6])
def test_multithreshold_with_scale_and_bias(scale, bias, rows, tmp_path):
    model = Model(MAP)
    model.conv(weights(6, 4, 3, 3))
    model.node(
        "MultiThreshold",
        model.const(THRESHOLDS[:rows]),
        domain=QONNX,
        out_scale=scale,
        out_bias=bias,
        out_dtype="INT4",
    )
    model.conv(weights(3, 6, 1, 1))
    check(model, tmp_path, integers(0, MAP, -8, 7))


@pytest.mark.parametrize("mode", [
    "ROUND", "CEIL", "FLOOR", "UP", "DOWN", "HALF_UP", "HALF_DOWN", "half_even",
])  # fmt: skip
@pytest.mark.parametrize(("signed", "narrow"), [(1, 0), (1, 1), (0, 0), (0, 1)])
def test_quant_rounds_as_qonnx_does(mode, signed, narrow, tmp_path):
    model = Model(MAP)
    model.conv(weights(6, 4, 3, 3))
    model.quant(8.0, signed=signed, narrow=narrow, mode=mode)
    network = check(model, tmp_path, integers(0, MAP, -8, 7))
    assert network.notes == ()


@pytest.mark.parametrize("zero", [0.0, 3.0, -2.0, 0.5])
def test_zero_points_are_absorbed(zero, tmp_path):
    model = Model(MAP)
    model.conv(weights(6, 4, 3, 3))
    model.quant(4.0, zero, bits=3)
    model.conv(weights(5, 6, 3, 3), pads=[1, 1, 1, 1])
    network = check(model, tmp_path, integers(0, MAP, -8, 7))
    assert [type(n.op) for n in network.graph][1:] == [Conv, Threshold, Conv]


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int8, np.uint8, np.int32, np.int64])
def test_quant_parameters_of_any_type_promote_as_in_numpy(dtype, tmp_path):
    model = Model(MAP)
    model.conv(weights(6, 4, 3, 3) * np.float32(0.3))
    scale = model.const(0.7, np.float64 if dtype == np.float64 else np.float32)
    model.node(
        "Quant", scale, model.const(1, dtype), model.const(4, np.int64), domain=QONNX,
        signed=1, narrow=0, rounding_mode="ROUND",
    )  # fmt: skip
    path = model.save(tmp_path)
    frames = integers(0, MAP, -8, 7)
    network = read(path)
    if "steps" not in "".join(network.notes):
        np.testing.assert_array_equal(
            ours(network, frames)[model.last], theirs(model.proto(), frames)[model.last]
        )


def test_one_bit_quant_and_bipolar_quant(tmp_path):
    model = Model(MAP)
    model.conv(weights(6, 4, 3, 3))
    model.quant(0.5, bits=1)
    model.conv(weights(6, 6, 1, 1))
    model.node("BipolarQuant", model.const(2.0), domain=QONNX)
    model.conv(weights(6, 6, 3, 3), pads=[1, 1, 1, 1])
    check(model, tmp_path, integers(0, MAP, -8, 7))


def test_values_that_are_all_odd_have_a_step_of_two(tmp_path):
    model = Model(MAP, annotation="BIPOLAR")
    model.conv(weights(6, 4, 3, 3))
    model.node("BipolarQuant", model.const(0.5), domain=QONNX, name="sign")
    model.conv(weights(6, 6, 1, 1))
    steps = model.const(np.arange(-3, 4)[None] * 3)
    model.node(
        "MultiThreshold", steps, domain=QONNX, out_dtype="INT4", out_scale=2.0, out_bias=-7.0,
        name="odd",
    )  # fmt: skip
    model.conv(weights(6, 6, 1, 1))
    frames = np.random.default_rng(4).choice([-1.0, 1.0], (3, *MAP)).astype(np.float32)
    check(model, tmp_path, frames)
    graph = read(model.save(tmp_path)).graph
    ranges = [graph.type(name).range for name in ("input", "sign", "odd")]
    assert ranges[:2] == [QInt(-1, 1, step=2)] * 2
    assert ranges[2].step == 2


def test_a_float_input_of_two_values_takes_one_bit(tmp_path):
    model = Model(MAP, annotation="")
    model.node("BipolarQuant", model.const(0.5), domain=QONNX)
    model.conv(weights(6, 4, 3, 3))
    frames = np.random.default_rng(4).normal(size=(3, *MAP)).astype(np.float32)
    check(model, tmp_path, frames)
    graph = read(model.save(tmp_path)).graph
    assert graph.type(next(iter(graph)).name).range == QInt(-1, 1, step=2)


@pytest.mark.parametrize("mode", ["FLOOR", "ROUND", "CEIL"])
@pytest.mark.parametrize("parameters", [(1.0, 0.0, 10.0, 4.0), (2.0, 8.0, 10.0, 16.0, 4.0)])
def test_both_versions_of_trunc(mode, parameters, tmp_path):
    model = Model(MAP)
    model.conv(weights(6, 4, 3, 3))
    model.node("Trunc", *map(model.const, parameters), domain=QONNX, rounding_mode=mode)
    model.conv(weights(2, 6, 1, 1))
    check(model, tmp_path, integers(0, MAP, -8, 7))


def test_batch_norm_with_negative_and_zero_gamma(tmp_path):
    model = Model(MAP)
    model.conv(weights(6, 4, 3, 3))
    batch_norm(model, gamma=[1.3, -0.7, 0.0, 2.1, -1.9, 0.01])
    model.node("Relu")
    model.quant(0.25, signed=0)
    model.conv(weights(2, 6, 1, 1))
    network = check(model, tmp_path, integers(0, MAP, -8, 7))
    assert sum(isinstance(n.op, Conv) for n in network.graph) == 2


def batch_norm(model, gamma):
    rng = np.random.default_rng(3)
    count = len(gamma)
    statistics = [
        gamma,
        rng.normal(size=count),
        rng.normal(0, 20, count),
        rng.uniform(9, 900, count),
    ]
    model.node("BatchNormalization", *map(model.const, statistics), epsilon=1e-3)


def test_falling_branch_of_a_shared_sum_gets_its_own_signs(tmp_path):
    model = Model(MAP)
    total = model.conv(weights(6, 4, 3, 3))
    model.node("Mul", model.const(-0.25))
    falling = model.quant(1.0)
    model.last = total
    rising = model.quant(8.0)
    network = check(model, tmp_path, integers(0, MAP, -8, 7), [falling, rising])
    assert "conv0_negated" in network.graph


def test_batch_norm_is_bit_identical_to_onnxruntime():
    """All accumulators of 16 bits, float32 to float32."""
    from corgibuilder.frontend.elementwise import batch_norm as formula

    model = Model((64, 1, 1), annotation="")
    rng = np.random.default_rng(0)
    gamma, beta, mean = rng.normal(0, 3, (3, 64)).astype(np.float32)
    variance = rng.uniform(0.1, 1000, 64).astype(np.float32)
    names = [model.const(v) for v in (gamma, beta, mean, variance)]
    model.node("BatchNormalization", *names, epsilon=9.999999747378752e-06)
    x = np.arange(-(2**15), 2**15, dtype=np.float32).reshape(1024, 64, 1, 1)
    proto = model.proto()
    proto.graph.input[0].type.tensor_type.shape.dim[0].dim_param = "N"
    expected = theirs(proto, [x.reshape(1024, 64, 1, 1)[i] for i in range(0, 1024, 64)])
    shaped = [v[:, None, None] for v in (gamma, beta, mean, variance)]
    operation = formula(*shaped, 9.999999747378752e-06)
    np.testing.assert_array_equal(operation(x[::64]), expected[model.last])


def test_chain_of_quants_and_relu_is_one_step_function(tmp_path):
    model = Model(MAP)
    model.conv(weights(6, 4, 3, 3))
    model.quant(4.0, bits=5)
    model.node("Relu")
    model.quant(8.0, signed=0)
    model.quant(8.0, bits=3)
    network = check(model, tmp_path, integers(0, MAP, -8, 7))
    assert [type(n.op) for n in network.graph][1:] == [Conv, Threshold]


@pytest.mark.parametrize(("opset", "limits"), [(6, None), (13, (0.0, 6.0)), (13, (-3.0, None))])
def test_clip(opset, limits, tmp_path):
    model = Model(MAP, opset=opset)
    model.conv(weights(6, 4, 3, 3))
    if limits is None:
        model.node("Clip", min=-5.0, max=9.0)
    else:
        model.node("Clip", *("" if v is None else model.const(v) for v in limits))
    model.conv(weights(2, 6, 1, 1))
    network = check(model, tmp_path, integers(0, MAP, -8, 7))
    assert isinstance(network.graph["clip1"].op, Clamp)


@pytest.mark.parametrize(
    "attributes",
    [
        {"kernel_shape": [2, 2], "strides": [2, 2]},
        {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]},
        {"kernel_shape": [3, 2], "strides": [1, 2], "pads": [2, 0, 1, 1]},
    ],
)
def test_max_pool_of_sums_and_of_activations(attributes, tmp_path):
    model = Model(MAP)
    model.conv(weights(6, 4, 3, 3))
    model.node("MaxPool", **attributes)
    batch_norm(model, gamma=[1.3, -0.7, 0.2, 2.1, -1.9, 0.01])
    model.quant(0.25)
    model.node("MaxPool", kernel_shape=[2, 2])
    check(model, tmp_path, integers(0, MAP, -8, 7))


def test_max_pool_after_a_falling_function(tmp_path):
    model = Model(MAP)
    model.conv(weights(6, 4, 3, 3))
    batch_norm(model, gamma=[1.3, -0.7, 0.2, 2.1, -1.9, 0.01])
    model.node("MaxPool", kernel_shape=[2, 2])
    model.quant(0.25)
    check(model, tmp_path, integers(0, MAP, -8, 7))


@pytest.mark.parametrize(
    ("kind", "attributes"),
    [
        ("AveragePool", {"kernel_shape": [3, 3]}),
        ("AveragePool", {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "count_include_pad": 1}),
        ("AveragePool", {"kernel_shape": [2, 2], "strides": [2, 2]}),
        ("GlobalAveragePool", {}),
        ("GlobalMaxPool", {}),
        ("ReduceMean", {"axes": [2, 3], "keepdims": 1}),
        ("ReduceMean", {"axes": [-1, 2], "keepdims": 0}),
    ],
)
def test_averages_divide_as_onnxruntime_does(kind, attributes, tmp_path):
    model = Model(MAP, annotation="INT8")
    model.node(kind, **attributes)
    average = model.last
    model.quant(2.0)
    check(model, tmp_path, integers(0, MAP, -128, 127, 8), [average, model.last])


def test_average_of_a_power_of_two_needs_no_quantiser(tmp_path):
    model = Model(MAP)
    model.node("AveragePool", kernel_shape=[2, 2], strides=[2, 2])
    model.conv(weights(3, 4, 1, 1))
    check(model, tmp_path, integers(0, MAP, -8, 7))


@pytest.mark.parametrize("transposed", [0, 1])
def test_gemm_on_a_flattened_map(transposed, tmp_path):
    model = Model((3, 4, 5))
    model.node("Flatten")
    shape = (7, 60) if transposed else (60, 7)
    model.node("Gemm", model.const(weights(*shape)), model.const(weights(7)), transB=transposed)
    batch_norm(model, gamma=[1.0, 2.0, -3.0, 0.5, 1.0, 1.0, -1.0])
    model.quant(0.5)
    network = check(model, tmp_path, integers(0, (3, 4, 5), -8, 7))
    assert network.graph["gemm1"].op.window.kernel == (4, 5)


def test_powers_of_two_per_channel_are_exact_and_leave_no_note(tmp_path):
    model = Model(MAP)
    weight = quantised_weights(model, np.array([0.5, 0.25, 0.125, 1, 2, 0.5]).reshape(6, 1, 1, 1))
    model.conv(weight, [1.5, -0.25, 0.125, 3, 4, -7.5])
    model.quant(np.array([1, 2, 0.5, 0.25, 4, 1]).reshape(1, 6, 1, 1), bits=5)
    model.conv(weights(3, 6, 1, 1))
    network = check(model, tmp_path, integers(0, MAP, -8, 7))
    assert network.notes == ()


@pytest.mark.parametrize(("bias", "noted"), [(2.0**-8, False), (2.0**-20, True)])
def test_a_bias_between_the_sums_is_exact_where_float32_holds_both(bias, noted, tmp_path):
    model = Model(MAP, "INT8")
    model.conv(weights(6, 4, 3, 3), np.full(6, bias))
    model.quant(1.0, 0.5, bits=8)
    path = model.save(tmp_path)
    assert bool(read(path).notes) == noted
    if not noted:
        check(model, tmp_path, integers(0, MAP, -128, 127))


def quantised_weights(model, scale):
    """The name of a Quant's output on constants; the chain goes on from the input."""
    real = np.random.default_rng(4).normal(0, 2, (6, 4, 3, 3))
    name = model.node(
        "Quant", model.const(scale), model.const(0.0), model.const(4.0), domain=QONNX,
        after=model.const(real), signed=1, narrow=1, rounding_mode="ROUND",
    )  # fmt: skip
    model.last = "input"
    return name


def test_other_scales_agree_but_for_the_steps_that_the_note_counts(tmp_path):
    model = Model(MAP)
    weight = quantised_weights(model, np.array([0.1, 0.3, 0.07, 0.9, 0.5, 0.2]).reshape(6, 1, 1, 1))
    model.conv(weight)
    model.quant(0.77, signed=0, name="act")
    network = read(model.save(tmp_path))
    frames = integers(0, MAP, -8, 7, 20)
    got = ours(network, frames)[model.last]
    expected = theirs(model.proto(), frames)[model.last]
    if not network.notes:
        np.testing.assert_array_equal(got, expected)
    assert np.abs(got - expected).max() <= np.float32(0.771)
    assert (got != expected).mean() < 0.01


def test_scales_that_round_are_noted(tmp_path):
    """A step exactly at an integer sum: 0.3 * 5 / 1.5 in float32 may round to either side."""
    model = Model((2, 3, 3))
    weight = model.node(
        "Quant", model.const(0.3), model.const(0.0), model.const(4.0), domain=QONNX,
        after=model.const(weights(1, 2, 3, 3) * 0.3), signed=1, narrow=1, rounding_mode="ROUND",
    )  # fmt: skip
    model.last = "input"
    model.conv(weight)
    model.quant(0.6, bits=4, name="act")
    (note,) = read(model.save(tmp_path)).notes
    assert note == (
        "15 of 15 steps of 'act' lie within float32 rounding of the sums of 'conv1':"
        " there the file's own executor may round either way"
    )


def test_equal_and_missing_names_become_unique(tmp_path):
    model = Model(MAP)
    model.conv(weights(4, 4, 1, 1), name="layer")
    model.quant(8.0, name="layer")
    model.conv(weights(4, 4, 1, 1), name="")
    model.quant(8.0, name="input")
    network = check(model, tmp_path, integers(0, MAP, -8, 7))
    assert [n.name for n in network.graph] == ["input", "layer", "layer_2", "Conv_2", "input_2"]


def test_reshape_by_the_shape_of_the_tensor(tmp_path):
    model = Model((3, 2, 2))
    size = model.node("Shape", after="input")
    batch = model.node("Gather", model.const(0, np.int64), after=size, axis=0)
    batch = model.node("Unsqueeze", model.const([0], np.int64), after=batch)
    shape = model.node("Concat", model.const([-1], np.int64), after=batch, axis=0)
    model.node("Reshape", shape, after="input")
    model.node("MatMul", model.const(weights(12, 3)))
    check(model, tmp_path, integers(0, (3, 2, 2), -8, 7))


@pytest.mark.parametrize("kind", ["TopK", "ArgMax"])
def test_the_first_of_equal_classes_wins(kind, tmp_path):
    model = Model((5,), annotation="INT2")
    model.node("MatMul", model.const(weights(5, 4, low=-1, high=1)))
    model.node("Mul", model.const(0.37))
    model.node("Add", model.const(-1.25))
    if kind == "TopK":
        model.node("TopK", model.const([1], np.int64), outputs=2, axis=-1)
    else:
        model.node("ArgMax", axis=1, keepdims=0)
    check(model, tmp_path, integers(0, (5,), -2, 1, 40))


def test_float_input_is_quantised_while_it_is_converted(tmp_path):
    model = Model(MAP, annotation="")
    model.node("Sub", model.const(np.array([0.4, 0.5, 0.6, 0.7]).reshape(1, 4, 1, 1)))
    model.node("Div", model.const(np.array([0.2, 0.3, 0.2, 0.25]).reshape(1, 4, 1, 1)))
    model.quant(1 / 32, bits=8)
    model.conv(weights(3, 4, 3, 3))
    frames = np.random.default_rng(5).normal(size=(3, *MAP)).astype(np.float32)
    network = check(model, tmp_path, frames)
    assert network.graph.type("input").range.lo == -128


def test_channels_last_input_is_rearranged_while_it_is_converted(tmp_path):
    model = Model((9, 7, 4), annotation="")
    model.quant(1 / 8, bits=6)
    model.node("Transpose", perm=[0, 3, 1, 2])
    model.conv(weights(3, 4, 3, 3))
    frames = np.random.default_rng(5).normal(size=(3, 9, 7, 4)).astype(np.float32)
    check(model, tmp_path, frames)


@pytest.mark.parametrize(
    ("annotation", "low", "high"), [("BIPOLAR", -1, 1), ("UINT3", 0, 7), ("INT6", -32, 31)]
)
def test_annotated_input_is_checked(annotation, low, high, tmp_path):
    model = Model((2, 2, 2), annotation=annotation)
    model.conv(weights(3, 2, 2, 2))
    convert = read(model.save(tmp_path)).inputs[0].convert
    frame = np.full((1, 2, 2, 2), high, np.float32)
    assert convert(frame).dtype == np.int64
    frame[0, 1, 1, 1] = high + 1
    with pytest.raises(ValueError, match=f"not {high + 1}.0"):
        convert(frame)
    frame[0, 1, 1, 1] = 0 if annotation == "BIPOLAR" else 0.5
    with pytest.raises(ValueError, match="takes"):
        convert(frame)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_chain_of_float_functions_is_exact(data, tmp_path):
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    model = Model((3, 4, 4))
    model.conv(weights(5, 3, 2, 2, seed=int(rng.integers(1e6))), weights(5, low=-20, high=20))
    for kind in data.draw(
        st.lists(st.sampled_from(["Mul", "Add", "Sub", "Div", "Relu", "BN", "Q"]), max_size=4)
    ):
        if kind == "BN":
            batch_norm(model, rng.normal(size=5))
        elif kind == "Relu":
            model.node("Relu")
        elif kind == "Q":
            model.quant(rng.uniform(0.1, 3), rng.integers(-2, 3), bits=rng.integers(2, 6))
        else:
            shape = (1, 5, 1, 1) if rng.random() < 0.5 else ()
            model.node(kind, model.const(rng.normal(size=shape) * 3))
    model.quant(2.0 ** rng.integers(-3, 3), bits=rng.integers(1, 6), signed=int(rng.integers(2)))
    model.conv(weights(2, 5, 3, 3), pads=[1, 1, 1, 1])
    network = check(model, tmp_path, integers(int(rng.integers(1e6)), (3, 4, 4), -8, 7))
    assert network.notes == ()
    assert all(isinstance(n.op, Conv | Threshold | Pool) for n in list(network.graph)[1:])


def test_weights_that_are_only_nearly_integers_are_noted(tmp_path):
    model = Model((2, 3, 3))
    model.conv(np.array([1, 2, 2.0000002, -1]).astype(np.float32).reshape(2, 2, 1, 1))
    (note,) = read(model.save(tmp_path)).notes
    assert note == (
        "output 't0' is a sum that the file's own executor rounds in float32,"
        " in an order of its own: the last bits may differ"
    )


@pytest.mark.parametrize("domain", [QONNX, "finn.custom_op.general", "onnx.brevitas", ""])
def test_quantisers_of_every_domain_mean_the_same(domain, tmp_path):
    model = Model(MAP)
    model.conv(weights(6, 4, 3, 3))
    model.quant(8.0)
    frames = integers(0, MAP, -8, 7)
    expected = theirs(model.proto(), frames)[model.last]
    model.nodes[-1].domain = domain
    network = read(model.save(tmp_path))
    np.testing.assert_array_equal(ours(network, frames)[model.last], expected)
