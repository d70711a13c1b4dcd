"""Branches that meet again: sums and concatenations, against qonnx and onnxruntime, bit for bit."""

import numpy as np
import pytest

from corgibuilder.diagnostics import CompileError
from corgibuilder.frontend import read, resized
from corgibuilder.ir import Add, Concat, Conv, Input, Shape, Threshold, verify
from corgibuilder.plan import Target, make_plan

from .models import QONNX, Model, check, integers, ours, theirs

MAP = (4, 5, 6)


def weights(*shape, seed=1):
    return np.random.default_rng(seed).integers(-3, 3, shape, endpoint=True).astype(np.float32)


def branch(model, scale, zero=0.0, bits=4, seed=1, **quant):
    """A convolution of the input and a quantiser; the tensor's name."""
    model.conv(weights(3, 4, 1, 1, seed=seed), after="input")
    return model.quant(scale, zero, bits=bits, **quant)


def kinds(network):
    return [type(node.op) for node in network.graph]


def joined(network, kind=Add):
    (node,) = (node for node in network.graph if isinstance(node.op, kind))
    return node


def residual(first, second, join="Add", shape=MAP):
    model = Model(shape)
    names = [branch(model, **first, seed=1), branch(model, **second, seed=2)]
    model.node(join, names[1], after=names[0], name="join")
    return model


def refusal(model, tmp_path, outputs=None):
    with pytest.raises(CompileError) as caught:
        read(model.save(tmp_path, outputs))
    return caught.value


@pytest.mark.parametrize(
    ("scales", "factors"),
    [((0.5, 0.5), (1, 1)), ((0.0625, 0.5), (1, 8)), ((4.0, 0.5), (8, 1)), ((0.3, 0.3), (1, 1))],
)
@pytest.mark.parametrize("join", ["Add", "Sub"])
def test_factors_bring_both_to_one_scale(scales, factors, join, tmp_path):
    model = residual({"scale": scales[0], "zero": 2.0}, {"scale": scales[1], "bits": 6}, join)
    model.node("Relu")
    model.quant(0.7, signed=0)
    network = check(model, tmp_path, integers(0, MAP, -8, 7, 8))
    assert joined(network).op.factors == (factors[0], factors[1] if join == "Add" else -factors[1])
    assert network.notes == ()


def test_a_sum_of_powers_of_two_needs_no_quantiser(tmp_path):
    model = residual({"scale": 0.25}, {"scale": 2.0, "bits": 3})
    total = model.last
    model.conv(weights(2, 3, 2, 2))
    network = check(model, tmp_path, integers(0, MAP, -8, 7), [total, model.last])
    assert network.notes == ()


def test_three_branches_and_a_sum_that_is_read_twice(tmp_path):
    model = residual({"scale": 0.25}, {"scale": 2.0, "bits": 3})
    third = branch(model, 0.5, seed=3)
    model.node("Add", third, after="t4")
    total = model.last
    first = model.quant(1.0, after=total)
    second = model.quant(0.3, bits=5, after=total)
    network = check(model, tmp_path, integers(0, MAP, -8, 7), [first, second, total])
    assert kinds(network).count(Add) == 2
    assert network.notes == ()


#: two 4-bit numbers in every combination, as the two channels of a map
PAIRS = np.stack(np.meshgrid(np.arange(-8, 8), np.arange(-8, 8))).astype(np.float32)


def all_pairs(scales, zeros=(0.0, 0.0), join="Add", bits=(4, 4)):
    """A sum that meets every pair of integers, each channel of the input in its own branch."""
    model = Model(PAIRS.shape)
    names = []
    for channel in range(2):
        picked = np.eye(2, dtype=np.float32)[channel].reshape(1, 2, 1, 1)
        model.conv(picked, after="input")
        names.append(model.quant(scales[channel], zeros[channel], bits=bits[channel]))
    model.node(join, names[1], after=names[0], name="join")
    return model


@pytest.mark.parametrize("seed", range(12))
def test_scales_of_any_ratio_are_exact_for_every_pair(seed, tmp_path):
    rng = np.random.default_rng(seed)
    model = all_pairs(rng.uniform(0.3, 2, 2), rng.integers(-2, 3, 2).astype(float))
    if seed % 3 == 1:
        model.node("Relu")
    if seed % 3 == 2:
        statistics = [[1.3 - seed % 2 * 2], [0.4], [0.2], [1.7]]
        model.node("BatchNormalization", *map(model.const, statistics), epsilon=1e-3)
    if seed % 4 == 3:
        model.node("MaxPool", kernel_shape=[1, 1])
    model.quant(rng.uniform(0.3, 2), bits=int(rng.integers(2, 7)), name="after")
    network = check(model, tmp_path, PAIRS[None])
    assert network.notes == ()


