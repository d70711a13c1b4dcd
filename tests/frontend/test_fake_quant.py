"""``Conv``, ``BatchNormalization``, ``SAT_Quant``: a small file, fused once more by hand."""

import random
from math import sqrt

import numpy as np
import pytest

from corgibuilder import golden
from corgibuilder.diagnostics import CompileError
from corgibuilder.frontend import find_problems, read, resized
from corgibuilder.ir import Conv, Input, Pool, Threshold

from .models import Model, ours

MAP = (3, 11, 9)
EPSILON = 9.999999747378752e-06  # as float32 stores 1e-5
LAYERS = {  # name: weight shape, stride, groups, alpha
    "1": ((6, 3, 3, 3), 2, 1, 1.7),
    "1_3x3_dw": ((6, 1, 3, 3), 1, 6, 3.1),
    "1_1x1": ((8, 6, 1, 1), 1, 1, 2.3),
    "2_3x3_dw": ((8, 1, 3, 3), 2, 8, 0.9),
}


def float32(x):
    return np.asarray(x, np.float32)


def parameters(seed=7):
    """Weights and statistics by layer: negative gammas, dead channels, and one gamma that is 0."""
    rng = np.random.default_rng(seed)
    found = {}
    for name, (shape, *_) in LAYERS.items():
        count = shape[0]
        gamma = rng.uniform(0.5, 2, count) * rng.choice([-1, 1], count)
        variance = rng.uniform(0.05, 2, count)
        variance[2], variance[3] = 1e-12 * 0.9, 1.1e-12
        gamma[1], gamma[3], gamma[4] = -abs(gamma[1]), 0.003, 0
        found[name] = {
            "weights": float32(rng.uniform(-1, 1, shape)),
            "gamma": float32(gamma),
            "beta": float32(rng.normal(0.5, 0.7, count)),
            "mean": float32(rng.normal(0, 0.3, count)),
            "variance": float32(variance),
            "alpha": float32(LAYERS[name][3]),
        }
    return found


def half_even(x):
    return round(float(x))


def fused(layers):
    """The formulas, channel by channel, in Python floats: integers of the chip by layer."""
    alpha1, r1, r2 = 1.0, 255, 15
    result = {}
    for index, (name, p) in enumerate(layers.items()):
        ws = 127 if index == 0 else 7
        alpha2 = float(p["alpha"])
        weights = np.rint(p["weights"] * float32(ws)).astype(np.int64)
        rows = []
        for c in range(len(weights)):
            gamma, beta, mean, variance = (
                float(p[k][c]) for k in ("gamma", "beta", "mean", "variance")
            )
            if variance <= 1e-12 or gamma == 0:
                weights[c] = 0
                rows.append((0, 0, 0))
                continue
            f = gamma / sqrt(variance + EPSILON)
            s = 1 if f > 0 else -1
            weights[c] *= s
            rows.append((
                half_even((beta - mean * f) / f * (r1 / alpha1) * ws * s),
                half_even((alpha1 / r1) * (r2 / alpha2) * f / ws * s * 2**16),
                half_even(alpha2 * r1 / (f * alpha1) * ws * s),
            ))
        bias, scaling, clipping = np.array(rows).T
        result[name] = (weights, bias, scaling, clipping)
        alpha1, r1 = alpha2, r2
    return result


