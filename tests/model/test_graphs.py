"""Graphs with forks and joins: the C++ model equals the golden model, on every output."""

import numpy as np
import pytest

from corgibuilder.diagnostics import CompileError
from corgibuilder.ir import (
    Add,
    Clamp,
    Concat,
    Input,
    Pad,
    Pads,
    Pool,
    PoolKind,
    QInt,
    Shape,
    Table,
    Threshold,
    Upsample,
    Window,
)
from corgibuilder.model import Model, write_model

from ..kinds import MOVES
from ..random_graphs import random_graph
from ..random_networks import frames_of
from ..toys import HALVES, SAME, conv, network
from .test_model import ENTRIES, QUICK, REACHES, both_ways, check, model_of, sized


def some_graph(seed):
    return random_graph(seed, ENTRIES[seed % len(ENTRIES)], REACHES[seed % len(REACHES)])


def fits(net):
    """Whether every map has a size, and every join has inputs of one size."""
    sizes = {n.name: tuple(net.graph.type(n.name).shape)[1:] for n in net.graph}
    joins = all(len({sizes[name] for name in node.inputs}) <= 1 for node in net.graph)
    return joins and all(min(size) >= 1 for size in sizes.values())


@pytest.mark.parametrize("seed", range(16))
def test_random_graphs_at_sizes_that_change(seed, tmp_path):
    """One model for all frames, so that buffers hold what larger and smaller ones left there."""
    net = some_graph(seed)
    flags = ("-march=native", QUICK) if seed % 2 else (QUICK,)
    model = model_of(net, tmp_path, flags=flags, threads=1 + seed % 3)
    rng = np.random.default_rng(seed)
    check(model, net, frames_of(net, seed))
    for _ in range(6):
        other = sized(net, *(int(side) for side in rng.integers(1, 14, 2)))
        frames = frames_of(other, seed, count=1)
        if fits(other):
            check(model, other, frames)
        else:
            with pytest.raises(CompileError) as caught:
                model(frames)
            assert caught.value.code == "CB802"
    check(model, net, frames_of(net, seed + 1))


@pytest.fixture(scope="module")
def corners():
    """Each of the newer ops by itself, and behind each that absorbs one a table."""
    rng = np.random.default_rng(6)
    entry = Input(shape=Shape(20, 5, 7), range=QInt(-128, 127))
    shared = Table(values=rng.integers(-9, 10, (1, 256)), lo=-128)
    square = Table(values=np.arange(-128, 128)[None] ** 2, lo=-128)
    own = Table(values=rng.integers(-99, 300, (20, 260)), lo=-130)
    far = Table(values=rng.integers(-(2**40), 2**40, (20, 256)), lo=-128)
    pads = Pads(top=2, left=1, right=3)
    layers = [
        ("in", entry, ()),
        ("shared", shared, "in"),
        ("square", square, "in"),
        ("own", own, "in"),
        ("far", far, "in"),
        ("cancel", Add(factors=(40000, -40000, 1)), ("in", "in", "in")),
        ("wide", Add(factors=(2**40, -1)), ("in", "far")),
        ("mixed", Add(factors=(-3, 5, 2**30)), ("square", "in", "shared")),
        ("sum", Add(factors=(1, -2)), ("in", "in")),
        ("sum table", Table(values=rng.integers(-9, 300, (20, 766)), lo=-382), "sum"),
        ("conv", conv(20, 3, SAME), "shared"),
        ("clamp", Clamp(range=QInt(-(2**63), 5)), "conv"),
        ("max", Pool(kind=PoolKind.MAX, window=SAME), "in"),
        ("max table", shared, "max"),
        ("total", Pool(kind=PoolKind.SUM, window=HALVES), "shared"),
        ("total steps", Threshold(steps=np.array([[-30, -3, 0, 9]]), base=-2), "total"),
        ("joined", Concat(), ("in", "far", "shared", "square", "in")),
        ("alone", Concat(), ("in",)),
        ("large", Upsample(factors=(3, 1)), "square"),
        ("broad", Upsample(factors=(1, 4)), "shared"),
        *(
            (f"{name} of {source}", example.op, (source, "far")[: example.inputs])
            for name, example in MOVES.items()
            for source in ("own", "square")
        ),
        ("pad", Pad(pads=pads, value=1000), "in"),
        ("pad below", Pad(pads=Pads(bottom=1), value=-(2**33)), "square"),
        ("no pad", Pad(pads=Pads(), value=1000), "in"),
    ]
    absorbing = ("conv", "max", "total", "sum")
    return network(layers, [name for name, _, _ in layers if name not in absorbing])


@both_ways
def test_corners(flags, corners, tmp_path):
    model = model_of(corners, tmp_path, flags=flags)
    check(model, corners, frames_of(corners, 3))
    one = sized(corners, 2, 3)
    check(model, one, frames_of(one, 3))


@pytest.fixture(scope="module")
def skip(tmp_path_factory):
    """A map and half of it made larger again, joined: only even sizes give maps of one size."""
    layers = [
        ("in", Input(shape=Shape(2, 4, 4), range=QInt(0, 15)), ()),
        ("half", Pool(kind=PoolKind.MAX, window=HALVES), "in"),
        ("small", Pool(kind=PoolKind.SUM, window=Window(kernel=(1, 2))), "half"),
        ("again", Upsample(factors=(2, 2)), "half"),
        ("sum", Add(factors=(1, 1)), ("in", "again")),
    ]
    net = network(layers, ["sum", "small"])
    folder = tmp_path_factory.mktemp("skip")
    write_model(net, folder)
    return net, Model(folder, flags=(QUICK,))


@pytest.mark.parametrize(
    "size, problem",
    [
        ((4, 5), "frames of 5x4 give layer sum maps of different sizes"),
        ((7, 4), "frames of 4x7 give layer sum maps of different sizes"),
        ((1, 4), "frames of 4x1 are smaller than the window of layer half"),
        ((4, 3), "frames of 3x4 are smaller than the window of layer small"),
    ],
)
def test_sizes_that_do_not_fit(size, problem, skip):
    net, model = skip
    check(model, sized(net, 6, 8), frames_of(sized(net, 6, 8), 1))
    with pytest.raises(CompileError) as caught:
        model(np.zeros((1, 2, *size), np.uint8))
    assert (caught.value.code, caught.value.problem) == ("CB802", problem)


def test_files_hold_only_the_kernels_of_their_layers(skip, tmp_path):
    write_model(skip[0], tmp_path)
    source = (tmp_path / "model.cpp").read_text()
    assert "struct PoolMax" in source
    assert "struct DenseBytes" not in source