def test_the_smallest_factors_that_are_exact_are_taken(tmp_path):
    model = all_pairs((1.0, 0.7131), bits=(3, 3))
    model.quant(8.0, bits=2)
    network = check(model, tmp_path, PAIRS[None])
    coarse = joined(network).op.factors
    model = all_pairs((1.0, 0.7131))
    model.quant(0.21, bits=8)
    network = check(model, tmp_path, PAIRS[None])
    assert max(coarse) <= 4 < max(joined(network).op.factors) < 128


def test_a_shared_sum_keeps_one_scale_for_all_its_readers(tmp_path):
    model = all_pairs((1.0, 0.7131))
    total = model.last
    readers = [model.quant(scale, bits=5, after=total) for scale in (0.3, 0.9)]
    network = check(model, tmp_path, PAIRS[None], readers)
    assert kinds(network).count(Add) == 1
    assert network.notes == ()


@pytest.mark.parametrize("scale", [[0.5, 1.0, 0.125], [0.3, 0.5, 0.71]])
@pytest.mark.parametrize("read_twice", [False, True])
def test_scales_of_channels_that_differ_take_factors_in_front(scale, read_twice, tmp_path):
    model = Model(MAP)
    activations = branch(model, np.array(scale).reshape(1, 3, 1, 1))
    model.conv(np.ones((3, 4, 1, 1)), after="input")
    model.node("Add", activations, name="join")
    model.quant(0.5, bits=6)
    outputs = [model.last, *([activations] if read_twice else [])]
    network = check(model, tmp_path, integers(0, MAP, -8, 7, 8), outputs)
    assert joined(network).op.factors[0] in (1, 8)
    assert network.notes == ()


def test_a_step_at_which_there_is_no_sum(tmp_path):
    """It is looked at alone, as it may be 0; the next sum lies above the steps behind it."""
    model = residual(
        {"scale": 8192.0, "bits": 1, "mode": "HALF_DOWN"},
        {"scale": 2789.0625, "bits": 2},
    )
    added = model.last
    outputs = [added, model.quant(64.0, bits=8, mode="FLOOR")]
    verify(check(model, tmp_path, integers(0, MAP, -8, 7, 8), outputs))


def test_sums_of_accumulators_with_any_bias(tmp_path):
    model = Model(MAP, "INT8")
    direct = branch(model, 0.25, bits=8, signed=0)
    model.conv(weights(3, 4, 3, 3), pads=[1, 1, 1, 1], after="input")
    model.node("Mul", model.const(2.0**-7))
    model.node("Add", model.const(np.array([0.8242198, 1.25076, -0.014215]).reshape(1, 3, 1, 1)))
    model.node("Add", direct, name="join")
    steps = (np.arange(255) * 2 + 1) / 64
    model.node("MultiThreshold", model.const(np.stack([steps] * 3)), domain=QONNX)
    network = check(model, tmp_path, integers(0, MAP, -128, 127, 20))
    assert network.notes == ()


def test_a_falling_function_after_a_sum(tmp_path):
    model = residual({"scale": 0.3}, {"scale": 0.5})
    statistics = [[1.3, -0.7, 0.0], [0.2, 0.5, 1.0], [0.1, 0.2, 0.3], [1.0, 2.0, 0.5]]
    model.node("BatchNormalization", *map(model.const, statistics), epsilon=1e-3)
    model.quant(0.25)
    check(model, tmp_path, integers(0, MAP, -8, 7, 8))


def test_addends_whose_channels_rise_and_fall(tmp_path):
    model = Model(MAP)
    activations = branch(model, 0.3)
    model.conv(weights(3, 4, 1, 1), after="input")
    model.node("Mul", model.const(np.array([0.5, -0.25, 0.0]).reshape(1, 3, 1, 1)))
    model.node("Sub", activations, name="join")
    model.quant(0.5)
    check(model, tmp_path, integers(0, MAP, -8, 7, 8))


def test_a_tensor_added_to_itself(tmp_path):
    model = Model(MAP)
    activations = branch(model, 0.3)
    model.node("Add", activations)
    model.quant(0.7)
    check(model, tmp_path, integers(0, MAP, -8, 7))


