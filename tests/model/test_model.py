"""The C++ model equals the golden model, on every output."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from corgibuilder import api, golden
from corgibuilder.diagnostics import CompileError
from corgibuilder.ir import (
    Conv,
    Graph,
    Input,
    Pads,
    Pool,
    PoolKind,
    QInt,
    Shape,
    Threshold,
    Window,
    input_node,
)
from corgibuilder.model import Model, write_model

from ..published import FOLDER
from ..random_networks import frames_of, random_network
from ..toys import network

NEUROCORGI = FOLDER / "derived_mnv1_100_w4a4_neurocorgi"
ENTRIES = [QInt(0, 255), QInt(-128, 127), QInt(0, 15), QInt(-1, 0), QInt(0, 999), QInt(-40000, 9)]
REACHES = [1, 7, 127, 128, 20000]
QUICK = "-O1"  # for the compiler
both_ways = pytest.mark.parametrize(
    "flags", [("-march=native", QUICK), (QUICK,)], ids=["native", "portable"]
)


def sized(net, height, width):
    """The graph of ``net`` for frames of another size."""
    entry = input_node(net.graph)
    shape = Shape(entry.op.shape.channels, height, width)
    changed = replace(entry, op=replace(entry.op, shape=shape))
    return net.with_graph(net.graph.replaced({entry.name: changed}))


def check(model, net, frames):
    values = golden.run(net.graph, frames)
    found = model(frames)
    assert list(found) == [port.name for port in net.outputs]
    for name, value in found.items():
        np.testing.assert_array_equal(value, values[name], err_msg=name)


def model_of(net, folder, flags=(QUICK,), **options):
    write_model(net, folder)
    return Model(folder, flags=flags, **options)


@both_ways
@pytest.mark.parametrize("seed", range(12))
def test_random_networks(seed, flags, tmp_path):
    net = random_network(seed, ENTRIES[seed % len(ENTRIES)], REACHES[seed % len(REACHES)])
    model = model_of(net, tmp_path, flags=flags, threads=1 + seed % 3)
    check(model, net, frames_of(net, seed))


def dense(weights, bias=0, **window):
    kernel = weights.shape[2:]
    return Conv(
        weights=weights,
        bias=np.full(len(weights), bias),
        window=Window(kernel=kernel, **window),
    )


@pytest.mark.parametrize(
    "flags", [("-mavx2", QUICK), ("-march=native", QUICK), (QUICK,)], ids=" ".join
)
@pytest.mark.parametrize("entry", [QInt(0, 255), QInt(-128, 127), QInt(0, 15)], ids=str)
@pytest.mark.parametrize("sign", [-1, 1])
def test_no_sum_of_bytes_saturates(flags, entry, sign, tmp_path):
    """The largest weights everywhere, on the largest inputs: as far as sums can go."""
    rng = np.random.default_rng(3)
    wide = np.full((17, 70, 1, 1), 127 if sign > 0 else -128)
    layers = [
        ("in", Input(shape=Shape(70, 3, 5), range=entry), ""),
        ("wide", dense(wide), "in"),
        ("mixed", dense(rng.integers(-128, 128, (33, 70, 3, 3)), 5, pads=Pads(top=1)), "in"),
        ("small", dense(np.full((16, 70, 1, 1), 7 * sign)), "in"),
    ]
    net = network(layers, ["wide", "mixed", "small"])
    write_model(net, tmp_path)
    skip_without(flags)
    model = Model(tmp_path, flags=flags)
    for value in (entry.lo, entry.hi):
        check(model, net, np.full((1, 70, 3, 5), value))
    check(model, net, frames_of(net, 1))


def skip_without(flags):
    described = Path("/proc/cpuinfo")
    if "-mavx2" in flags and not (described.is_file() and " avx2 " in described.read_text()):
        pytest.skip("this processor has no AVX2")


@both_ways
@pytest.mark.parametrize("size", [(1, 1), (1, 9), (7, 1), (2, 3), (64, 33), (50, 101)])
def test_any_size_at_run_time(size, flags, resizable):
    net, folder = resizable
    net = sized(net, *size)
    check(Model(folder, flags=flags), net, frames_of(net, 5, count=1))


@pytest.fixture(scope="module")
def resizable(tmp_path_factory):
    """Padded layers that leave something of every size."""
    rng = np.random.default_rng(8)
    pads = Pads(top=1, left=1, bottom=1, right=1)

    def steps(channels):
        return Threshold(steps=np.sort(rng.integers(-99, 99, (channels, 15)), axis=1), base=0)

    depthwise = Conv(
        weights=rng.integers(-7, 8, (20, 1, 3, 3)),
        bias=rng.integers(-9, 10, 20),
        window=Window(kernel=(3, 3), pads=pads, stride=(1, 2)),
        groups=20,
    )
    layers = [
        ("in", Input(shape=Shape(3, 8, 8), range=QInt(0, 255)), ""),
        ("conv", dense(rng.integers(-99, 99, (20, 3, 3, 3)), pads=pads, stride=(2, 2)), "in"),
        ("a", steps(20), "conv"),
        ("dw", depthwise, "a"),
        ("b", steps(20), "dw"),
        ("pw", dense(rng.integers(-7, 8, (37, 20, 1, 1))), "b"),
        ("c", steps(37), "pw"),
        ("pool", Pool(kind=PoolKind.MAX, window=Window(kernel=(3, 3), pads=pads)), "c"),
    ]
    net = network(layers, ["a", "pw", "pool", "in"])
    folder = tmp_path_factory.mktemp("resizable")
    write_model(net, folder)
    return net, folder


def test_sources_are_the_same_text_every_time(tmp_path):
    net = random_network(1, QInt(0, 255), 7)
    texts = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write_model(net, tmp_path / name)
        texts.append((tmp_path / name / "model.cpp").read_bytes())
    assert texts[0] == texts[1]


@pytest.fixture(scope="module")
def neurocorgi(tmp_path_factory):
    if not NEUROCORGI.is_dir():
        pytest.skip(f"the published networks are not here: {NEUROCORGI}")
    folder = tmp_path_factory.mktemp("neurocorgi")
    write_model(api.read(NEUROCORGI / "mnv1_w4a4_multithreshold.onnx"), folder)
    return folder


@pytest.mark.parametrize("flags", [("-mavx2",), ("-march=native",)], ids=" ".join)
def test_neurocorgi(flags, neurocorgi):
    skip_without(flags)
    model = Model(neurocorgi, flags=flags)
    with np.load(NEUROCORGI / "io.npz") as io:
        two = model(io["input"][:2].transpose(0, 3, 1, 2))
        odd = model(io["odd_input"].transpose(2, 0, 1)[None])
        for name in ("div4", "div8", "div16", "div32"):
            np.testing.assert_array_equal(two[name], io[name], err_msg=name)
            np.testing.assert_array_equal(odd[name][0], io[f"odd_{name}"], err_msg=name)


@pytest.fixture
def one_conv(tmp_path):
    layers = [
        ("in", Input(shape=Shape(2, 4, 4), range=QInt(0, 15)), ""),
        ("conv", dense(np.ones((1, 2, 3, 3), np.int64)), "in"),
    ]
    return network(layers, ["conv"]), tmp_path


def fault_of(call):
    with pytest.raises(CompileError) as caught:
        call()
    return caught.value.code, caught.value.problem, caught.value.help


@pytest.mark.parametrize(
    "frames, problem, remedy",
    [
        (
            np.zeros((4, 4), int),
            "frames are shaped (4, 4)",
            "give (frames, 2, rows, columns)",
        ),
        (
            np.zeros((1, 3, 4, 4), int),
            "frames are shaped (1, 3, 4, 4)",
            "give (frames, 2, rows, columns)",
        ),
        (
            np.zeros((1, 2, 2, 9), int),
            "frames of 9x2 are smaller than the window of layer conv",
            "give other frames",
        ),
        (np.full((1, 2, 4, 4), 16), "values are 16..16", "give values in 0..15"),
        (
            np.full((1, 2, 4, 4), 99, np.uint8),
            "values are 99..99, and the input takes 0..15",
            "give other frames",
        ),
        (
            np.zeros((1, 2, 4, 4)),
            "frames are float64",
            "give the integers that the network was trained on, uint8",
        ),
    ],
)
def test_frames_that_are_refused(one_conv, frames, problem, remedy):
    model = model_of(*one_conv)
    assert fault_of(lambda: model(frames)) == ("CB802", problem, remedy)


def test_a_network_tied_to_its_size_takes_no_other(one_conv):
    net, folder = one_conv
    model = model_of(replace(net, fixed=("conv",)), folder)
    assert fault_of(lambda: model(np.zeros((1, 2, 4, 5), int)))[1] == (
        "frames are 5x4, and this network takes only 4x4"
    )


def test_no_frames_give_no_results(one_conv):
    assert model_of(*one_conv)(np.zeros((0, 2, 4, 4), int))["conv"].shape == (0, 1, 2, 2)


def test_without_a_compiler(one_conv, monkeypatch):
    net, folder = one_conv
    write_model(net, folder)
    monkeypatch.setenv("CXX", "no-such-compiler")
    assert fault_of(lambda: Model(folder)) == (
        "CB801",
        "there is no C++ compiler: none of no-such-compiler is found",
        "install g++ or clang++, or name yours in the environment variable CXX",
    )


def test_a_source_that_does_not_compile(tmp_path):
    (tmp_path / "model.cpp").write_text("int main( {")
    code, problem, _ = fault_of(lambda: Model(tmp_path))
    assert code == "CB801"
    assert problem.startswith("the C++ compiler failed: ")


def test_without_a_source(tmp_path):
    assert fault_of(lambda: Model(tmp_path / "model.cpp"))[1].endswith("model.cpp does not exist")


def test_dead_ends_are_left_out(one_conv):
    net, folder = one_conv
    nodes = [*net.graph, replace(net.graph["conv"], name="unused")]
    check(model_of(net.with_graph(Graph(nodes)), folder), net, frames_of(net, 2))
