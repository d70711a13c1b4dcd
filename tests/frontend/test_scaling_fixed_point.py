"""``ScalingFixedPoint`` in small files, against its formula in Python integers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corgibuilder import golden
from corgibuilder.diagnostics import CompileError
from corgibuilder.frontend import find_problems, read
from corgibuilder.frontend.fixed_point import FixedPoint
from corgibuilder.ir import Conv, Input, QInt, Shape, TensorType, Threshold

from .models import Model, ours

MAP = (2, 5, 5)
WEIGHTS = np.random.default_rng(4).integers(-7, 8, (3, 2, 3, 3)).astype(np.float32)


def formula(acc, scaling, clipping, fraction, bits):
    v = min(max(acc, 0), clipping)
    y = (v * scaling + (2 ** (fraction - 1) if fraction else 0)) >> fraction
    return min(max(y, 0), 2**bits - 1)


@given(
    lo=st.integers(-300, 300), count=st.integers(1, 600), scaling=st.integers(0, 2**18),
    clipping=st.integers(-5, 700), fraction=st.integers(0, 20), bits=st.integers(1, 6),
)  # fmt: skip
def test_steps_are_the_formula(lo, count, scaling, clipping, fraction, bits):
    acc = np.arange(lo, lo + count)
    form = FixedPoint(
        scaling=np.array([scaling]), clipping=np.array([clipping]), fraction=fraction, bits=bits
    )
    op = form.threshold(TensorType(Shape(1, 1, 1), acc[:1], acc[-1:]))
    assert (np.diff(op.steps) >= 0).all()
    assert op.steps.min() >= lo and op.steps.max() <= lo + count
    expected = [formula(int(a), scaling, clipping, fraction, bits) for a in acc]
    np.testing.assert_array_equal(golden.evaluate(op, acc.reshape(-1, 1, 1, 1)).ravel(), expected)


def layer(model, scaling, clipping, *, relu=True, fraction=16, bits=4, **more):
    if relu:
        model.node("Relu")
    model.node(
        "ScalingFixedPoint", model.const(scaling), model.const(clipping),
        **{"fractionnal_bits": fraction, "quant_bits": bits, "mode": "Symmetric", **more},
    )  # fmt: skip


def small(**more):
    model = Model(MAP, annotation="")
    model.conv(WEIGHTS, [30, -500, 7], name="conv1")
    layer(model, [130, 200, 0], [7000, 4000, 9], name="scale1", **more)
    return model


@pytest.mark.parametrize("relu", [True, False])
def test_layer(relu, tmp_path):
    network = read(small(relu=relu).save(tmp_path))
    assert [(n.name, type(n.op)) for n in network.graph] == [
        ("input", Input),
        ("conv1", Conv),
        ("scale1", Threshold),
    ]
    assert network.notes == ()
    frames = np.random.default_rng(1).integers(0, 256, (4, *MAP)).astype(np.uint8)
    values = golden.run(network.graph, network.inputs[0].convert(frames))
    expected = [
        formula(int(acc), *parameters, 16, 4)
        for frame in values["conv1"]
        for sums, parameters in zip(frame, [(130, 7000), (200, 4000), (0, 9)], strict=True)
        for acc in sums.ravel()
    ]
    np.testing.assert_array_equal(values["scale1"].ravel(), expected)
    assert len(set(expected)) > 4
    (output,) = ours(network, frames).values()
    np.testing.assert_array_equal(output.ravel(), expected)


def test_sums_that_float32_cannot_hold(tmp_path):
    """One step, at an accumulator near 2**25, where float32 knows every fourth integer only."""
    edge = 9 * 2**22 - 2**21
    model = Model((1, 16, 16), annotation="")
    bias = model.const([edge - 101], np.float64)
    model.node("Conv", model.const(np.ones((1, 1, 1, 1))), bias)
    layer(model, [1], [2**26], fraction=22)
    network = read(model.save(tmp_path))
    frame = np.arange(256, dtype=np.uint8).reshape(1, 1, 16, 16)
    (output,) = ours(network, frame).values()
    np.testing.assert_array_equal(output.ravel(), np.where(np.arange(256) >= 101, 9, 8))
    assert network.notes == ()


def test_input_is_pixels_unless_the_file_says_otherwise(tmp_path):
    model = small()
    entry = next(iter(read(model.save(tmp_path)).graph))
    assert entry.op.range == QInt(0, 255)
    model.annotation = "UINT4"
    entry = next(iter(read(model.save(tmp_path)).graph))
    assert entry.op.range == QInt(0, 15)


def complaint(path):
    with pytest.raises(CompileError) as caught:
        read(path)
    assert str(find_problems(path)[0]) == str(caught.value)
    return str(caught.value)


def test_other_modes_are_refused(tmp_path):
    assert complaint(small(mode="SingleShift").save(tmp_path)) == (
        "error[CB202]: ScalingFixedPoint with mode SingleShift is not supported\n"
        "  --> model.onnx: scale1\n"
        "  help: export it with mode Symmetric"
    )


@pytest.mark.parametrize(("change", "problem"), [
    ({"quant_bits": 0}, "with quant_bits 0 is not supported"),
    ({"fractionnal_bits": -1}, "with fractionnal_bits -1 is not supported"),
    ({"fractionnal_bits": 1.5}, "attribute 'fractionnal_bits' has the wrong type"),
    ({"mode": 3}, "attribute 'mode' has the wrong type"),
])  # fmt: skip
def test_attributes_that_are_refused(change, problem, tmp_path):
    assert problem in complaint(small(**change).save(tmp_path))


@pytest.mark.parametrize(("scaling", "problem"), [
    ([-1, 0, 0], "its scaling is negative"),
    ([0.5, 1, 1], "its input 1 holds numbers that are not whole"),
    ([1, 2], "(2,) parameters for 3 channels"),
])  # fmt: skip
def test_parameters_that_are_refused(scaling, problem, tmp_path):
    model = Model(MAP, annotation="")
    model.conv(WEIGHTS)
    layer(model, scaling, [1, 1, 1])
    assert problem in complaint(model.save(tmp_path))


def test_missing_attribute(tmp_path):
    model = small()
    del model.nodes[-1].attribute[:]
    assert "attribute 'fractionnal_bits' is missing" in complaint(model.save(tmp_path))


def test_sums_that_are_not_whole(tmp_path):
    model = Model(MAP, annotation="")
    model.conv(WEIGHTS * np.float32(0.25))
    layer(model, [1, 1, 1], [9, 9, 9], name="scale1")
    assert "of values that are not whole numbers is not supported" in complaint(
        model.save(tmp_path)
    )
    model = Model(MAP, annotation="")
    model.conv(WEIGHTS, [0.5, 0, 0], name="conv1")
    layer(model, [1, 1, 1], [9, 9, 9], name="scale1")
    assert "CB301" in complaint(model.save(tmp_path))