def test_an_input_read_by_a_layer_and_by_the_sum_after_it(tmp_path):
    model = Model(MAP, annotation="")
    entry = model.quant(2.0**-4, bits=6)
    model.conv(weights(4, 4, 3, 3), pads=[1, 1, 1, 1])
    model.quant(0.5)
    model.node("Add", entry)
    total = model.last
    model.quant(0.5, bits=3)
    frames = np.random.default_rng(5).normal(size=(3, *MAP)).astype(np.float32)
    network = check(model, tmp_path, frames, [entry, total, model.last])
    assert kinds(network) == [Input, Conv, Threshold, Add, Threshold]


def test_activations_that_are_quantised_again_for_one_reader_are_one_node(tmp_path):
    model = Model(MAP)
    activations = branch(model, 0.5, signed=0)
    again = model.quant(0.0625, bits=8)
    model.conv(weights(3, 3, 3, 3), [0.75, 0.125, -2.5], pads=[1, 1, 1, 1], after=again)
    model.quant(0.0625, bits=8)
    model.node("Add", activations)
    model.node("Relu")
    model.quant(0.5, signed=0)
    network = check(model, tmp_path, integers(0, MAP, -8, 7))
    assert kinds(network) == [Input, Conv, Threshold, Conv, Threshold, Add, Threshold]
    assert network.notes == ()


@pytest.mark.parametrize("join", ["Add", "Concat"])
def test_sums_that_round_are_noted(join, tmp_path):
    model = Model(MAP)
    real = np.random.default_rng(4).normal(0, 1, (3, 4, 3, 3))
    name = model.node(
        "Quant", model.const(0.3), model.const(0.0), model.const(4.0), domain=QONNX,
        after=model.const(real), signed=1, narrow=1, rounding_mode="ROUND",
    )  # fmt: skip
    first, second = (
        model.conv(name, after="input"),
        model.conv(name, after="input", dilations=[1, 1]),
    )
    more = {"axis": 1} if join == "Concat" else {}
    model.node(join, second, after=first, name="join", **more)
    model.quant(0.6, name="act")
    notes = read(model.save(tmp_path)).notes
    assert len(notes) == 1
    assert "steps of 'act' lie within float32 rounding of the sums of 'join'" in notes[0]


@pytest.mark.parametrize("scales", [(0.5, 0.5), (0.5, 2.0), (0.25, 0.3), (0.2, 0.6)])
def test_concat_keeps_each_scale(scales, tmp_path):
    model = Model(MAP)
    names = [branch(model, s, seed=i) for i, s in enumerate(scales)]
    model.node("Concat", names[1], "input", after=names[0], axis=1, name="join")
    total = model.last
    model.node("MaxPool", kernel_shape=[2, 2])
    model.quant(0.4, bits=3)
    network = check(model, tmp_path, integers(0, MAP, -8, 7), [total, model.last])
    assert network.graph.type("join").shape.channels == 10
    assert joined(network, Concat).inputs[2] == "input"


