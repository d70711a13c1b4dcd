"""Published networks: every sample, every output, equal to what their own executors gave."""

import pickle
from fractions import Fraction

import numpy as np
import pytest

from corgibuilder import golden
from corgibuilder.diagnostics import CompileError
from corgibuilder.frontend import find_problems, read, resized
from corgibuilder.ir import Conv, DepthToSpace, InputType, Threshold

from .models import SHARED, ours

EXACT = [
    "bench_cnn28",
    "bench_dwsep32",
    "bench_jet_mlp",
    "bnnpynq_cnv_w1a1_cifar10",
    "bnnpynq_cnv_w1a1_gtsrb",
    "finn_tfc_1w1a_multithreshold",
    "nn2fpga_mnv1_vww_w8a8",
    "nn2fpga_resnet20_w8a8",
    "nn2fpga_resnet8_w4a4",
    "nn2fpga_resnet8_w8a8",
    "qonnx_tfc_1w1a",
    "qonnx_tfc_2w2a",
]
REFUSED = {
    "nn2fpga_resnet20_finnonnx": ("CB305", "inp.1"),
    "qonnx_espcn_w4a4_subpixel": ("CB305", "x.7"),
    "dory_dronet2_int8": ("CB305", "0"),
    "dory_dvs_ternary": ("CB305", "input.1"),
}
NEUROCORGI = "derived_mnv1_100_w4a4_neurocorgi"


def folder(name):
    path = SHARED / name
    if not path.is_dir():
        pytest.skip(f"the published networks are not here: {path}")
    return path


@pytest.mark.parametrize("name", EXACT)
def test_every_sample_is_exact(name):
    path = folder(name)
    network = read(next(path.glob("*.onnx")))
    samples = np.load(path / "io.npz")
    network = pickle.loads(pickle.dumps(network))
    (output,) = ours(network, samples["input"]).values()
    assert output.shape == samples["output"].shape
    np.testing.assert_array_equal(output, samples["output"])
    assert network.notes == ()


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_supported_is_refused_by_name(name):
    path = next(folder(name).glob("*.onnx"))
    with pytest.raises(CompileError) as caught:
        read(path)
    assert (caught.value.code, caught.value.at.node) == REFUSED[name]
    assert find_problems(path)


FORMS = ("mnv1_w4a4_multithreshold.onnx", "mnv1_w4a4_neurocorgi_layout.onnx")
TAPS = ("div4", "div8", "div16", "div32")


@pytest.fixture(scope="module", params=FORMS, ids=["thresholds", "chip"])
def neurocorgi(request):
    return read(folder(NEUROCORGI) / request.param)


def test_mobilenet_taps_are_exact(neurocorgi):
    samples = np.load(folder(NEUROCORGI) / "io.npz")
    assert tuple(port.name for port in neurocorgi.outputs) == TAPS
    assert neurocorgi.notes == ()
    for name, value in ours(neurocorgi, samples["input"][:1].transpose(0, 3, 1, 2)).items():
        np.testing.assert_array_equal(value, samples[name][:1])


def test_mobilenet_of_an_odd_size(neurocorgi):
    samples = np.load(folder(NEUROCORGI) / "io.npz")
    image = samples["odd_input"]
    network = resized(neurocorgi, image.shape[1], image.shape[0])
    assert network.input_shape == neurocorgi.input_shape.__class__(3, *image.shape[:2])
    for name, value in ours(network, image.transpose(2, 0, 1)[None]).items():
        np.testing.assert_array_equal(value[0], samples[f"odd_{name}"])
        assert value.shape[1:] == next(p.shape for p in network.outputs if p.name == name)


def test_values_are_there_by_layer_name(neurocorgi):
    network = resized(neurocorgi, 64, 32)
    frame = np.zeros((1, 3, 32, 64), np.int64)
    values = golden.run(network.graph, frame)
    assert list(values) == [node.name for node in network.graph]
    assert values["conv1"].shape == (1, 32, 16, 32)


def test_forms_of_mobilenet_are_the_same_network():
    """Layer by layer the same weights and steps, so that all frames give the same."""
    thresholds, chip = (read(folder(NEUROCORGI) / form).graph for form in FORMS)
    layers = 0
    for one, other in zip(thresholds, chip, strict=True):
        if isinstance(one.op, Conv):
            assert one.name == other.name
            assert not one.op.bias.any()
            np.testing.assert_array_equal(one.op.weights, other.op.weights)
        if isinstance(one.op, Threshold):
            bias = chip[other.inputs[0]].op.bias
            np.testing.assert_array_equal(one.op.steps, other.op.steps - bias[:, None])
            assert one.op.base == other.op.base
            layers += 1
    assert layers == 27


@pytest.mark.parametrize(("name", "culprit"), [
    ("bench_cnn28", "dense4"),
    ("nn2fpga_mnv1_vww_w8a8", "GlobalAveragePool_0"),
    ("qonnx_tfc_1w1a", "0"),
])  # fmt: skip
def test_networks_tied_to_their_size_name_the_layer(name, culprit):
    network = read(next(folder(name).glob("*.onnx")))
    with pytest.raises(CompileError) as caught:
        resized(network, 40, 50)
    assert (caught.value.code, caught.value.at.node) == ("CB401", culprit)


def test_too_small_a_size_names_the_first_layer_with_nothing_left():
    network = read(folder("bench_dwsep32") / "dwsep32.onnx")
    with pytest.raises(CompileError) as caught:
        resized(network, 40, 0)
    assert caught.value.code == "CB402"
    assert resized(network, 32, 32) is network


ESPCN = "qonnx_espcn_w4a4_subpixel"


def test_a_network_for_super_resolution():
    """All is equal but for a sum that the executor rounds to both sides itself."""
    pixels = InputType("uint8", Fraction(1, 255))
    network = read(folder(ESPCN) / "quant_model.onnx", input_type=pixels)
    samples = np.load(folder(ESPCN) / "io.npz")
    values = golden.run(network.graph, network.inputs[0].convert(samples["input"]))
    (port,) = network.outputs
    found, expected = port.convert(values[port.node]), samples["output"]
    assert found.shape == expected.shape == (2, 3, 256, 256)
    wrong = found != expected
    (moved,) = network.graph[port.node].inputs
    assert isinstance(network.graph[moved].op, DepthToSpace)
    for accumulator in np.unique(values[moved][wrong]):
        assert len(np.unique(expected[values[moved] == accumulator])) > 1
    assert wrong.mean() < 1e-4