def computed(chip, frame):
    """Accumulators and activations of one frame, by layer, as the chip computes them."""
    x = frame.astype(np.int64)
    result = {}
    for name, (weights, bias, scaling, clipping) in chip.items():
        _, stride, groups, _ = LAYERS[name]
        k = weights.shape[2]
        wide = np.pad(x, ((0, 0), (k // 2, k // 2), (k // 2, k // 2)))
        rows, columns = -(-x.shape[1] // stride), -(-x.shape[2] // stride)
        acc = np.zeros((len(weights), rows, columns), np.int64)
        for o, i, r, c in np.ndindex(len(weights), weights.shape[1], rows, columns):
            source = o if groups > 1 else i
            part = wide[source, r * stride : r * stride + k, c * stride : c * stride + k]
            acc[o, r, c] += (part * weights[o, i]).sum()
        acc += bias[:, None, None]
        v = np.minimum(np.maximum(acc, 0), clipping[:, None, None])
        x = np.minimum((v * scaling[:, None, None] + 2**15) >> 16, 15)
        result[f"conv{name}"], result[f"sat{name}"] = acc, x
    return result


def convolution(model, name, weights, *more):
    shape, stride, groups, _ = LAYERS[name]
    pad = shape[2] // 2
    model.node(
        "Conv", model.const(weights), *more, name=f"conv{name}",
        strides=[stride, stride], pads=[pad] * 4, group=groups,
    )  # fmt: skip


def normalisation(model, p, name):
    statistics = [model.const(p[k]) for k in ("gamma", "beta", "mean", "variance")]
    model.node("BatchNormalization", *statistics, name=name, epsilon=EPSILON)


def fake_quant(layers, *, as_input=False):
    model = Model(MAP, annotation="")
    for name, p in layers.items():
        convolution(model, name, p["weights"])
        normalisation(model, p, f"bn{name}")
        if as_input:
            given = model.const(p["alpha"]), model.const([4], np.int64)
            model.node("SAT_Quant", *given, name=f"sat{name}")
        else:
            model.node("SAT_Quant", name=f"sat{name}", alpha=float(p["alpha"]), nb_bits=4)
    return model


def chip_form(chip):
    model = Model(MAP, annotation="")
    for name, (weights, bias, scaling, clipping) in chip.items():
        convolution(model, name, weights, model.const(bias, np.float64))
        model.node("Relu", name=f"relu{name}")
        model.node(
            "ScalingFixedPoint", model.const(scaling), model.const(clipping), name=f"sat{name}",
            fractionnal_bits=16, quant_bits=4, mode="Symmetric",
        )  # fmt: skip
    return model


def frames(count=3, shape=MAP):
    x = np.random.default_rng(2).integers(0, 256, (count, *shape)).astype(np.uint8)
    x[0, :, :4] = 255
    return x


@pytest.mark.parametrize("as_input", [False, True], ids=["attributes", "inputs"])
def test_network_is_the_fused_one(as_input, tmp_path):
    layers = parameters()
    network = read(fake_quant(layers, as_input=as_input).save(tmp_path))
    names = [name for layer in LAYERS for name in (f"conv{layer}", f"sat{layer}")]
    assert [n.name for n in network.graph] == ["input", *names]
    assert {type(n.op) for n in network.graph} == {Input, Conv, Threshold}
    chip = fused(layers)
    for name, (weights, bias, *_) in chip.items():
        np.testing.assert_array_equal(network.graph[f"conv{name}"].op.weights, weights)
        np.testing.assert_array_equal(network.graph[f"conv{name}"].op.bias, bias)
    values = golden.run(network.graph, network.inputs[0].convert(frames()))
    for i, frame in enumerate(frames()):
        for name, expected in computed(chip, frame).items():
            np.testing.assert_array_equal(values[name][i], expected)
    for name in names[1::2]:
        assert len(np.unique(values[name])) >= 8
        assert not values[name][:, [2, 4]].any()


def test_steps_are_those_of_the_chip_form(tmp_path):
    layers = parameters()
    network = read(fake_quant(layers).save(tmp_path))
    chip = read(chip_form(fused(layers)).save(tmp_path))
    for node, other in zip(network.graph, chip.graph, strict=True):
        assert node.name == other.name
        if isinstance(node.op, Threshold):
            np.testing.assert_array_equal(node.op.steps, other.op.steps)
    small = frames(shape=(3, 6, 14))
    values, others = (
        golden.run(resized(n, 14, 6).graph, small.astype(np.int64)) for n in (network, chip)
    )
    for name in values:
        np.testing.assert_array_equal(values[name], others[name])


def test_fusion_is_close_to_the_floats_of_the_file(tmp_path):
    """All formulas together: level 15 moves by less than one, as ``scaling`` is near 20."""
    layers = {"1": parameters()["1"]}
    p = layers["1"]
    for key, ordinary in (("gamma", 1.1), ("variance", 0.4)):
        p[key][2:5] = ordinary
    p["weights"] = np.rint(p["weights"] * 127) / float32(127)
    network = read(fake_quant(layers).save(tmp_path))
    values = golden.run(network.graph, frames().astype(np.int64))
    level = []
    for c in range(len(p["gamma"])):
        sign = np.sign(p["gamma"][c])
        real = sign * (values["conv1"][:, c] - network.graph["conv1"].op.bias[c]) / (255 * 127)
        f = float(p["gamma"][c]) / sqrt(p["variance"][c] + EPSILON)
        y = (real - p["mean"][c]) * f + p["beta"][c]
        level.append(np.clip(y, 0, p["alpha"]) / p["alpha"] * 15)
    difference = np.stack(level, axis=1) - values["sat1"]
    assert np.abs(difference).max() < 1.1


def test_outputs_are_the_floats_of_the_file(tmp_path):
    layers = parameters()
    network = read(fake_quant(layers).save(tmp_path))
    (output,) = ours(network, frames()).values()
    index = golden.run(network.graph, frames().astype(np.int64))["sat2_3x3_dw"].astype(np.float32)
    assert output.dtype == np.float32
    np.testing.assert_array_equal(output, index / float32(15) * layers["2_3x3_dw"]["alpha"])


def test_notes_say_what_the_numbers_are(tmp_path):
    first, second = read(fake_quant(parameters()).save(tmp_path)).notes
    assert first == (
        "'input' takes integers 0..255, which stand for the file's own values times 255"
    )
    assert second.startswith("SAT_Quant layers are read as the chip computes them")


def test_bias_of_the_convolution_moves_the_mean(tmp_path):
    p = parameters()["1"]
    own = float32(np.linspace(-0.5, 0.5, 6))
    model = Model(MAP, annotation="")
    convolution(model, "1", p["weights"], model.const(own))
    normalisation(model, p, "bn1")
    model.node("SAT_Quant", alpha=1.7, nb_bits=4)
    moved = {**p, "mean": p["mean"].astype(np.float64) - own}
    _, bias, _, _ = fused({"1": moved})["1"]
    np.testing.assert_array_equal(read(model.save(tmp_path)).graph["conv1"].op.bias, bias)


def test_pooling_between_layers(tmp_path):
    layers = parameters()
    model = fake_quant({"1": layers["1"]})
    model.node("MaxPool", kernel_shape=[2, 2], strides=[2, 2], name="pool")
    convolution(model, "1_3x3_dw", layers["1_3x3_dw"]["weights"])
    normalisation(model, layers["1_3x3_dw"], "bn")
    model.node("SAT_Quant", alpha=3.1, nb_bits=4)
    network = read(model.save(tmp_path))
    assert sum(isinstance(n.op, Pool) for n in network.graph) == 1
    _, bias, scaling, _ = fused({n: layers[n] for n in ("1", "1_3x3_dw")})["1_3x3_dw"]
    np.testing.assert_array_equal(network.graph["conv1_3x3_dw"].op.bias, bias)
    assert scaling.any()


def test_float_head_is_refused_by_name(tmp_path):
    model = first_layer(alpha=1.0, nb_bits=4)
    model.node("GlobalAveragePool", name="pool1")
    model.node("Flatten", axis=1)
    model.node("Gemm", model.const(np.eye(6)), name="fc")
    text = complaint(model, tmp_path)
    assert "and 'fc' needs integers" in text
    assert "model.onnx: pool1\n" in text


def complaint(model, folder):
    path = model.save(folder)
    with pytest.raises(CompileError) as caught:
        read(path)
    assert str(find_problems(path)[0]) == str(caught.value)
    return str(caught.value)


def test_lone_sat_quant_is_refused(tmp_path):
    model = Model(MAP, annotation="")
    convolution(model, "1", np.ones((6, 3, 3, 3)))
    model.node("Relu")
    model.node("SAT_Quant", name="sat1", alpha=1.0, nb_bits=4)
    assert complaint(model, tmp_path) == (
        "error[CB202]: SAT_Quant of anything but a Conv with a BatchNormalization"
        " is not supported\n"
        "  --> model.onnx: sat1\n"
        "  help: keep Conv, BatchNormalization and SAT_Quant together"
    )


def first_layer(**attributes):
    model = Model(MAP, annotation="")
    p = parameters()["1"]
    convolution(model, "1", p["weights"])
    normalisation(model, p, "bn1")
    model.node("SAT_Quant", name="sat1", **attributes)
    return model


@pytest.mark.parametrize(("attributes", "problem"), [
    ({"nb_bits": 4}, "its alpha is missing"),
    ({"alpha": 1.0}, "its nb_bits is missing"),
    ({"alpha": 0.0, "nb_bits": 4}, "its alpha is 0"),
    ({"alpha": float("nan"), "nb_bits": 4}, "its alpha is nan"),
    ({"alpha": 1.0, "nb_bits": 0}, "with nb_bits 0 is not supported"),
    ({"alpha": 1.0, "nb_bits": "4"}, "its nb_bits is missing"),
])  # fmt: skip
def test_parameters_that_are_refused(attributes, problem, tmp_path):
    text = complaint(first_layer(**attributes), tmp_path)
    assert problem in text
    assert "model.onnx: sat1\n" in text


def test_sums_that_something_else_reads(tmp_path):
    model = first_layer(alpha=1.0, nb_bits=4)
    path = model.save(tmp_path, [model.last, "t0"])
    assert "something else reads too" in str(find_problems(path)[0])


def test_weights_beyond_one(tmp_path):
    layers = parameters()
    layers["1"]["weights"][0, 0, 0, 0] = 1.5
    text = complaint(fake_quant(layers), tmp_path)
    assert "its weights reach 1.5, and those of a SAT_Quant network lie in -1..1" in text
    assert "model.onnx: conv1\n" in text


def test_gamma_that_makes_a_bias_absurd(tmp_path):
    layers = parameters()
    layers["1"]["gamma"][0] = 1e-30
    text = complaint(fake_quant(layers), tmp_path)
    assert "its gamma is so small that a bias exceeds 52 bits" in text
    assert "model.onnx: bn1\n" in text


def test_signed_input(tmp_path):
    model = fake_quant(parameters())
    model.annotation = "INT8"
    assert "its integers -128..127 are signed" in complaint(model, tmp_path)


def test_all_problems_are_listed(tmp_path):
    layers = parameters()
    model = fake_quant(layers)
    model.node("Softmax", name="act")
    model.nodes[2].attribute.pop()
    assert [p.at.node for p in find_problems(model.save(tmp_path))] == ["sat1", "act"]


def test_no_damage_to_a_file_brings_anything_but_a_clear_error(tmp_path):
    layers = parameters()
    names = list(LAYERS)
    models = [
        fake_quant({name: layers[name] for name in names[:2]}, as_input=as_input)
        for as_input in (False, True)
    ]
    models.append(chip_form({n: c for n, c in fused(layers).items() if n in names[:2]}))
    rng = random.Random(1)
    for model in models:
        path = model.save(tmp_path)
        whole = path.read_bytes()
        for _ in range(150):
            damaged = bytearray(whole)
            for _ in range(rng.randint(1, 3)):
                damaged[rng.randrange(len(whole))] = rng.choice([0, 255, 127, rng.randrange(256)])
            path.write_bytes(damaged)
            find_problems(path)