@pytest.mark.parametrize("group", [1, 2])
def test_factors_of_a_concat_are_folded_into_the_weights_that_read_it(group, tmp_path):
    model = residual({"scale": 0.5}, {"scale": 2.0, "zero": 1.0}, "Concat")
    model.nodes[-1].attribute.add(name="axis", i=-3, type=2)
    model.conv(weights(4, 6 // group, 3, 3), [0.5, 1.0, 0.25, -3.0], group=group, name="reader")
    model.quant(4.0)
    network = check(model, tmp_path, integers(0, MAP, -8, 7))
    assert kinds(network)[-3:] == [Concat, Conv, Threshold]
    assert network.notes == ()
    if group == 1:
        kernel = network.graph["reader"].op.weights
        assert (kernel[:, 3:] % 4 == 0).all()
        assert (kernel[:, :3] % 4).any()


def test_a_fully_connected_layer_reads_a_concat(tmp_path):
    model = residual({"scale": 0.5}, {"scale": 2.0}, "Concat", shape=(4, 2, 2))
    model.nodes[-1].attribute.add(name="axis", i=1, type=2)
    model.node("Flatten")
    model.node("MatMul", model.const(weights(24, 3)))
    check(model, tmp_path, integers(0, (4, 2, 2), -8, 7))


def test_a_sum_with_concat_branches(tmp_path):
    model = residual({"scale": 0.5}, {"scale": 0.3}, "Concat")
    model.nodes[-1].attribute.add(name="axis", i=1, type=2)
    total = model.last
    model.conv(weights(6, 4, 1, 1), after="input")
    model.quant(0.25)
    model.node("Add", total, name="plus")
    model.quant(0.37)
    network = check(model, tmp_path, integers(0, MAP, -8, 7, 8))
    assert network.notes == ()


def test_operators_that_join_nothing(tmp_path):
    error = refusal(residual({"scale": 0.5}, {"scale": 0.5}, "Mul"), tmp_path)
    assert str(error) == (
        "error[CB203]: Mul joins two tensors that are computed at run time\n"
        "  --> model.onnx: join\n"
        "  help: let branches meet in an Add, a Sub or a Concat"
    )


def test_shapes_that_are_broadcast(tmp_path):
    model = Model(MAP)
    first = branch(model, 0.5)
    model.node("GlobalMaxPool")
    model.node("Add", first, name="join")
    error = refusal(model, tmp_path)
    assert (error.code, error.at.node) == ("CB202", "join")
    assert "of tensors of shapes (3, 1, 1) and (3, 5, 6)" in str(error)


@pytest.mark.parametrize(
    ("axis", "constant", "problem"),
    [(2, False, "Concat along axis 2"), (1, True, "Concat with a constant")],
)
def test_concats_that_are_refused(axis, constant, problem, tmp_path):
    model = Model(MAP)
    first = branch(model, 0.5)
    second = model.const(np.ones((1, 3, 5, 6))) if constant else branch(model, 0.5, seed=2)
    model.node("Concat", second, after=first, axis=axis, name="join")
    error = refusal(model, tmp_path)
    assert (error.code, error.at.node) == ("CB202", "join")
    assert problem in str(error)


def test_a_concat_of_maps_of_different_size(tmp_path):
    model = Model(MAP)
    first = branch(model, 0.5)
    model.node("MaxPool", kernel_shape=[2, 2])
    model.node("Concat", first, axis=1, name="join")
    assert "of tensors of shapes (3, 4, 5), (3, 5, 6)" in str(refusal(model, tmp_path))


@pytest.mark.parametrize("count", [9, 16, 17])
def test_a_concat_of_more_than_one_layer_joins(count, tmp_path):
    model = Model(MAP)
    scales = [0.5 * 2.0 ** (k % 3) for k in range(count)]
    first, *others = [branch(model, scale, seed=k) for k, scale in enumerate(scales)]
    model.node("Concat", *others, after=first, axis=1, name="join")
    network = check(model, tmp_path, integers(0, MAP, -8, 7))
    joins = [node for node in network.graph if isinstance(node.op, Concat)]
    assert [len(node.inputs) for node in joins] == {9: [8, 2], 16: [8, 8, 2], 17: [8, 8, 3]}[count]
    assert joins[-1].name == "join"
    assert make_plan(network, Target(fps=1, clock_hz=10**5)).stages


def test_flattened_maps_are_joined_as_maps(tmp_path):
    model = Model(MAP)
    names = []
    for seed, scale in enumerate((0.5, 0.25)):
        branch(model, scale, seed=seed)
        names.append(model.node("Flatten", axis=1))
    model.node("Concat", names[1], after=names[0], axis=1, name="join")
    model.node("MatMul", model.const(weights(180, 4)), name="dense")
    network = check(model, tmp_path, integers(0, MAP, -8, 7), ["t6", model.last])
    assert network.graph.type("join").shape == Shape(6, 5, 6)


def test_flattened_maps_of_different_size_are_not(tmp_path):
    model = Model(MAP)
    branch(model, 0.5)
    first = model.node("Flatten", axis=1)
    branch(model, 0.5, seed=2)
    model.node("GlobalMaxPool")
    model.node("Flatten", axis=1)
    model.node("Concat", first, axis=1, name="join")
    error = refusal(model, tmp_path)
    assert (error.code, error.at.node) == ("CB202", "join")
    assert "which are maps of shapes (3, 1, 1), (3, 5, 6) in another shape" in error.problem


def test_scales_without_a_common_unit_cannot_be_summed_over(tmp_path):
    model = residual({"scale": 0.5}, {"scale": 0.31234}, "Concat")
    model.nodes[-1].attribute.add(name="axis", i=1, type=2)
    model.conv(weights(2, 6, 1, 1), name="reader")
    error = refusal(model, tmp_path)
    assert (error.code, error.at.node) == ("CB302", "reader")


@pytest.mark.parametrize("join", ["Add", "Concat"])
def test_images_of_another_size(join, tmp_path):
    """One branch rounds odd sizes up, the other one down."""
    model = Model((4, 6, 6))
    model.conv(weights(3, 4, 3, 3), strides=[2, 2], pads=[1, 1, 1, 1])
    first = model.quant(0.5)
    model.node("MaxPool", kernel_shape=[2, 2], strides=[2, 2], after="input")
    model.conv(weights(3, 4, 1, 1))
    model.quant(0.25)
    model.node(join, first, name="join", **({"axis": 1} if join == "Concat" else {}))
    network = read(model.save(tmp_path))
    frames = integers(1, (4, 8, 10), -8, 7)
    proto = model.proto()
    for dim, size in zip(
        proto.graph.input[0].type.tensor_type.shape.dim, (1, 4, 8, 10), strict=True
    ):
        dim.dim_value = size
    (got,) = ours(resized(network, 10, 8), frames).values()
    np.testing.assert_array_equal(got, theirs(proto, frames)[model.last])
    with pytest.raises(CompileError) as caught:
        resized(network, 9, 8)
    assert str(caught.value) == (
        "error[CB408]: at an image of 9x8 it joins maps of 4x4 and 5x4\n"
        "  --> model.onnx: join\n"
        "  help: use a size that all strides before it divide"
    )


READERS = {
    "MaxPool": lambda m: m.node("MaxPool", kernel_shape=[2, 2], strides=[2, 2], name="next"),
    "AveragePool": lambda m: m.node("AveragePool", kernel_shape=[2, 2], strides=[2, 2]),
    "Conv": lambda m: m.conv(weights(2, 3, 3, 3), pads=[1, 1, 1, 1]),
    "Concat": lambda m: m.node("Concat", "t1", axis=1),
    "Pad": lambda m: m.node("Pad", m.const([0, 0, 1, 1, 0, 0, 1, 1], np.int64)),
}
FACTORS = {
    "twice": lambda m: m.node("Add", m.last),
    "four times": lambda m: [m.node("Add", m.last) for _ in range(2)],
    "negative": lambda m: m.node("Neg"),
    "minus one": lambda m: m.node("Mul", m.const(-1.0)),
    "each its own": lambda m: m.node("Mul", m.const(np.array([-2, 1, 0.5]).reshape(1, 3, 1, 1))),
    "divided": lambda m: m.node("Div", m.const(-8.0)),
    "then bent": lambda m: [m.node("Neg"), m.node("Relu")],
}


#: Sums of multiples of 0.3 are rounded by the executor; those of 0.25 are not.
EXACT = [(0.25, reader) for reader in READERS] + [(0.3, r) for r in ("MaxPool", "Concat", "Pad")]


@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize(("scale", "reader"), EXACT)
def test_powers_of_two_and_signs_before_a_layer_are_no_layer(scale, factor, reader, tmp_path):
    """They are in the scale, and in the sign of the integers; other channels keep theirs."""
    model = Model(MAP)
    model.conv(weights(3, 4, 1, 1))
    model.quant(scale, zero=2.0)
    FACTORS[factor](model)
    try:
        READERS[reader](model)
        model.quant(1.7, bits=5)
        network = check(model, tmp_path, integers(0, MAP, -8, 7))
    except CompileError as error:
        assert (reader, factor, error.code) == ("Conv", "each its own", "CB302")
        return
    assert network.notes == ()


def test_a_bent_function_before_a_sum(tmp_path):
    model = Model(MAP)
    first = branch(model, 0.5)
    model.conv(weights(3, 4, 1, 1), [0.3, 0.1, 0.2], after="input", name="bent")
    model.node("Relu")
    model.node("Add", first, name="join")
    error = refusal(model, tmp_path)
    assert (error.code, error.at.node) == ("CB301", "bent")


@pytest.mark.parametrize("scales", [(2.0**63, 1.0), (1.0, 2.0**-70), (1e-30, 1e30)])
def test_a_sum_of_scales_too_far_apart_is_refused(scales, tmp_path):
    assert refusal(all_pairs(scales), tmp_path).code == "CB308"


def test_sums_that_round_twice_are_refused(tmp_path):
    """1 + 2**24 rounds to 2**24, so that 1 and 1 is less than 2 and 0."""
    model = Model(PAIRS.shape)
    first = model.conv(np.array([1.0, 0]).reshape(1, 2, 1, 1), after="input", name="small")
    model.node("Add", model.const(2.0**24))
    first = model.last
    second = model.conv(np.array([0.0, 1]).reshape(1, 2, 1, 1), after="input")
    model.node("Add", first, after=second, name="join")
    model.node("Sub", model.const(2.0**24))
    model.quant(1.0, bits=6, name="after")
    error = refusal(model, tmp_path)
    assert (error.code, error.at.node) == ("CB314", "after")
    assert "'join'" in str(error)


def test_pairs_on_a_tie_that_float32_rounds_both_ways(tmp_path):
    """A sum of exactly 0.3 times an odd number lies between two levels."""
    model = residual({"scale": 0.3}, {"scale": 0.3})
    model.quant(0.6, name="after")
    error = refusal(model, tmp_path)
    assert str(error) == (
        "error[CB314]: 24 of its 45 steps are no function of a sum of whole multiples of the"
        " integers that 'join' adds: float32 rounds equal sums to either side\n"
        "  --> model.onnx: after\n"
        "  help: use powers of two as scales, or another scale after 'join'"
    )


def test_more_pairs_than_can_be_looked_at_are_noted(tmp_path):
    model = Model((9, 2, 2), "INT16")
    names = []
    for scale in (0.3, 0.7):
        model.conv(np.eye(9).reshape(9, 9, 1, 1), after="input")
        names.append(model.quant(scale, bits=16))
    model.node("Add", names[0], name="join")
    model.quant(70.0, bits=8, name="after")
    (note,) = read(model.save(tmp_path)).notes
    assert "steps of 'after' lie within float32 rounding of the sums of 'join'" in note


def test_a_falling_function_right_on_the_sums(tmp_path):
    """Every step is at a sum, where only the pairs can tell."""
    model = all_pairs((0.3, 0.3), bits=(2, 2))
    model.node("Mul", model.const(-1.0))
    model.node("Add", model.const(0.15))
    model.quant(0.3, name="after")
    network = check(model, tmp_path, PAIRS[None])
    assert network.notes == ()


@pytest.mark.parametrize("seed", range(40))
def test_random_joins(seed, tmp_path):
    """Whatever is read without a note equals the executor's, whatever meets in whatever scales."""
    rng = np.random.default_rng(seed)
    model = Model((3, 4, 4), str(rng.choice(["INT4", "UINT3", "INT8"])))
    names = [random_branch(model, rng) for _ in range(2)]
    join = str(rng.choice(["Add", "Sub", "Concat"]))
    model.node(join, names[1], after=names[0], **({"axis": 1} if join == "Concat" else {}))
    random_tail(model, rng, 6 if join == "Concat" else 3)
    low, high = {"INT4": (-8, 7), "UINT3": (0, 7), "INT8": (-128, 127)}[model.annotation]
    frames = integers(seed, (3, 4, 4), low, high, 10)
    try:
        network = read(model.save(tmp_path))
    except CompileError as error:
        assert error.code in ("CB301", "CB302")
        return
    expected, got = theirs(model.proto(), frames)[model.last], ours(network, frames)[model.last]
    if not network.notes:
        np.testing.assert_array_equal(got, expected)


def random_branch(model, rng):
    """A tensor of three channels: quantised in some way, or an accumulator with a bias."""
    model.last = "input"
    if rng.random() < 0.7:
        model.conv(rng.integers(-3, 4, (3, 3, 1, 1)))
    kind = int(rng.integers(6))
    if kind == 0:
        model.node("Mul", model.const(2.0 ** rng.integers(-3, 3)))
        model.node("Add", model.const(rng.normal(size=(1, 3, 1, 1))))
        return model.last
    scale = 2.0 ** rng.integers(-4, 3, (1, 3, 1, 1) if kind == 1 else ())
    if kind > 3:
        scale = rng.uniform(0.05, 3, (1, 3, 1, 1) if kind == 4 else ())
    zero = float(rng.choice([0, 1, -2]))
    return model.quant(scale, zero, bits=int(rng.integers(1, 9)), signed=int(rng.integers(2)))


def random_tail(model, rng, channels):
    kind = int(rng.integers(5))
    if kind == 0:
        model.node("Relu")
    elif kind == 1:
        statistics = [*rng.normal(0, 2, (3, channels)), rng.uniform(1, 9, channels)]
        model.node("BatchNormalization", *map(model.const, statistics), epsilon=1e-3)
    elif kind == 2:
        model.node("MaxPool", kernel_shape=[2, 2])
    elif kind == 3:
        model.conv(rng.integers(-3, 4, (2, channels, 2, 2)))
    scale = 2.0 ** rng.integers(-3, 3) if rng.random() < 0.5 else rng.uniform(0.1, 3)
    model.quant(scale, bits=int(rng.integers(2, 9)), signed=int(rng.integers(2)))
